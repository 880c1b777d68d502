package io.fwtrail.cli.rules;

import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.TraceRules;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One rule of this host.
 *
 * @param counters null where nothing counts its packets
 * @param traces whether it makes the kernel trace packets
 * @param onlyTraces whether it does nothing else to them
 * @param tableHandle the kernel's number for its table; 0 of iptables-legacy
 * @param message it as the kernel told it; null of iptables-legacy, and where it was gone
 * @param words what {@code iptables-legacy -D} takes, the chain first; empty of nf_tables
 */
public record ListedRule(
    Flavour flavour,
    Chain chain,
    Rule rule,
    TraceRules.@Nullable Counters counters,
    boolean traces,
    boolean onlyTraces,
    Owner owner,
    long tableHandle,
    @Nullable RuleMessage message,
    List<String> words) {
  /** Where it stands and what it says, in a sentence. */
  public String inWords() {
    return flavour.keyword() + " " + chain + ": " + TextRulePrinter.text(rule);
  }
}
