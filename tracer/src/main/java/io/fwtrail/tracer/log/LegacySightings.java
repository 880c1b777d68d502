package io.fwtrail.tracer.log;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.LegacyTables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Says of an event of a legacy table what it means. The kernel tells the rule's place and no
 * verdict: text and verdict are the rule set's, and absent where that is not known.
 */
public final class LegacySightings {
  /** Rules have few numbers; beyond this many they are made anew. */
  private static final int NUMBERED = 1_024;

  private final Hop.Source source;
  private final Hop.Clock clock;

  /** Of rules of which only the number is known. */
  private final @Nullable Rule[] numbered = new Rule[NUMBERED];

  private Hop.@Nullable Surroundings surroundings;

  /**
   * Makes one for events of one source.
   *
   * @param clock whose clock their times are of
   */
  public LegacySightings(Hop.Source source, Hop.Clock clock) {
    this.source = source;
    this.clock = clock;
  }

  /**
   * Fills a sighting.
   *
   * @param rules the rule set that the packet met; without legacy tables where it is not known
   */
  public void fill(Sighting s, LogEvent event, RuleSet rules) {
    s.clear();
    s.keyless = true;
    s.time = event.time;
    s.clock = clock;
    s.source = source;
    s.family = event.family;
    s.table = event.table;
    s.chain = event.chain;
    s.number = event.number;
    s.ruleSet = rules;
    Chain known = rules.legacyChain(event.family, event.table, event.chain);
    s.chainInfo =
        known != null ? known : LegacyTables.builtIn(event.family, event.table, event.chain);
    outcome(s, event.kind, known);
    s.mark = event.mark;
    s.in = event.in;
    s.out = event.out;
    s.fromLoopback = "lo".equals(event.in);
    s.toLoopback = "lo".equals(event.out);
    s.conntrack = event.conntrack;
    s.surroundings = surroundings(event);
    s.packet = event.packet;
  }

  /** The same object for the same surroundings, one event after the other. */
  private Hop.@Nullable Surroundings surroundings(LogEvent event) {
    Hop.Surroundings last = surroundings;
    if (last == null || !isIn(event, last)) {
      last =
          Hop.Surroundings.of(event.physIn, event.physOut, event.uid, event.gid, null, event.host);
      surroundings = last;
    }
    return last;
  }

  private static boolean isIn(LogEvent event, Hop.Surroundings last) {
    return last.uid() == event.uid
        && last.gid() == event.gid
        && Objects.equals(last.physIn(), event.physIn)
        && Objects.equals(last.physOut(), event.physOut)
        && Objects.equals(last.host(), event.host);
  }

  /**
   * What was met, and what it does. The kernel calls an unconditional ACCEPT, DROP or RETURN a
   * policy or a return wherever it stands ({@link LogEvent#kind}); it is a rule all the same, and
   * only what comes behind a chain's last rule is not.
   */
  private void outcome(Sighting s, Hop.Kind kind, @Nullable Chain chain) {
    Rule rule = chain == null ? null : chain.ruleAt(s.number);
    if (chain == null || (rule == null && kind == Hop.Kind.RULE)) {
      // Not known, or the rule set has fewer rules than it had when the packet came.
      s.kind = kind;
      s.rule = kind == Hop.Kind.RULE ? numbered(s.number) : null;
    } else if (rule != null) {
      s.kind = Hop.Kind.RULE;
      s.rule = rule;
      s.verdict = chain.verdictAt(s.number);
      s.target = chain.targetAt(s.number);
    } else {
      s.kind = chain.isBase() ? Hop.Kind.POLICY : Hop.Kind.RETURN;
      s.verdict = chain.isBase() ? chain.policy() : Verdict.RETURN;
    }
    s.verdictFrom = s.verdict == null ? null : Hop.VerdictFrom.RULESET;
  }

  private Rule numbered(int number) {
    if (number < 0 || number >= NUMBERED) {
      return new Rule(number, 0, null, null);
    }
    Rule known = numbered[number];
    if (known == null) {
      known = new Rule(number, 0, null, null);
      numbered[number] = known;
    }
    return known;
  }
}
