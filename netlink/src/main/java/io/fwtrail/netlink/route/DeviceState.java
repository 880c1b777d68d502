package io.fwtrail.netlink.route;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;

/**
 * Whether an interface can send, and how much at once, as RTM_NEWLINK tells it ({@code struct
 * ifinfomsg}, linux/rtnetlink.h, with the flags of linux/if.h; host byte order).
 *
 * @param index the kernel's number for it in its namespace
 * @param name its name now
 * @param up whether it is switched on ({@code IFF_UP})
 * @param carrier whether it has a link ({@code IFF_LOWER_UP})
 * @param mtu the longest packet that it sends, in bytes; 0 where it does not say
 */
public record DeviceState(int index, String name, boolean up, boolean carrier, int mtu) {
  private static final int RTM_NEWLINK = 16;
  private static final int RTM_GETLINK = 18;
  private static final int HEADER_LENGTH = 16;
  private static final int INDEX_OFFSET = 4;
  private static final int FLAGS_OFFSET = 8;
  private static final int IFF_UP = 0x1;
  private static final int IFF_LOWER_UP = 0x10000;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;

  /** Whether a message tells of an interface that is there. */
  public static boolean isDevice(MessageCursor message) {
    return message.type() == RTM_NEWLINK;
  }

  /**
   * Reads the message that {@code message} stands on.
   *
   * @throws MalformedMessageException if it does not fit, or has no name
   */
  public static DeviceState decode(MessageCursor message) {
    int start = message.payloadStart();
    if (message.end() < start + HEADER_LENGTH) {
      throw new MalformedMessageException("a link message without its header");
    }
    AttributeCursor attributes =
        new AttributeCursor().reset(message.buffer(), start + HEADER_LENGTH, message.end());
    String name = null;
    int mtu = 0;
    while (attributes.next()) {
      if (attributes.type() == IFLA_IFNAME) {
        name = attributes.string();
      } else if (attributes.type() == IFLA_MTU) {
        mtu = Math.max(0, attributes.hostInt());
      }
    }
    if (name == null) {
      throw new MalformedMessageException("a link without a name");
    }
    int flags = MessageCursor.hostInt(message.buffer(), start + FLAGS_OFFSET);
    return new DeviceState(
        MessageCursor.hostInt(message.buffer(), start + INDEX_OFFSET),
        name,
        (flags & IFF_UP) != 0,
        (flags & IFF_LOWER_UP) != 0,
        mtu);
  }

  /** Writes a request for the interface of a name. */
  public static void writeQuestion(MessageWriter writer, int sequence, String name) {
    writer
        .begin(RTM_GETLINK, NetlinkConstants.FLAG_REQUEST, sequence)
        .raw(new byte[HEADER_LENGTH])
        .string(IFLA_IFNAME, name)
        .end();
  }

  /** Writes a request for the interface of a number. */
  public static void writeQuestion(MessageWriter writer, int sequence, int index) {
    writer
        .begin(RTM_GETLINK, NetlinkConstants.FLAG_REQUEST, sequence)
        .raw(RouteHeader.of(HEADER_LENGTH, INDEX_OFFSET, index))
        .end();
  }
}
