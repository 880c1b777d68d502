package io.fwtrail.tracer.outside;

import io.fwtrail.netlink.route.RouteAddress;
import io.fwtrail.netlink.route.RouteMessage;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import org.jspecify.annotations.Nullable;

/**
 * What of a packet its way outside netfilter hangs on. Two that are equal fare alike.
 *
 * @param version 4 or 6
 * @param src its source address, {@code dst} its destination
 * @param tos type of service or traffic class
 * @param mark as the last hop left it
 * @param protocol number of its protocol where rules can ask for it, else 0
 * @param sport its ports; 0 where it has none
 * @param lastHop whether its TTL or hop limit is used up: no router may send it on
 * @param unbreakable its length in bytes where it must not be fragmented, else 0
 * @param fragment whether it is one
 * @param tracked whether the last hop told of its connection; Linux 6.18 does, 6.1 never
 */
record Passenger(
    int version,
    IpAddress src,
    IpAddress dst,
    int tos,
    long mark,
    int protocol,
    int sport,
    int dport,
    boolean lastHop,
    int unbreakable,
    boolean fragment,
    boolean tracked) {

  /** The packet as a hop showed it; null where it is no IP packet, or not known. */
  static @Nullable Passenger of(Hop hop) {
    Packet packet = hop.packet();
    if (packet == null || packet.src() == null || packet.dst() == null) {
      return null;
    }
    int version = packet.version();
    if (version != 4 && version != 6) {
      return null;
    }
    int protocol = number(packet.protocol());
    boolean whole = protocol == 6 || protocol == 17;
    return new Passenger(
        version,
        packet.src(),
        packet.dst(),
        Math.max(0, packet.tos()),
        hop.mark(),
        protocol,
        whole ? Math.max(0, packet.sport()) : 0,
        whole ? Math.max(0, packet.dport()) : 0,
        packet.ttl() == 0 || packet.ttl() == 1,
        version == 6 || packet.dontFragment() ? Math.max(0, packet.length()) : 0,
        packet.fragment() != null,
        hop.conntrack() != null);
  }

  private static int number(@Nullable String protocol) {
    if (protocol == null) {
      return 0;
    }
    return switch (protocol) {
      case "icmp" -> 1;
      case "tcp" -> 6;
      case "udp" -> 17;
      case "icmpv6" -> 58;
      default -> 0;
    };
  }

  /** Whether the kernel may handle several of its kind as one long packet (GRO, GSO). */
  boolean mayBeMerged() {
    return protocol == 6 || protocol == 17;
  }

  /**
   * The look-up that the kernel makes for it.
   *
   * @param inIndex the device that it came in by, 0 for a packet made here
   */
  RouteMessage.Question question(int inIndex) {
    return new RouteMessage.Question(
        address(dst),
        inIndex == 0 ? null : address(src),
        inIndex,
        tos,
        mark,
        protocol,
        sport,
        dport);
  }

  /** The same address for rtnetlink. */
  static RouteAddress address(IpAddress address) {
    return new RouteAddress(address.version(), address.high(), address.low());
  }
}
