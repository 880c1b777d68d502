package io.fwtrail.cli.filter;

import io.fwtrail.netlink.nftables.TraceFilter;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.trail.Trail;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Which trails are asked for: by their end, and by a hop that they must have. Of each list one must
 * fit; an empty one fits all. Table, chain and rule must fit one and the same hop.
 */
public record TrailFilter(
    Set<TrailEnd> ends, List<TableName> tables, List<String> chains, List<RuleQuery> rules) {
  /** Lets everything through. */
  public static final TrailFilter ALL = new TrailFilter(Set.of(), List.of(), List.of(), List.of());

  /** Copies the lists. */
  public TrailFilter {
    ends = Set.copyOf(ends);
    tables = List.copyOf(tables);
    chains = List.copyOf(chains);
    rules = List.copyOf(rules);
  }

  /** Whether it lets everything through. */
  public boolean isAll() {
    return ends.isEmpty() && !asksForHops();
  }

  /** Whether only a trail's end tells if it is asked for. */
  public boolean needsEnd() {
    return !ends.isEmpty();
  }

  private boolean asksForHops() {
    return !tables.isEmpty() || !chains.isEmpty() || !rules.isEmpty();
  }

  /**
   * What the kernel has to send, where only hops are shown that are asked for. Texts and places are
   * nothing that the kernel knows of.
   */
  public TraceFilter messages() {
    List<Long> handles = new ArrayList<>();
    for (RuleQuery rule : rules) {
      if (rule instanceof RuleQuery.Handle handle) {
        handles.add(handle.handle());
      }
    }
    if (handles.size() < rules.size()) {
      handles.clear();
    }
    return needsEnd() ? TraceFilter.ALL : new TraceFilter(chains, handles);
  }

  /** Whether a hop is one that is asked for, whatever the end of its trail. */
  public boolean selects(Hop hop) {
    return (tables.isEmpty() || tables.stream().anyMatch(table -> table.selects(hop)))
        && (chains.isEmpty() || chains.contains(hop.chain()))
        && (rules.isEmpty() || rules.stream().anyMatch(rule -> rule.selects(hop)));
  }

  /** Whether a trail is asked for. */
  public boolean selects(Trail trail) {
    return (ends.isEmpty() || ends.contains(TrailEnd.of(trail)))
        && (!asksForHops() || trail.hops().stream().anyMatch(this::selects));
  }
}
