package io.fwtrail.netlink.route;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;

/**
 * A network interface, as RTM_NEWLINK tells it ({@code struct ifinfomsg} and IFLA_* attributes,
 * linux/rtnetlink.h and if_link.h; host byte order).
 *
 * @param index the kernel's number for it in its namespace
 * @param name its name now
 * @param bridge whether it is a bridge, to which the frames of its ports are handed up
 */
public record LinkMessage(int index, String name, boolean bridge) {
  /** {@code RTNLGRP_LINK}: multicast group of interfaces that come, go or change. */
  public static final int GROUP_LINK = 1;

  private static final int RTM_NEWLINK = 16;
  private static final int RTM_GETLINK = 18;
  private static final int HEADER_LENGTH = 16;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_INFO_KIND = 1;

  /** Whether a message tells of an interface that is there. */
  public static boolean isLink(MessageCursor message) {
    return message.type() == RTM_NEWLINK;
  }

  /**
   * Reads the message that {@code message} stands on.
   *
   * @throws MalformedMessageException if it does not fit or has no name
   */
  public static LinkMessage decode(MessageCursor message) {
    int attributesStart = message.payloadStart() + HEADER_LENGTH;
    if (message.end() < attributesStart) {
      throw new MalformedMessageException("a link message without its header");
    }
    AttributeCursor attributes =
        new AttributeCursor().reset(message.buffer(), attributesStart, message.end());
    String name = null;
    boolean bridge = false;
    while (attributes.next()) {
      if (attributes.type() == IFLA_IFNAME) {
        name = attributes.string();
      } else if (attributes.type() == IFLA_LINKINFO) {
        bridge = isBridge(new AttributeCursor().resetNested(attributes));
      }
    }
    if (name == null) {
      throw new MalformedMessageException("a link without a name");
    }
    int index = MessageCursor.hostInt(message.buffer(), message.payloadStart() + 4);
    return new LinkMessage(index, name, bridge);
  }

  private static boolean isBridge(AttributeCursor linkInfo) {
    while (linkInfo.next()) {
      if (linkInfo.type() == IFLA_INFO_KIND) {
        return linkInfo.string().equals("bridge");
      }
    }
    return false;
  }

  /** Writes a request for all interfaces, as a dump. */
  public static void writeDump(MessageWriter writer, int sequence) {
    writer
        .begin(RTM_GETLINK, NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_DUMP, sequence)
        .raw(new byte[HEADER_LENGTH])
        .end();
  }
}
