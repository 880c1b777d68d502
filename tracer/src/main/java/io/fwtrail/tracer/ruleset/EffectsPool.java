package io.fwtrail.tracer.ruleset;

import java.util.HashMap;
import java.util.Map;

/** Has equal effects be one object: most rules of a large rule set do one of few things. */
final class EffectsPool {
  /** Rules that each set another mark would fill it for nothing. */
  private static final int MOST = 4_096;

  private final Map<RuleEffects, RuleEffects> known = new HashMap<>();

  RuleEffects shared(RuleEffects effects) {
    if (known.size() >= MOST) {
      known.clear();
    }
    RuleEffects before = known.putIfAbsent(effects, effects);
    return before == null ? effects : before;
  }
}
