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
 * @param kind what it is, as the kernel's modules call themselves: veth, bridge, vlan; empty for
 *     hardware and the loopback device
 * @param link number of the interface that it is tied to, of a veth its other end, in whose
 *     namespace that is; 0 where there is none
 * @param master number of the bridge, bond or VRF that it is a port of; 0 where there is none
 * @param linkNamespace the namespace that {@code link} counts in: {@link #SAME_NAMESPACE}, or the
 *     number that the namespace of the socket which asked has for it (as {@link NamespaceIdMessage}
 *     tells); in notices it is the number that the namespace has which the notice is from
 */
public record LinkMessage(
    int index, String name, String kind, int link, int master, int linkNamespace) {
  /** Stands for the namespace that the interface itself is in. */
  public static final int SAME_NAMESPACE = -1;

  /** {@code RTNLGRP_LINK}: multicast group of interfaces that come, go or change. */
  public static final int GROUP_LINK = 1;

  private static final int RTM_NEWLINK = 16;
  private static final int RTM_GETLINK = 18;
  private static final int HEADER_LENGTH = 16;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_LINK = 5;
  private static final int IFLA_MASTER = 10;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_LINK_NETNSID = 37;
  private static final int IFLA_TARGET_NETNSID = 46;
  private static final int IFLA_INFO_KIND = 1;

  /** An interface that is tied to none in another namespace. */
  public LinkMessage(int index, String name, String kind, int link, int master) {
    this(index, name, kind, link, master, SAME_NAMESPACE);
  }

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
    String kind = "";
    int link = 0;
    int master = 0;
    int linkNamespace = SAME_NAMESPACE;
    while (attributes.next()) {
      switch (attributes.type()) {
        case IFLA_IFNAME -> name = attributes.string();
        case IFLA_LINK -> link = attributes.hostInt();
        case IFLA_MASTER -> master = attributes.hostInt();
        case IFLA_LINK_NETNSID -> linkNamespace = Math.max(SAME_NAMESPACE, attributes.hostInt());
        case IFLA_LINKINFO -> kind = kind(new AttributeCursor().resetNested(attributes));
        default -> {
          // Statistics and settings.
        }
      }
    }
    if (name == null) {
      throw new MalformedMessageException("a link without a name");
    }
    int index = MessageCursor.hostInt(message.buffer(), message.payloadStart() + 4);
    return new LinkMessage(index, name, kind, link, master, linkNamespace);
  }

  private static String kind(AttributeCursor linkInfo) {
    while (linkInfo.next()) {
      if (linkInfo.type() == IFLA_INFO_KIND) {
        return linkInfo.string();
      }
    }
    return "";
  }

  /** Whether it is a bridge, to which the frames of its ports are handed up. */
  public boolean bridge() {
    return kind.equals("bridge");
  }

  /** Writes a request for all interfaces, as a dump. */
  public static void writeDump(MessageWriter writer, int sequence) {
    writer
        .begin(RTM_GETLINK, NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_DUMP, sequence)
        .raw(new byte[HEADER_LENGTH])
        .end();
  }

  /**
   * Writes a request for all interfaces of another namespace, as a dump (Linux 4.20). The kernel
   * gives numbers to the namespaces of their other ends where they have none, in the asker's
   * namespace (rtnl_fill_link_netnsid in net/core/rtnetlink.c).
   *
   * @param namespace the number that the asker's namespace has for it
   */
  public static void writeDump(MessageWriter writer, int sequence, int namespace) {
    writer
        .begin(RTM_GETLINK, NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_DUMP, sequence)
        .raw(new byte[HEADER_LENGTH])
        .hostInt(IFLA_TARGET_NETNSID, namespace)
        .end();
  }
}
