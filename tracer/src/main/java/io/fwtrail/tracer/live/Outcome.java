package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.netlink.nftables.TraceOutcome;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import org.jspecify.annotations.Nullable;

/**
 * What was met and what came of it, in one rule set: all of a sighting that is not the packet's.
 * Immutable, but for what is learned of the order of messages.
 */
final class Outcome {
  private final @Nullable TraceOutcome told;
  private final RuleSet ruleSet;
  private final boolean withPacket;
  private final NfFamily family;
  private final String table;
  private final String chain;
  private final @Nullable Chain chainInfo;
  private final Hop.@Nullable Kind kind;
  private final @Nullable Rule rule;
  private final @Nullable Verdict verdict;
  private final @Nullable String target;
  private final boolean hidden;
  private final boolean marks;

  /** What the last message behind one with this outcome had; it is likely to come again. */
  @Nullable Outcome next;

  /**
   * Makes one.
   *
   * @param message that tells it
   * @param ruleSet that the packet met
   * @param hidden whether it is of a table of the tracer's own
   * @param marks whether it is the rule that marks packets for this tracer
   */
  Outcome(
      TraceMessage message,
      RuleSet ruleSet,
      NfFamily family,
      String table,
      String chain,
      @Nullable Chain chainInfo,
      Hop.@Nullable Kind kind,
      @Nullable Rule rule,
      @Nullable Verdict verdict,
      @Nullable String target,
      boolean hidden,
      boolean marks) {
    this.told = message.outcome();
    this.withPacket = message.hasPacket();
    this.ruleSet = ruleSet;
    this.family = family;
    this.table = table;
    this.chain = chain;
    this.chainInfo = chainInfo;
    this.kind = kind;
    this.rule = rule;
    this.verdict = verdict;
    this.target = target;
    this.hidden = hidden;
    this.marks = marks;
  }

  /** Reads a message, if it tells this outcome; else it is still to be read. */
  boolean decode(TraceMessage into, MessageCursor message) {
    return told != null && into.decodeAs(message, told);
  }

  /** Whether a message that was read as telling this outcome means it in a rule set. */
  boolean meansSame(TraceMessage message, RuleSet rules) {
    return ruleSet == rules && withPacket == message.hasPacket();
  }

  /** Whether a message tells this outcome, and means it in a rule set. */
  boolean isOf(TraceMessage message, RuleSet rules) {
    return told != null && meansSame(message, rules) && message.hasOutcome(told);
  }

  void fill(Sighting s) {
    s.ruleSet = ruleSet;
    s.family = family;
    s.table = table;
    s.chain = chain;
    s.chainInfo = chainInfo;
    s.kind = kind;
    s.rule = rule;
    s.verdict = verdict;
    s.target = target;
    s.verdictFrom = verdict == null ? null : Hop.VerdictFrom.KERNEL;
    s.hidden = hidden;
    s.marks = marks;
  }
}
