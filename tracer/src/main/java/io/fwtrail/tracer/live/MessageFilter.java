package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetlinkChannelOption;
import io.fwtrail.netlink.nftables.TraceFilter;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps messages off the socket that tell nothing: for the ends of base chains that is a fifth of
 * all on a gateway with a few rules a chain. Which chains those are changes with the rule set.
 *
 * <p>Where a table's base chain becomes a called chain of the same name, its ends are not seen
 * until the notice of that change was read. For the event loop's thread.
 */
final class MessageFilter {
  private final ChannelConfig socket;
  private final TraceFilter wanted;
  private final boolean allNamespaces;
  private @Nullable RuleSet last;
  private @Nullable Set<TraceFilter.BaseChain> known;

  /**
   * Makes one that lets everything pass.
   *
   * @param allNamespaces whether the socket hears several: a base chain of one may have the name of
   *     a called one of another, and messages are not told apart by namespace here
   */
  MessageFilter(ChannelConfig socket, TraceFilter wanted, boolean allNamespaces) {
    this.socket = socket;
    this.wanted = wanted;
    this.allNamespaces = allNamespaces;
  }

  /** Takes the rule set as it is known now. */
  void follow(RuleSet rules) {
    if (rules == last) {
      return;
    }
    last = rules;
    Set<TraceFilter.BaseChain> now = allNamespaces ? Set.of() : rules.namedBaseChains();
    if (!now.equals(known)) {
      known = now;
      attach(now);
    }
  }

  private void attach(Set<TraceFilter.BaseChain> baseChains) {
    try {
      boolean unused = socket.setOption(NetlinkChannelOption.FILTER, wanted.program(baseChains));
    } catch (ChannelException e) {
      // Longer than net.core.optmem_max lets it be: so all is heard.
      boolean unused = socket.setOption(NetlinkChannelOption.FILTER, TraceFilter.NOTHING);
    }
  }
}
