package io.fwtrail.tracer.live;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Trail;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a trail's hops tell of its connection. Whether a source tells of connections at all is
 * learnt from what it told: kernels before 6.16 or so send none with trace messages, and those
 * without CONFIG_NETFILTER_NETLINK_GLUE_CT none with NFLOG messages. Where a source does, but not
 * of this packet, that was dropped before conntrack saw it, or is invalid.
 */
final class ConnectionEvidence {
  /** What is known of one trail's connection without a question. */
  enum Kind {
    /** The hops name it. */
    TOLD,
    /** The packet has none. */
    NONE,
    /** The hops do not say. */
    OPEN
  }

  private final Set<Hop.Source> telling = EnumSet.noneOf(Hop.Source.class);
  private @Nullable Conntrack told;

  /**
   * Looks at a trail. Its hops in other namespaces than the first one's are of other connections.
   *
   * @param trail one that has hops
   */
  Kind read(Trail trail) {
    told = null;
    String namespace = trail.hops().get(0).netns();
    boolean dropped = trail.verdict() == Verdict.DROP;
    boolean silent = false;
    for (Hop hop : trail.hops()) {
      if (!Objects.equals(namespace, hop.netns())) {
        continue;
      }
      Conntrack conntrack = hop.conntrack();
      if (conntrack == null) {
        silent |= telling.contains(hop.source()) && (dropped || isBehindConntrack(hop));
        continue;
      }
      telling.add(hop.source());
      if (conntrack.id() == 0) {
        return Kind.NONE; // untracked, invalid
      }
      told = conntrack;
      return Kind.TOLD;
    }
    return silent ? Kind.NONE : Kind.OPEN;
  }

  /**
   * Conntrack sees a packet at prerouting or output, with priority -200: a hop at those hooks may
   * come before. A bridge has it only with a module of its own.
   */
  private static boolean isBehindConntrack(Hop hop) {
    Hook hook = hop.hook();
    return hop.family() != NfFamily.BRIDGE
        && (hook == Hook.INPUT || hook == Hook.FORWARD || hook == Hook.POSTROUTING);
  }

  /** What the trail that was read last told; null where it told nothing. */
  @Nullable Conntrack told() {
    return told;
  }
}
