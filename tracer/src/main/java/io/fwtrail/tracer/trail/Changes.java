package io.fwtrail.tracer.trail;

import io.fwtrail.tracer.hop.Packet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What differs between one packet's headers at two points of its way. */
final class Changes {
  private Changes() {}

  static void between(Packet from, Packet to, int hop, List<Trail.Change> into) {
    field(hop, "src", from.src(), to.src(), into);
    field(hop, "sport", from.sport(), to.sport(), into);
    field(hop, "dst", from.dst(), to.dst(), into);
    field(hop, "dport", from.dport(), to.dport(), into);
    field(hop, "tos", from.tos(), to.tos(), into);
    field(hop, from.version() == 6 ? "hopLimit" : "ttl", from.ttl(), to.ttl(), into);
    field(hop, "length", from.length(), to.length(), into);
    Packet.Icmp icmpFrom = from.icmp();
    Packet.Icmp icmpTo = to.icmp();
    if (icmpFrom != null && icmpTo != null) {
      field(hop, "icmpId", icmpFrom.id(), icmpTo.id(), into);
    }
  }

  private static void field(int hop, String name, int from, int to, List<Trail.Change> into) {
    if (from != to && from != Packet.ABSENT && to != Packet.ABSENT) {
      into.add(new Trail.Change(hop, name, from, to));
    }
  }

  private static void field(
      int hop, String name, @Nullable Object from, @Nullable Object to, List<Trail.Change> into) {
    if (from != null && to != null && !from.equals(to)) {
      into.add(new Trail.Change(hop, name, from.toString(), to.toString()));
    }
  }
}
