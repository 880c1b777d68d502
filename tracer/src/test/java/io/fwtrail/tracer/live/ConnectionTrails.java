package io.fwtrail.tracer.live;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Trail;
import java.util.ArrayList;
import java.util.List;

/** Makes trails for tests: of nf_tables, in one namespace, accepted unless told otherwise. */
final class ConnectionTrails {
  private final Packet packet;
  private final List<Hop> hops = new ArrayList<>();
  private Hop.Source source = Hop.Source.NFTRACE;
  private NfFamily family = NfFamily.INET;
  private String netns;
  private Verdict verdict = Verdict.ACCEPT;

  private ConnectionTrails(Packet packet) {
    this.packet = packet;
  }

  /** A trail of a packet. */
  static ConnectionTrails trail(Packet packet) {
    return new ConnectionTrails(packet);
  }

  /** The hops that follow are of this source. */
  ConnectionTrails by(Hop.Source value) {
    source = value;
    return this;
  }

  /** The hops that follow are of this family. */
  ConnectionTrails family(NfFamily value) {
    family = value;
    return this;
  }

  /** The hops that follow are in this namespace. */
  ConnectionTrails netns(String value) {
    netns = value;
    return this;
  }

  /** A hop that tells of no connection. */
  ConnectionTrails hop(Hook hook) {
    return hop(hook, null);
  }

  /** A hop that tells of one. */
  ConnectionTrails hop(Hook hook, Conntrack conntrack) {
    hops.add(
        new Hop(
            0,
            Hop.Clock.RECEIVE,
            source,
            1,
            family,
            "t",
            "c",
            hook,
            Hop.Kind.POLICY,
            null,
            Verdict.ACCEPT,
            null,
            Hop.VerdictFrom.KERNEL,
            "lan0",
            null,
            0,
            conntrack,
            Hop.Surroundings.of(null, null, -1, -1, netns, null),
            packet));
    return this;
  }

  /** It ends with this verdict. */
  ConnectionTrails verdict(Verdict value) {
    verdict = value;
    return this;
  }

  Trail build() {
    return new Trail(1, 0, 0, verdict, null, null, packet, List.of(), hops);
  }
}
