package io.fwtrail.netlink;

import org.jspecify.annotations.Nullable;

/**
 * What an {@code NLMSG_ERROR} or {@code NLMSG_DONE} message says: a code and, where the kernel has
 * them, its own words (extended acknowledgement, since Linux 4.12).
 *
 * @param errno 0 for an acknowledgement, else the positive error number
 * @param text the kernel's words, or null
 * @param offset byte offset in the request of the attribute that is at fault, or -1
 */
public record KernelAnswer(int errno, @Nullable String text, int offset) {
  /** {@code enum nlmsgerr_attrs}, include/uapi/linux/netlink.h. */
  private static final int NLMSGERR_ATTR_MSG = 1;

  private static final int NLMSGERR_ATTR_OFFS = 2;

  /** Whether the request was carried out. */
  public boolean ok() {
    return errno == 0;
  }

  /**
   * Reads the answer that {@code message} stands on.
   *
   * @throws MalformedMessageException if it is cut short
   */
  public static KernelAnswer decode(MessageCursor message) {
    int start = message.payloadStart();
    if (message.end() - start < 4) {
      // NLMSG_DONE of old kernels may come without the code.
      if (message.type() == NetlinkConstants.TYPE_DONE) {
        return new KernelAnswer(0, null, -1);
      }
      throw new MalformedMessageException("an error message without its code");
    }
    int errno = -MessageCursor.hostInt(message.buffer(), start);
    if ((message.flags() & NetlinkConstants.FLAG_ACK_ATTRIBUTES) == 0) {
      return new KernelAnswer(errno, null, -1);
    }
    int attributes = start + 4;
    if (message.type() == NetlinkConstants.TYPE_ERROR) {
      // struct nlmsgerr: the code, then the request's header, then its payload unless capped.
      attributes += NetlinkConstants.MESSAGE_HEADER_LENGTH;
      if ((message.flags() & NetlinkConstants.FLAG_CAPPED) == 0 && start + 8 <= message.end()) {
        int requestLength = MessageCursor.hostInt(message.buffer(), start + 4);
        if (requestLength < NetlinkConstants.MESSAGE_HEADER_LENGTH
            || requestLength > message.end() - start - 4) {
          throw new MalformedMessageException(
              "an error message quotes a request of "
                  + Integer.toUnsignedString(requestLength)
                  + " bytes");
        }
        attributes = start + 4 + NetlinkConstants.align(requestLength);
      }
    }
    String text = null;
    int offset = -1;
    if (attributes <= message.end()) {
      AttributeCursor cursor =
          new AttributeCursor().reset(message.buffer(), attributes, message.end());
      while (cursor.next()) {
        if (cursor.type() == NLMSGERR_ATTR_MSG) {
          text = cursor.string();
        } else if (cursor.type() == NLMSGERR_ATTR_OFFS) {
          offset = cursor.hostInt();
        }
      }
    }
    return new KernelAnswer(errno, text, offset);
  }
}
