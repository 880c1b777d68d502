package io.fwtrail.netlink.route;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel would do with a packet, as RTM_NEWROUTE answers a look-up ({@code struct rtmsg}
 * and RTA_* attributes, linux/rtnetlink.h; numbers in host byte order).
 *
 * @param type what sort of route it is: one of the constants here, or another RTN_* number
 * @param outIndex the device that it leads out by; 0 where it leads out by none
 * @param gateway the next router; null where the destination itself is next
 * @param mtu the route's own, in bytes; 0 where it has none, so that the device's counts
 */
public record RouteMessage(int type, int outIndex, @Nullable RouteAddress gateway, int mtu) {
  /** {@code RTN_UNICAST}: it leads on. */
  public static final int UNICAST = 1;

  /** {@code RTN_LOCAL}: to this machine. */
  public static final int LOCAL = 2;

  private static final int RTM_NEWROUTE = 24;
  private static final int RTM_GETROUTE = 26;
  private static final int HEADER_LENGTH = 12;
  private static final int TYPE_OFFSET = 7;

  private static final int RTA_DST = 1;
  private static final int RTA_SRC = 2;
  private static final int RTA_IIF = 3;
  private static final int RTA_OIF = 4;
  private static final int RTA_GATEWAY = 5;
  private static final int RTA_METRICS = 8;
  private static final int RTA_CACHEINFO = 12;
  private static final int RTA_MARK = 16;
  private static final int RTA_VIA = 18;
  private static final int RTA_IP_PROTO = 27;
  private static final int RTA_SPORT = 28;
  private static final int RTA_DPORT = 29;
  private static final int RTAX_MTU = 2;

  /** Where {@code rta_expires} is in {@code struct rta_cacheinfo}. */
  private static final int EXPIRES_OFFSET = 8;

  /**
   * What is asked for.
   *
   * @param destination where the packet goes
   * @param source where it comes from; null where the kernel is to choose
   * @param inIndex the device that it came in by, and so a look-up as for a packet that came in; 0
   *     for one made here
   * @param tos its type of service
   * @param mark its mark
   * @param protocol number of its protocol if that is TCP, UDP or ICMP, which rules can ask for;
   *     else 0
   * @param sport its source port, 0 where it has none
   * @param dport its destination port, 0 where it has none
   */
  public record Question(
      RouteAddress destination,
      @Nullable RouteAddress source,
      int inIndex,
      int tos,
      long mark,
      int protocol,
      int sport,
      int dport) {
    /** About a packet made here, of which only its destination counts. */
    public static Question to(RouteAddress destination, long mark) {
      return new Question(destination, null, 0, 0, mark, 0, 0, 0);
    }
  }

  /** Whether a message answers a look-up. */
  public static boolean isRoute(MessageCursor message) {
    return message.type() == RTM_NEWROUTE;
  }

  /**
   * Reads the message that {@code message} stands on.
   *
   * @throws MalformedMessageException if it does not fit
   */
  public static RouteMessage decode(MessageCursor message) {
    int attributesStart = message.payloadStart() + HEADER_LENGTH;
    if (message.end() < attributesStart) {
      throw new MalformedMessageException("a route message without its header");
    }
    AttributeCursor attributes =
        new AttributeCursor().reset(message.buffer(), attributesStart, message.end());
    int outIndex = 0;
    RouteAddress gateway = null;
    int mtu = 0;
    boolean passing = false;
    while (attributes.next()) {
      switch (attributes.type()) {
        case RTA_OIF -> outIndex = attributes.hostInt();
        case RTA_GATEWAY -> gateway = RouteAddress.of(attributes, 0);
        // struct rtvia: the gateway is of another family than the destination.
        case RTA_VIA -> gateway = RouteAddress.of(attributes, 2);
        case RTA_METRICS -> mtu = mtu(new AttributeCursor().resetNested(attributes));
        case RTA_CACHEINFO -> passing = expires(attributes);
        default -> {
          // The table, the question's own values.
        }
      }
    }
    int type = message.buffer().getUnsignedByte(message.payloadStart() + TYPE_OFFSET);
    // What was learnt of the path for a while holds for packets made here, and not for those that
    // are forwarded (net.ipv4.ip_forward_use_pmtu).
    return new RouteMessage(type, outIndex, gateway, passing ? 0 : mtu);
  }

  private static int mtu(AttributeCursor metrics) {
    while (metrics.next()) {
      if (metrics.type() == RTAX_MTU) {
        return Math.max(0, metrics.hostInt());
      }
    }
    return 0;
  }

  private static boolean expires(AttributeCursor cacheInfo) {
    if (cacheInfo.valueLength() < EXPIRES_OFFSET + 4) {
      throw new MalformedMessageException("the age of a route cut short");
    }
    return MessageCursor.hostInt(cacheInfo.buffer(), cacheInfo.valueStart() + EXPIRES_OFFSET) != 0;
  }

  /** Writes a look-up, as {@code ip route get DST from SRC iif IF mark MARK} does. */
  public static void writeQuestion(MessageWriter writer, int sequence, Question question) {
    RouteAddress destination = question.destination();
    RouteAddress source = question.source();
    byte[] header = new byte[HEADER_LENGTH];
    header[0] = destination.family();
    header[1] = destination.bits();
    header[2] = source == null ? 0 : source.bits();
    // Without the bits of ECN, which have no part in routing.
    header[3] = (byte) (question.tos() & 0xfc);
    writer.begin(RTM_GETROUTE, NetlinkConstants.FLAG_REQUEST, sequence).raw(header);
    writer.bytes(RTA_DST, destination.bytes());
    if (source != null) {
      writer.bytes(RTA_SRC, source.bytes());
    }
    if (question.inIndex() != 0) {
      writer.hostInt(RTA_IIF, question.inIndex());
    }
    if (question.mark() != 0) {
      writer.hostInt(RTA_MARK, (int) question.mark());
    }
    if (question.protocol() != 0) {
      writer.bytes(RTA_IP_PROTO, (byte) question.protocol());
    }
    if (question.sport() != 0) {
      writer.bytes(RTA_SPORT, bigEndian(question.sport()));
    }
    if (question.dport() != 0) {
      writer.bytes(RTA_DPORT, bigEndian(question.dport()));
    }
    writer.end();
  }

  private static byte[] bigEndian(int port) {
    return new byte[] {(byte) (port >>> 8), (byte) port};
  }
}
