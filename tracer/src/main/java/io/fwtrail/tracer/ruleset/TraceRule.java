package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.tracer.hop.Rule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rule that makes the kernel trace packets, whoever put it there.
 *
 * @param engine in which machine it stands
 * @param rule its number, text and comment
 * @param packets how many it has matched; -1 where nothing counts them
 * @param words what iptables-legacy takes to delete it; empty for a rule of nf_tables
 * @param owned whether it goes by itself with the program that made it
 */
public record TraceRule(
    Chain.Engine engine,
    NfFamily family,
    String table,
    String chain,
    Rule rule,
    long packets,
    List<String> words,
    boolean owned) {
  /** {@code NFT_META_NFTRACE}, of linux/netfilter/nf_tables.h. */
  private static final int META_TRACE = 12;

  private static final int META_KEY = 2;
  private static final int META_SOURCE = 3;

  /** NFTA_TARGET_NAME. */
  private static final int TARGET_NAME = 1;

  private static final int COUNTER_PACKETS = 2;

  /** Whether a rule of nf_tables sets the trace bit: by itself, or by iptables's target TRACE. */
  public static boolean sets(RuleMessage rule) {
    boolean[] sets = {false};
    rule.expressions(
        step -> {
          boolean key = false;
          boolean source = false;
          boolean meta = step.name().equals("meta");
          boolean target = step.name().equals("target");
          while ((meta || target) && step.attributes().next()) {
            int type = step.attributes().type();
            if (target) {
              sets[0] |= type == TARGET_NAME && step.attributes().string().equals("TRACE");
            } else if (type == META_KEY) {
              key = step.attributes().bigEndianInt() == META_TRACE;
            } else {
              source |= type == META_SOURCE;
            }
          }
          sets[0] |= key && source;
        });
    return sets[0];
  }

  /** What the first counter of a rule of nf_tables has counted; -1 where it has none. */
  public static long packets(RuleMessage rule) {
    long[] packets = {-1};
    rule.expressions(
        step -> {
          while (packets[0] < 0 && step.name().equals("counter") && step.attributes().next()) {
            if (step.attributes().type() == COUNTER_PACKETS) {
              packets[0] = step.attributes().bigEndianLong();
            }
          }
        });
    return packets[0];
  }

  /** The text, where it is known. */
  public @Nullable String text() {
    return rule.text();
  }
}
