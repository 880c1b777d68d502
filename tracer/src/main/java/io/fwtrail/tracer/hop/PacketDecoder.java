package io.fwtrail.tracer.hop;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Reads packet headers out of the bytes that the kernel shows: link layer, network and transport
 * header apart, each cut short, each perhaps missing. Whatever the bytes are, the answer is a
 * packet with the fields that can be told, never an exception.
 *
 * <p>Layouts: RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293 (TCP), RFC 768 (UDP), RFC 792 and 4443
 * (ICMP), RFC 826 (ARP), IEEE 802.1Q (VLAN).
 */
public final class PacketDecoder {
  /** ARPHRD_ETHER and ARPHRD_LOOPBACK of linux/if_arp.h: devices whose header is Ethernet's. */
  public static final int DEVICE_ETHERNET = 1;

  public static final int DEVICE_LOOPBACK = 772;

  private static final int ETHERTYPE_IPV4 = 0x0800;
  private static final int ETHERTYPE_ARP = 0x0806;
  private static final int ETHERTYPE_VLAN = 0x8100;
  private static final int ETHERTYPE_IPV6 = 0x86dd;
  private static final int ETHERTYPE_SERVICE_VLAN = 0x88a8;

  private static final int HOP_BY_HOP_HEADER = 0;
  private static final int ICMP = 1;
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int DCCP = 33;
  private static final int ROUTING_HEADER = 43;
  private static final int FRAGMENT_HEADER = 44;
  private static final int ICMPV6 = 58;
  private static final int DESTINATION_HEADER = 60;
  private static final int SCTP = 132;
  private static final int UDPLITE = 136;

  private static final String[] PROTOCOL_NAMES = new String[256];

  static {
    for (int number = 0; number < PROTOCOL_NAMES.length; number++) {
      PROTOCOL_NAMES[number] = Integer.toString(number);
    }
    PROTOCOL_NAMES[ICMP] = "icmp";
    PROTOCOL_NAMES[TCP] = "tcp";
    PROTOCOL_NAMES[UDP] = "udp";
    PROTOCOL_NAMES[DCCP] = "dccp";
    PROTOCOL_NAMES[ICMPV6] = "icmpv6";
    PROTOCOL_NAMES[SCTP] = "sctp";
    PROTOCOL_NAMES[UDPLITE] = "udplite";
  }

  private PacketDecoder() {}

  /** The name that a protocol has in {@link Packet#protocol}. */
  public static String protocolName(int number) {
    return PROTOCOL_NAMES[number & 0xff];
  }

  /** What the network header is, where the caller knows it. */
  public enum Network {
    IPV4,
    IPV6,
    ARP,
    /** To be told from the link layer, or from the header's own first bits. */
    UNKNOWN
  }

  /**
   * Reads one packet.
   *
   * @param buffer where the headers lie; its indices are not moved
   * @param link position of the link-layer header
   * @param linkLength its length, 0 where there is none
   * @param deviceType the arrival device's ARPHRD_* type, which tells the link layer's format
   * @param network position of the network header
   * @param networkLength its length, 0 where there is none
   * @param transport position of the transport header
   * @param transportLength its length, 0 where there is none
   * @param kind what the network header is
   */
  public static Packet decode(
      ByteBuf buffer,
      int link,
      int linkLength,
      int deviceType,
      int network,
      int networkLength,
      int transport,
      int transportLength,
      Network kind) {
    Packet.LinkLayer linkLayer = linkLayer(buffer, link, linkLength, deviceType);
    Network known = kind;
    if (known == Network.UNKNOWN) {
      known = guess(buffer, network, networkLength, linkLayer);
    }
    switch (known) {
      case IPV4 -> {
        if (networkLength >= 20) {
          return ipv4(buffer, network, transport, transportLength, linkLayer);
        }
      }
      case IPV6 -> {
        if (networkLength >= 40) {
          return ipv6(buffer, network, transport, transportLength, linkLayer);
        }
        if (networkLength == 0 && isLaterIpv6Fragment(buffer, transport, transportLength)) {
          return laterIpv6Fragment(buffer, transport, linkLayer);
        }
      }
      case ARP -> {
        if (networkLength >= 8) {
          return arp(buffer, network, networkLength, linkLayer);
        }
      }
      default -> {
        if (networkLength == 0
            && linkLayer == null
            && isLaterIpv6Fragment(buffer, transport, transportLength)) {
          return laterIpv6Fragment(buffer, transport, null);
        }
        // Else only the link layer is known.
      }
    }
    return bare(linkLayer);
  }

  private static Network guess(
      ByteBuf buffer, int network, int length, Packet.@Nullable LinkLayer link) {
    if (link != null && link.etherType() >= 0) {
      return switch (link.etherType()) {
        case ETHERTYPE_IPV4 -> Network.IPV4;
        case ETHERTYPE_IPV6 -> Network.IPV6;
        case ETHERTYPE_ARP -> Network.ARP;
        default -> Network.UNKNOWN;
      };
    }
    if (length >= 20 && buffer.getUnsignedByte(network) >>> 4 == 4) {
      return Network.IPV4;
    }
    if (length >= 40 && buffer.getUnsignedByte(network) >>> 4 == 6) {
      return Network.IPV6;
    }
    // Hardware type 1, protocol IPv4, lengths 6 and 4: no IP header begins so.
    if (length >= 28
        && buffer.getInt(network) == 0x0001_0800
        && buffer.getUnsignedShort(network + 4) == 0x0604) {
      return Network.ARP;
    }
    return Network.UNKNOWN;
  }

  private static Packet.@Nullable LinkLayer linkLayer(
      ByteBuf buffer, int start, int length, int deviceType) {
    // The loopback device's header is there, all zeros but for the type: it tells nothing.
    if (length < 14 || (deviceType != DEVICE_ETHERNET && deviceType != 0)) {
      return null;
    }
    int etherType = buffer.getUnsignedShort(start + 12);
    int vlan = Packet.ABSENT;
    if ((etherType == ETHERTYPE_VLAN || etherType == ETHERTYPE_SERVICE_VLAN) && length >= 18) {
      vlan = buffer.getUnsignedShort(start + 14) & 0xfff;
      etherType = buffer.getUnsignedShort(start + 16);
    }
    return new Packet.LinkLayer(mac(buffer, start + 6), mac(buffer, start), etherType, vlan);
  }

  private static long mac(ByteBuf buffer, int start) {
    return (long) buffer.getUnsignedShort(start) << 32 | buffer.getUnsignedInt(start + 2);
  }

  private static Packet bare(Packet.@Nullable LinkLayer link) {
    return new Packet(
        Packet.ABSENT,
        null,
        null,
        null,
        Packet.ABSENT,
        Packet.ABSENT,
        Packet.ABSENT,
        Packet.ABSENT,
        false,
        null,
        Packet.ABSENT,
        Packet.ABSENT,
        Packet.ABSENT,
        null,
        null,
        null,
        link);
  }

  private static Packet ipv4(
      ByteBuf buffer,
      int start,
      int transport,
      int transportLength,
      Packet.@Nullable LinkLayer link) {
    int fragmentBits = buffer.getUnsignedShort(start + 6);
    int offset = (fragmentBits & 0x1fff) * 8;
    boolean more = (fragmentBits & 0x2000) != 0;
    int protocol = buffer.getUnsignedByte(start + 9);
    // Behind a later fragment's IP header comes data, not a transport header.
    int length = offset == 0 ? transportLength : 0;
    return new Packet(
        4,
        IpAddress.v4(buffer.getInt(start + 12)),
        IpAddress.v4(buffer.getInt(start + 16)),
        protocolName(protocol),
        buffer.getUnsignedShort(start + 2),
        buffer.getUnsignedByte(start + 1),
        buffer.getUnsignedByte(start + 8),
        buffer.getUnsignedShort(start + 4),
        (fragmentBits & 0x4000) != 0,
        offset != 0 || more ? new Packet.Fragment(offset, more) : null,
        Packet.ABSENT,
        port(buffer, protocol, transport, length, 0),
        port(buffer, protocol, transport, length, 2),
        tcp(buffer, protocol, transport, length),
        icmp(buffer, protocol, transport, length),
        null,
        link);
  }

  private static Packet ipv6(
      ByteBuf buffer,
      int start,
      int transport,
      int transportLength,
      Packet.@Nullable LinkLayer link) {
    int first = buffer.getInt(start);
    // The 40 bytes that the kernel shows end before any extension header: where one follows, its
    // number is all that is known, and the transport header's protocol is not.
    int protocol = buffer.getUnsignedByte(start + 6);
    return new Packet(
        6,
        IpAddress.v6(buffer.getLong(start + 8), buffer.getLong(start + 16)),
        IpAddress.v6(buffer.getLong(start + 24), buffer.getLong(start + 32)),
        protocolName(protocol),
        buffer.getUnsignedShort(start + 4) + 40,
        first >>> 20 & 0xff,
        buffer.getUnsignedByte(start + 7),
        Packet.ABSENT,
        false,
        // That it is a fragment is known; where it belongs stands in a header that is not shown.
        protocol == FRAGMENT_HEADER ? new Packet.Fragment(Packet.ABSENT, false) : null,
        first & 0xfffff,
        port(buffer, protocol, transport, transportLength, 0),
        port(buffer, protocol, transport, transportLength, 2),
        tcp(buffer, protocol, transport, transportLength),
        icmp(buffer, protocol, transport, transportLength),
        null,
        link);
  }

  /**
   * Of all IPv6 fragments but the first the kernel finds no transport header (ipv6_find_hdr leaves
   * the offset at 0): it shows no network header, and as transport header the first 20 bytes of the
   * IPv6 header.
   */
  private static boolean isLaterIpv6Fragment(ByteBuf buffer, int transport, int length) {
    if (length < 20 || buffer.getUnsignedByte(transport) >>> 4 != 6) {
      return false;
    }
    int next = buffer.getUnsignedByte(transport + 6);
    return next == FRAGMENT_HEADER
        || next == HOP_BY_HOP_HEADER
        || next == ROUTING_HEADER
        || next == DESTINATION_HEADER;
  }

  private static Packet laterIpv6Fragment(
      ByteBuf buffer, int start, Packet.@Nullable LinkLayer link) {
    int first = buffer.getInt(start);
    return new Packet(
        6,
        // Of the addresses 12 bytes are left.
        null,
        null,
        protocolName(buffer.getUnsignedByte(start + 6)),
        buffer.getUnsignedShort(start + 4) + 40,
        first >>> 20 & 0xff,
        buffer.getUnsignedByte(start + 7),
        Packet.ABSENT,
        false,
        new Packet.Fragment(Packet.ABSENT, false),
        first & 0xfffff,
        Packet.ABSENT,
        Packet.ABSENT,
        null,
        null,
        null,
        link);
  }

  private static int port(ByteBuf buffer, int protocol, int start, int length, int offset) {
    return switch (protocol) {
      case TCP, UDP, UDPLITE, SCTP, DCCP ->
          length >= offset + 2 ? buffer.getUnsignedShort(start + offset) : Packet.ABSENT;
      default -> Packet.ABSENT;
    };
  }

  private static Packet.@Nullable Tcp tcp(ByteBuf buffer, int protocol, int start, int length) {
    if (protocol != TCP || length < 16) {
      return null;
    }
    return new Packet.Tcp(
        buffer.getUnsignedInt(start + 4),
        buffer.getUnsignedInt(start + 8),
        buffer.getUnsignedShort(start + 14),
        buffer.getUnsignedByte(start + 13));
  }

  private static Packet.@Nullable Icmp icmp(ByteBuf buffer, int protocol, int start, int length) {
    if ((protocol != ICMP && protocol != ICMPV6) || length < 2) {
      return null;
    }
    int type = buffer.getUnsignedByte(start);
    boolean echo =
        length >= 8 && (protocol == ICMP ? type == 0 || type == 8 : type == 128 || type == 129);
    return new Packet.Icmp(
        type,
        buffer.getUnsignedByte(start + 1),
        echo ? buffer.getUnsignedShort(start + 4) : Packet.ABSENT,
        echo ? buffer.getUnsignedShort(start + 6) : Packet.ABSENT);
  }

  private static Packet arp(
      ByteBuf buffer, int start, int length, Packet.@Nullable LinkLayer link) {
    int operation = buffer.getUnsignedShort(start + 6);
    // Addresses only of the one layout that matters: Ethernet (6 bytes) and IPv4 (4 bytes).
    boolean known =
        length >= 28
            && buffer.getUnsignedShort(start + 2) == ETHERTYPE_IPV4
            && buffer.getUnsignedByte(start + 4) == 6
            && buffer.getUnsignedByte(start + 5) == 4;
    return new Packet(
        Packet.ABSENT,
        known ? IpAddress.v4(buffer.getInt(start + 14)) : null,
        known ? IpAddress.v4(buffer.getInt(start + 24)) : null,
        "arp",
        Packet.ABSENT,
        Packet.ABSENT,
        Packet.ABSENT,
        Packet.ABSENT,
        false,
        null,
        Packet.ABSENT,
        Packet.ABSENT,
        Packet.ABSENT,
        null,
        null,
        switch (operation) {
          case 1 -> "request";
          case 2 -> "reply";
          default -> Integer.toString(operation);
        },
        link);
  }
}
