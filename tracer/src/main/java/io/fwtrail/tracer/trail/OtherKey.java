package io.fwtrail.tracer.trail;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.ruleset.Chain;
import java.util.Objects;

/**
 * Knows a packet again whose key has changed on the way. The kernel's trace id is a hash over,
 * among others, the interface that the packet came in by (net/netfilter/nf_tables_trace.c,
 * skb_iif), which is another one for what comes back by the loopback device, and once a bridge's
 * port has handed a packet up to the bridge. With br_netfilter (as with Docker) the IP prerouting
 * chains are run before that, and those of the later hooks after it.
 */
final class OtherKey {
  private OtherKey() {}

  /** Whether the first message of a base chain under an unknown key may be of a known packet. */
  static boolean mayBe(Sighting s) {
    return s.packet != null && (s.fromLoopback || (s.fromBridge && s.family != NfFamily.BRIDGE));
  }

  /** Whether it is of the packet of this trail. */
  static boolean isOf(OpenTrail trail, Sighting s) {
    Packet before = trail.packet;
    Packet now = s.packet;
    if (before == null || now == null || trail.namespace != s.namespace) {
      return false;
    }
    if (s.fromLoopback && trail.toLoopback) {
      return isSame(before, now);
    }
    Hook left = trail.hook();
    Hook hook = hook(s);
    if (left == null || hook == null || !s.fromBridge || !trail.passed) {
      return false;
    }
    if (trail.family() == NfFamily.BRIDGE) {
      boolean handedUp = left == Hook.PREROUTING || left == Hook.INPUT;
      return handedUp && before.sameIp(now) && before.ttl() == now.ttl();
    }
    return left == Hook.PREROUTING
        && hook != Hook.PREROUTING
        && Objects.equals(trail.in, s.in)
        && (hook == Hook.INGRESS ? before.sameIp(now) : isSame(before, now));
  }

  /**
   * Whether two sights are of one packet. NAT of a connection that is known already is seen in no
   * chain: then what it does not change has to do.
   */
  private static boolean isSame(Packet before, Packet now) {
    boolean telling = now.id() > 0 || now.tcp() != null;
    return before.sameIp(now) || (telling && before.canBecome(now, false));
  }

  private static @org.jspecify.annotations.Nullable Hook hook(Sighting s) {
    Chain chain = s.chainInfo;
    return chain == null ? null : chain.hook();
  }
}
