package io.fwtrail.netlink.route;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;

/**
 * The number that the asker's namespace has for another one ({@code struct rtgenmsg} and NETNSA_*
 * attributes, linux/net_namespace.h; host byte order). A number once given stays as long as both
 * namespaces last: there is no message that takes it back.
 *
 * @param id from 0 up, or {@link #NOT_ASSIGNED}
 */
public record NamespaceIdMessage(int id) {
  /** {@code NETNSA_NSID_NOT_ASSIGNED}; to give it asks the kernel to choose. */
  public static final int NOT_ASSIGNED = -1;

  private static final int RTM_NEWNSID = 88;
  private static final int RTM_GETNSID = 90;

  /** {@code struct rtgenmsg}, one byte, padded. */
  private static final int HEADER_LENGTH = 4;

  private static final int NETNSA_NSID = 1;
  private static final int NETNSA_FD = 3;
  private static final int NETNSA_TARGET_NSID = 4;

  /**
   * Reads the message that {@code message} stands on.
   *
   * @throws MalformedMessageException if it does not fit or has no number
   */
  public static NamespaceIdMessage decode(MessageCursor message) {
    int start = message.payloadStart() + HEADER_LENGTH;
    if (message.type() != RTM_NEWNSID || message.end() < start) {
      throw new MalformedMessageException("a message that has no namespace's number");
    }
    AttributeCursor attributes =
        new AttributeCursor().reset(message.buffer(), start, message.end());
    while (attributes.next()) {
      if (attributes.type() == NETNSA_NSID) {
        return new NamespaceIdMessage(attributes.hostInt());
      }
    }
    throw new MalformedMessageException("a namespace without a number");
  }

  /**
   * Writes the question for a namespace's number.
   *
   * @param descriptor an open file that stands for the namespace; the kernel looks it up in the
   *     process that sends the message
   */
  public static void writeGet(MessageWriter writer, int sequence, int descriptor) {
    writer
        .begin(RTM_GETNSID, NetlinkConstants.FLAG_REQUEST, sequence)
        .raw(new byte[HEADER_LENGTH])
        .hostInt(NETNSA_FD, descriptor)
        .end();
  }

  /**
   * Writes the question for the number that another namespace has for a third (Linux 4.20), to read
   * {@link LinkMessage#linkNamespace} of that one's notices.
   *
   * @param id the number that the asker has for the namespace which is asked for
   * @param in the number that the asker has for the namespace whose number is wanted
   */
  public static void writeGet(MessageWriter writer, int sequence, int id, int in) {
    writer
        .begin(RTM_GETNSID, NetlinkConstants.FLAG_REQUEST, sequence)
        .raw(new byte[HEADER_LENGTH])
        .hostInt(NETNSA_NSID, id)
        .hostInt(NETNSA_TARGET_NSID, in)
        .end();
  }

  /**
   * Writes the command that gives a namespace a number of the kernel's choice. It is refused with
   * EEXIST where the namespace has one.
   *
   * @param descriptor as in {@link #writeGet}
   */
  public static void writeNew(MessageWriter writer, int sequence, int descriptor) {
    writer
        .begin(RTM_NEWNSID, NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_ACK, sequence)
        .raw(new byte[HEADER_LENGTH])
        .hostInt(NETNSA_FD, descriptor)
        .hostInt(NETNSA_NSID, NOT_ASSIGNED)
        .end();
  }
}
