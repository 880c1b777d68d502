package io.fwtrail.netlink;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteOrder;

/**
 * Walks the netlink messages of one datagram without copying and without allocating: one cursor
 * serves any number of datagrams.
 *
 * <pre>
 *  0               4       6       8               12              16
 *  +---------------+-------+-------+---------------+---------------+----------
 *  | nlmsg_len     | type  | flags | nlmsg_seq     | nlmsg_pid     | payload …
 *  +---------------+-------+-------+---------------+---------------+----------
 *  struct nlmsghdr, include/uapi/linux/netlink.h; all fields in host byte order
 * </pre>
 *
 * <p>The length of the last message of a datagram need not be a multiple of 4. Indices of the
 * buffer are absolute; its reader and writer indices are neither used nor moved. Not for use by
 * several threads.
 */
public final class MessageCursor {
  private static final int TYPE = 4;

  static final boolean BIG_ENDIAN_HOST = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;

  private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
  private int next;
  private int limit;
  private int start;
  private int length;

  /**
   * Starts on a datagram.
   *
   * @param buffer where it lies
   * @param offset its first byte in {@code buffer}
   * @param length its length in bytes
   * @return this cursor, before the first message
   */
  public MessageCursor reset(ByteBuf buffer, int offset, int length) {
    this.buffer = buffer;
    this.next = offset;
    this.limit = offset + length;
    this.start = offset;
    this.length = 0;
    return this;
  }

  /**
   * Moves to the next message.
   *
   * @return false after the last one
   * @throws MalformedMessageException if fewer bytes are left than a header needs, or than the
   *     header promises; the cursor then stands at the end
   */
  public boolean next() {
    int left = limit - next;
    if (left <= 0) {
      return false;
    }
    if (left < NetlinkConstants.MESSAGE_HEADER_LENGTH) {
      next = limit;
      throw new MalformedMessageException(
          "netlink message header needs 16 bytes, " + left + " are left");
    }
    int claimed = hostInt(buffer, next);
    if (claimed < NetlinkConstants.MESSAGE_HEADER_LENGTH || claimed > left) {
      next = limit;
      throw new MalformedMessageException(
          "netlink message claims "
              + Integer.toUnsignedString(claimed)
              + " bytes where 16 to "
              + left
              + " can be");
    }
    start = next;
    length = claimed;
    next += Math.min(NetlinkConstants.align(claimed), left);
    return true;
  }

  /**
   * Whether the datagram, of which nothing was read yet, has one message only, and that is of this
   * type.
   */
  public boolean isOne(int type) {
    int left = limit - next;
    return left >= NetlinkConstants.MESSAGE_HEADER_LENGTH
        && hostShort(buffer, next + TYPE) == type
        && hostInt(buffer, next) == left;
  }

  /** The buffer that the current datagram lies in. */
  public ByteBuf buffer() {
    return buffer;
  }

  /** {@code nlmsg_type}: of netlink itself below 16, else of the protocol. */
  public int type() {
    return hostShort(buffer, start + TYPE);
  }

  /** {@code nlmsg_flags}. */
  public int flags() {
    return hostShort(buffer, start + 6);
  }

  /** {@code nlmsg_seq}: the number that the request bore; 0 in notifications. */
  public int sequence() {
    return hostInt(buffer, start + 8);
  }

  /** {@code nlmsg_pid}, unsigned: the port that asked; 0 in notifications that none caused. */
  public long portId() {
    return hostInt(buffer, start + 12) & 0xffff_ffffL;
  }

  /** Where the message's payload begins in the buffer. */
  public int payloadStart() {
    return start + NetlinkConstants.MESSAGE_HEADER_LENGTH;
  }

  /** Where the message ends in the buffer (exclusive, without padding). */
  public int end() {
    return start + length;
  }

  /** Reads a 32 bit number in host order. */
  public static int hostInt(ByteBuf buffer, int index) {
    return BIG_ENDIAN_HOST ? buffer.getInt(index) : buffer.getIntLE(index);
  }

  static int hostShort(ByteBuf buffer, int index) {
    return BIG_ENDIAN_HOST ? buffer.getUnsignedShort(index) : buffer.getUnsignedShortLE(index);
  }
}
