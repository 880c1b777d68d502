package io.fwtrail.tracer.live;

import io.fwtrail.tracer.ruleset.RuleSet;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The rule sets that were read last, by generation. A change may come before one was read. */
final class RuleSetHistory {
  /** Packets under way met one of the last two; the rest is for changes that follow in a rush. */
  private static final int KEPT = 16;

  private final TreeMap<Long, RuleSet> byGeneration = new TreeMap<>();
  private RuleSet newest;

  RuleSetHistory(RuleSet first) {
    newest = first;
    add(first);
  }

  /** The one that was read last. */
  RuleSet newest() {
    return newest;
  }

  /** The one of a generation; null where the next change came before it was read. */
  @Nullable RuleSet of(long generation) {
    return byGeneration.get(generation);
  }

  /** The one of a generation, or the nearest that is known. */
  RuleSet nearest(long generation) {
    var before = byGeneration.floorEntry(generation);
    var after = byGeneration.ceilingEntry(generation);
    if (before == null) {
      return after == null ? newest : after.getValue();
    }
    return before.getValue();
  }

  /**
   * Those of all generations from one to another.
   *
   * @return null where one of them is not known
   */
  @Nullable List<RuleSet> between(long first, long last) {
    if (first > last || last - first > KEPT) {
      return null;
    }
    List<RuleSet> found = new ArrayList<>();
    for (long generation = first; generation <= last; generation++) {
      RuleSet rules = of(generation);
      if (rules == null) {
        return null;
      }
      found.add(rules);
    }
    return found;
  }

  /** Puts another in the place of each. */
  void replaceEach(UnaryOperator<RuleSet> by) {
    RuleSet inMap = byGeneration.get(newest.generation());
    boolean newestInMap = newest.equals(inMap);
    byGeneration.replaceAll((generation, rules) -> by.apply(rules));
    RuleSet replaced = byGeneration.get(newest.generation());
    newest = newestInMap && replaced != null ? replaced : by.apply(newest);
  }

  void add(RuleSet rules) {
    newest = rules;
    if (rules.generation() == 0) {
      // Its parts are of several generations: good for what stands where, not for what a rule says.
      return;
    }
    byGeneration.put(rules.generation(), rules);
    if (byGeneration.size() > KEPT) {
      byGeneration.pollFirstEntry();
    }
  }
}
