package io.fwtrail.tracer.live;

import io.fwtrail.netlink.conntrack.ConntrackTuple;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketDecoder;
import org.jspecify.annotations.Nullable;

/**
 * From a packet's headers to the kernel's key for its connection, and from that to what is shown.
 */
final class ConnectionTuples {
  private static final int ECHO_REPLY = 0;
  private static final int ECHO = 8;
  private static final int ECHO_V6 = 128;
  private static final int ECHO_REPLY_V6 = 129;
  private static final int GRE = 47;

  private ConnectionTuples() {}

  /**
   * The tuple that conntrack reads out of a packet.
   *
   * @return null for packets that have no connection of their own (ICMP errors, which belong to the
   *     one that they tell of, and messages of neighbour discovery), and where the headers do not
   *     tell: later fragments, IPv6 extension headers
   */
  static @Nullable ConntrackTuple of(Packet packet) {
    IpAddress src = packet.src();
    IpAddress dst = packet.dst();
    int protocol = number(packet.protocol());
    if (packet.version() < 0 || src == null || dst == null || protocol < 0) {
      return null;
    }
    NfFamily family = packet.version() == 4 ? NfFamily.IP : NfFamily.IP6;
    int sport = packet.sport();
    int dport = packet.dport();
    ConntrackTuple.Icmp icmp = null;
    switch (protocol) {
      case 6, 17, 33, 132, 136 -> {
        if (sport < 0 || dport < 0) {
          return null;
        }
      }
      case ConntrackTuple.ICMP, ConntrackTuple.ICMPV6 -> {
        icmp = echo(packet.icmp());
        if (icmp == null || (protocol == ConntrackTuple.ICMP) != (family == NfFamily.IP)) {
          return null;
        }
      }
      case GRE -> {
        // The kernel wants keys where ports would be, which are 0 for all but PPTP's
        // (nf_conntrack_proto_gre.c, gre_pkt_to_tuple).
        sport = 0;
        dport = 0;
      }
      default -> {
        if (family == NfFamily.IP6 && isExtension(protocol)) {
          return null;
        }
        sport = ConntrackTuple.ABSENT;
        dport = ConntrackTuple.ABSENT;
      }
    }
    return new ConntrackTuple(family, address(src), address(dst), protocol, sport, dport, icmp);
  }

  /** The identifier of a packet is known of echo messages alone. */
  private static ConntrackTuple.@Nullable Icmp echo(Packet.@Nullable Icmp icmp) {
    return icmp == null || icmp.id() < 0
        ? null
        : new ConntrackTuple.Icmp(icmp.type(), icmp.code(), icmp.id());
  }

  /** RFC 8200 and IANA's list: hop-by-hop, routing, fragment, AH, none, destination options. */
  private static boolean isExtension(int protocol) {
    return switch (protocol) {
      case 0, 43, 44, 51, 59, 60 -> true;
      default -> false;
    };
  }

  private static int number(@Nullable String protocol) {
    if (protocol == null) {
      return -1;
    }
    return switch (protocol) {
      case "icmp" -> ConntrackTuple.ICMP;
      case "tcp" -> 6;
      case "udp" -> 17;
      case "dccp" -> 33;
      case "icmpv6" -> ConntrackTuple.ICMPV6;
      case "sctp" -> 132;
      case "udplite" -> 136;
      default -> decimal(protocol);
    };
  }

  private static int decimal(String protocol) {
    try {
      int number = Integer.parseInt(protocol);
      return number >= 0 && number <= 255 ? number : -1;
    } catch (NumberFormatException e) {
      return -1; // ARP
    }
  }

  private static ConntrackTuple.Address address(IpAddress address) {
    return new ConntrackTuple.Address(address.high(), address.low());
  }

  /** What the answer to a packet of this tuple bears where no NAT is done. */
  static ConntrackTuple inverse(ConntrackTuple tuple) {
    ConntrackTuple.Icmp icmp = tuple.icmp();
    return new ConntrackTuple(
        tuple.family(),
        tuple.dst(),
        tuple.src(),
        tuple.protocol(),
        tuple.dport(),
        tuple.sport(),
        icmp == null
            ? null
            : new ConntrackTuple.Icmp(inverseType(icmp.type()), icmp.code(), icmp.id()));
  }

  private static int inverseType(int type) {
    return switch (type) {
      case ECHO -> ECHO_REPLY;
      case ECHO_REPLY -> ECHO;
      case ECHO_V6 -> ECHO_REPLY_V6;
      case ECHO_REPLY_V6 -> ECHO_V6;
      default -> type;
    };
  }

  /**
   * Whether a packet's tuple is this one of a connection. Kernels that know a protocol by its
   * number alone have no ports in theirs (DCCP's on 6.18, for one).
   */
  static boolean matches(ConntrackTuple packet, ConntrackTuple of) {
    return packet.src().equals(of.src())
        && packet.dst().equals(of.dst())
        && (of.sport() < 0 || (packet.sport() == of.sport() && packet.dport() == of.dport()))
        && (of.icmp() == null || of.icmp().equals(packet.icmp()));
  }

  /** The same as it is shown. */
  static Connection.Tuple shown(ConntrackTuple tuple) {
    ConntrackTuple.Icmp icmp = tuple.icmp();
    return new Connection.Tuple(
        address(tuple.family(), tuple.src()),
        address(tuple.family(), tuple.dst()),
        PacketDecoder.protocolName(tuple.protocol()),
        tuple.protocol() == GRE ? Packet.ABSENT : tuple.sport(),
        tuple.protocol() == GRE ? Packet.ABSENT : tuple.dport(),
        icmp == null ? Packet.ABSENT : icmp.id());
  }

  private static IpAddress address(NfFamily family, ConntrackTuple.Address address) {
    return new IpAddress(family == NfFamily.IP ? 4 : 6, address.high(), address.low());
  }
}
