package io.fwtrail.tracer.live;

import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.origin.Origins;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Adds to the rules of one namespace where they were written. A chain is held against the files
 * once, when a packet is seen in it. For the event loop's thread.
 */
final class RuleOrigins {
  private final Origins origins;
  private final int namespace;

  /** By chain: a chain that changes is another object, and one that is gone is forgotten. */
  private final Map<Chain, Map<Rule, Rule>> byChain = new WeakHashMap<>();

  /**
   * Makes one.
   *
   * @param rules as they are now
   * @param namespace number of the namespace whose rules the files hold
   */
  RuleOrigins(Origins origins, RuleSet rules, int namespace) {
    this.origins = origins;
    this.namespace = namespace;
    for (RuleSet.Table table : rules.tables()) {
      table.chains().values().forEach(chain -> byChain.put(chain, written(chain)));
    }
  }

  /** Adds it to the rule of a message. */
  void addTo(Sighting s) {
    Rule rule = s.rule;
    Chain chain = s.chainInfo;
    if (rule != null && rule.text() != null && chain != null && s.namespace == namespace) {
      s.rule = byChain.computeIfAbsent(chain, this::written).getOrDefault(rule, rule);
    }
  }

  private Map<Rule, Rule> written(Chain chain) {
    List<Rule> rules = chain.rules();
    List<Rule.@Nullable Origin> found =
        origins.of(chain.family(), chain.table(), chain.name(), rules);
    Map<Rule, Rule> written = new HashMap<>();
    for (int i = 0; i < found.size(); i++) {
      Rule.Origin origin = found.get(i);
      if (origin != null) {
        written.put(rules.get(i), rules.get(i).withOrigin(origin));
      }
    }
    return written;
  }
}
