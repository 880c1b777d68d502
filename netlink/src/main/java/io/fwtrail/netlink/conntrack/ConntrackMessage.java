package io.fwtrail.netlink.conntrack;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.nftables.Nfnetlink;

/**
 * A connection as the kernel tells it: {@code IPCTNL_MSG_CT_NEW}, the answer to {@link #writeGet}
 * and each part of a dump.
 *
 * @param id the kernel's number for it, unsigned 32 bits (as {@code conntrack -o id} prints it); 0
 *     where it was not sent
 * @param zone its zone, 0 to 65,535; 0 where none is used. Where a zone holds for one direction
 *     alone, it is that one
 * @param status {@code IPS_*} bits, see {@link #SEEN_REPLY} and those after it
 * @param mark its mark, unsigned 32 bits; 0 where none is set, or the kernel has no such marks
 * @param timeout seconds until it is forgotten if nothing comes, unsigned; -1 where it was not sent
 *     (as of one whose time is fixed, or that a flowtable handles)
 * @param original what the packets of the side that began bear
 * @param reply what the answers bear
 * @param tcpState {@code enum tcp_conntrack} (linux/netfilter/nf_conntrack_tcp.h); -1 for other
 *     protocols
 */
public record ConntrackMessage(
    long id,
    int zone,
    int status,
    long mark,
    long timeout,
    ConntrackTuple original,
    ConntrackTuple reply,
    int tcpState) {
  // enum ip_conntrack_status, linux/netfilter/nf_conntrack_common.h

  /** {@code IPS_EXPECTED}: a helper had announced it. */
  public static final int EXPECTED = 1;

  /** {@code IPS_SEEN_REPLY}: packets of both directions came. */
  public static final int SEEN_REPLY = 1 << 1;

  /** {@code IPS_ASSURED}: it is not dropped when the table is full. */
  public static final int ASSURED = 1 << 2;

  /** {@code IPS_CONFIRMED}: it is in the table. */
  public static final int CONFIRMED = 1 << 3;

  /** {@code IPS_SRC_NAT}: its source is translated. */
  public static final int SRC_NAT = 1 << 4;

  /** {@code IPS_DST_NAT}: its destination is translated. */
  public static final int DST_NAT = 1 << 5;

  /** {@code IPS_DYING}: it is about to be taken out of the table. */
  public static final int DYING = 1 << 9;

  /** {@code IPS_FIXED_TIMEOUT}: packets do not prolong it. */
  public static final int FIXED_TIMEOUT = 1 << 10;

  /** {@code IPS_HELPER}: a helper reads its packets. */
  public static final int HELPER = 1 << 13;

  /** {@code IPS_OFFLOAD}: a flowtable forwards its packets. */
  public static final int OFFLOAD = 1 << 14;

  /** {@code IPS_HW_OFFLOAD}: a device forwards its packets. */
  public static final int HW_OFFLOAD = 1 << 15;

  /** {@code NFNL_SUBSYS_CTNETLINK}, linux/netfilter/nfnetlink.h. */
  private static final int SUBSYSTEM = 1;

  // enum cntl_msg_types
  private static final int NEW = 0;
  private static final int GET = 1;

  // enum ctattr_type
  private static final int TUPLE_ORIG = 1;
  private static final int TUPLE_REPLY = 2;
  private static final int STATUS = 3;
  private static final int PROTOINFO = 4;
  private static final int TIMEOUT = 7;
  private static final int MARK = 8;
  private static final int ID = 12;
  private static final int ZONE = 18;

  private static final int PROTOINFO_TCP = 1;
  private static final int PROTOINFO_TCP_STATE = 1;

  /** Whether a message tells of a connection. */
  public static boolean is(int messageType) {
    return messageType == Nfnetlink.type(SUBSYSTEM, NEW);
  }

  /**
   * Reads the message that {@code message} stands on.
   *
   * @throws MalformedMessageException if it does not fit, or lacks one of its tuples
   */
  public static ConntrackMessage decode(MessageCursor message) {
    AttributeCursor attributes =
        new AttributeCursor()
            .reset(message.buffer(), Nfnetlink.attributesStart(message), message.end());
    ConntrackTuple original = null;
    ConntrackTuple reply = null;
    long id = 0;
    int zone = 0;
    int status = 0;
    long mark = 0;
    long timeout = -1;
    int tcpState = -1;
    while (attributes.next()) {
      switch (attributes.type()) {
        case TUPLE_ORIG -> {
          original = ConntrackTuple.decode(attributes);
          zone = Math.max(zone, ConntrackTuple.zone(attributes));
        }
        case TUPLE_REPLY -> {
          reply = ConntrackTuple.decode(attributes);
          zone = Math.max(zone, ConntrackTuple.zone(attributes));
        }
        case STATUS -> status = attributes.bigEndianInt();
        case PROTOINFO -> tcpState = tcpState(new AttributeCursor().resetNested(attributes));
        case TIMEOUT -> timeout = attributes.bigEndianUnsignedInt();
        case MARK -> mark = attributes.bigEndianUnsignedInt();
        case ID -> id = attributes.bigEndianUnsignedInt();
        case ZONE -> zone = Numbers.bigEndianShort(attributes);
        default -> {
          // Counters, helpers, names, and what a newer kernel has.
        }
      }
    }
    if (original == null || reply == null) {
      throw new MalformedMessageException("a connection without its two tuples");
    }
    return new ConntrackMessage(id, zone, status, mark, timeout, original, reply, tcpState);
  }

  private static int tcpState(AttributeCursor protocols) {
    while (protocols.next()) {
      if (protocols.type() == PROTOINFO_TCP) {
        AttributeCursor tcp = new AttributeCursor().resetNested(protocols);
        while (tcp.next()) {
          if (tcp.type() == PROTOINFO_TCP_STATE) {
            return tcp.unsignedByte();
          }
        }
      }
    }
    return -1;
  }

  /**
   * Writes the question for the connection of which {@code tuple} is the original or the reply
   * tuple. The answer is one message; ENOENT where there is no such connection
   * (nf_conntrack_netlink.c, ctnetlink_get_conntrack); EINVAL where the kernel has no conntrack. A
   * kernel that has it as a module loads that.
   *
   * @param zone 0 to 65,535; 0 is the zone of connections without one
   */
  public static void writeGet(MessageWriter writer, int sequence, ConntrackTuple tuple, int zone) {
    writer
        .begin(Nfnetlink.type(SUBSYSTEM, GET), NetlinkConstants.FLAG_REQUEST, sequence)
        .raw((byte) tuple.family().number(), (byte) 0, (byte) 0, (byte) 0);
    tuple.write(writer, TUPLE_ORIG);
    if (zone != 0) {
      writer.bytes(ZONE, Numbers.bytes(zone));
    }
    writer.end();
  }
}
