package io.fwtrail.netlink.conntrack;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.nftables.NfFamily;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the packets of one direction of a connection bear as they come in, and the kernel's key for
 * it: a connection is found by either of its two tuples.
 *
 * @param family {@link NfFamily#IP} or {@link NfFamily#IP6}
 * @param src source address
 * @param dst destination address
 * @param protocol the IP protocol's number, 0 to 255
 * @param sport source port, 0 to 65,535; {@link #ABSENT} where the protocol has no ports
 * @param dport destination port, likewise
 * @param icmp what ICMP and ICMPv6 have instead of ports; null for others
 */
public record ConntrackTuple(
    NfFamily family,
    Address src,
    Address dst,
    int protocol,
    int sport,
    int dport,
    @Nullable Icmp icmp) {
  /** A port that is not there. */
  public static final int ABSENT = -1;

  /** {@code IPPROTO_ICMP}. */
  public static final int ICMP = 1;

  /** {@code IPPROTO_ICMPV6}. */
  public static final int ICMPV6 = 58;

  // enum ctattr_tuple
  private static final int IP = 1;
  private static final int PROTO = 2;
  private static final int ZONE = 3;

  // enum ctattr_ip
  private static final int V4_SRC = 1;
  private static final int V4_DST = 2;
  private static final int V6_SRC = 3;
  private static final int V6_DST = 4;

  // enum ctattr_l4proto
  private static final int NUM = 1;
  private static final int SRC_PORT = 2;
  private static final int DST_PORT = 3;
  private static final int ICMP_ID = 4;
  private static final int ICMP_TYPE = 5;
  private static final int ICMP_CODE = 6;
  private static final int ICMPV6_ID = 7;
  private static final int ICMPV6_TYPE = 8;
  private static final int ICMPV6_CODE = 9;

  private static final int V4_LENGTH = 4;
  private static final int V6_LENGTH = 16;

  /**
   * An address.
   *
   * @param high the first 8 bytes of an IPv6 address, 0 for IPv4
   * @param low the last 8 bytes of an IPv6 address, or the 4 bytes of an IPv4 one
   */
  public record Address(long high, long low) {}

  /**
   * What ICMP has.
   *
   * @param type type of message; the kernel knows those that ask and those that answer, no errors
   * @param code code within the type
   * @param id identifier, 0 to 65,535
   */
  public record Icmp(int type, int code, int id) {}

  /** Reads the nested attribute that {@code outer} stands on. */
  static ConntrackTuple decode(AttributeCursor outer) {
    AttributeCursor parts = new AttributeCursor().resetNested(outer);
    Address[] addresses = new Address[V6_DST + 1];
    int[] numbers = new int[ICMPV6_CODE + 1];
    java.util.Arrays.fill(numbers, ABSENT);
    while (parts.next()) {
      if (parts.type() == IP) {
        readAddresses(new AttributeCursor().resetNested(parts), addresses);
      } else if (parts.type() == PROTO) {
        readNumbers(new AttributeCursor().resetNested(parts), numbers);
      }
    }
    if (numbers[NUM] == ABSENT) {
      throw new MalformedMessageException("a connection's tuple without a protocol");
    }
    NfFamily family = addresses[V4_SRC] != null ? NfFamily.IP : NfFamily.IP6;
    Address src = addresses[family == NfFamily.IP ? V4_SRC : V6_SRC];
    Address dst = addresses[family == NfFamily.IP ? V4_DST : V6_DST];
    if (src == null || dst == null) {
      throw new MalformedMessageException("a connection's tuple without its two addresses");
    }
    return new ConntrackTuple(
        family, src, dst, numbers[NUM], numbers[SRC_PORT], numbers[DST_PORT], icmp(numbers));
  }

  private static void readAddresses(AttributeCursor attributes, @Nullable Address[] addresses) {
    while (attributes.next()) {
      int type = attributes.type();
      if (type == V4_SRC || type == V4_DST) {
        addresses[type] = new Address(0, attributes.bigEndianUnsignedInt());
      } else if (type == V6_SRC || type == V6_DST) {
        Numbers.need(attributes, V6_LENGTH);
        int start = attributes.valueStart();
        addresses[type] =
            new Address(attributes.buffer().getLong(start), attributes.buffer().getLong(start + 8));
      }
    }
  }

  private static void readNumbers(AttributeCursor attributes, int[] numbers) {
    while (attributes.next()) {
      int type = attributes.type();
      switch (type) {
        case NUM, ICMP_TYPE, ICMP_CODE, ICMPV6_TYPE, ICMPV6_CODE ->
            numbers[type] = attributes.unsignedByte();
        case SRC_PORT, DST_PORT, ICMP_ID, ICMPV6_ID ->
            numbers[type] = Numbers.bigEndianShort(attributes);
        default -> {
          // A newer kernel's attribute.
        }
      }
    }
  }

  private static @Nullable Icmp icmp(int[] numbers) {
    int first =
        switch (numbers[NUM]) {
          case ICMP -> ICMP_ID;
          case ICMPV6 -> ICMPV6_ID;
          default -> ABSENT;
        };
    if (first == ABSENT || numbers[first] == ABSENT) {
      return null;
    }
    // The three stand in one order for both: identifier, type, code.
    return new Icmp(numbers[first + 1], numbers[first + 2], numbers[first]);
  }

  /** Writes it as a nested attribute of that number. */
  void write(MessageWriter writer, int type) {
    boolean v4 = family == NfFamily.IP;
    writer
        .beginNested(type)
        .beginNested(IP)
        .bytes(v4 ? V4_SRC : V6_SRC, bytes(src))
        .bytes(v4 ? V4_DST : V6_DST, bytes(dst))
        .endNested()
        .beginNested(PROTO)
        .bytes(NUM, (byte) protocol);
    if (sport != ABSENT && dport != ABSENT) {
      writer.bytes(SRC_PORT, Numbers.bytes(sport)).bytes(DST_PORT, Numbers.bytes(dport));
    }
    if (icmp != null) {
      boolean icmpv4 = protocol == ICMP;
      writer
          .bytes(icmpv4 ? ICMP_ID : ICMPV6_ID, Numbers.bytes(icmp.id))
          .bytes(icmpv4 ? ICMP_TYPE : ICMPV6_TYPE, (byte) icmp.type)
          .bytes(icmpv4 ? ICMP_CODE : ICMPV6_CODE, (byte) icmp.code);
    }
    writer.endNested().endNested();
  }

  private byte[] bytes(Address address) {
    return family == NfFamily.IP
        ? ByteBuffer.allocate(V4_LENGTH).putInt((int) address.low).array()
        : ByteBuffer.allocate(V6_LENGTH).putLong(address.high).putLong(address.low).array();
  }

  /**
   * The zone that holds for this direction alone ({@code CTA_TUPLE_ZONE}).
   *
   * @param outer stands on the nested attribute of a tuple
   * @return 0 where there is none
   */
  static int zone(AttributeCursor outer) {
    AttributeCursor parts = new AttributeCursor().resetNested(outer);
    int zone = 0;
    while (parts.next()) {
      if (parts.type() == ZONE) {
        zone = Numbers.bigEndianShort(parts);
      }
    }
    return zone;
  }
}
