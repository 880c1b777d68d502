package io.fwtrail.netlink;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Walks a list of netlink attributes without copying and without allocating.
 *
 * <pre>
 *  0       2       4
 *  +-------+-------+--------------------+---------+
 *  | len   | type  | value (len - 4)    | padding |   struct nlattr, host byte order;
 *  +-------+-------+--------------------+---------+   the value's order is the protocol's
 * </pre>
 *
 * <p>The two high bits of the type are flags (nested, network byte order) and not part of its
 * number. The length of the last attribute need not be a multiple of 4. The getters of numbers
 * check the value's length, so that a short value is an error and never a read past its end.
 */
public final class AttributeCursor {
  private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
  private int next;
  private int limit;
  private int start;
  private int length;
  private int rawType;

  /**
   * Starts on a list of attributes.
   *
   * @param buffer where it lies
   * @param start its first byte
   * @param end its end, exclusive; an end before the start is an error at the first {@link #next}
   * @return this cursor, before the first attribute
   */
  public AttributeCursor reset(ByteBuf buffer, int start, int end) {
    this.buffer = buffer;
    this.next = start;
    this.limit = end;
    this.start = start;
    this.length = NetlinkConstants.ATTRIBUTE_HEADER_LENGTH;
    this.rawType = 0;
    return this;
  }

  /** Starts on the list that is the current attribute of {@code outer}. */
  public AttributeCursor resetNested(AttributeCursor outer) {
    return reset(outer.buffer, outer.valueStart(), outer.valueEnd());
  }

  /**
   * Moves to the next attribute.
   *
   * @return false after the last one
   * @throws MalformedMessageException if fewer bytes are left than a header needs, or than the
   *     header promises; the cursor then stands at the end
   */
  public boolean next() {
    int left = limit - next;
    if (left == 0) {
      return false;
    }
    if (left < NetlinkConstants.ATTRIBUTE_HEADER_LENGTH) {
      next = limit;
      throw new MalformedMessageException("attribute header needs 4 bytes, " + left + " are left");
    }
    // Length and type at once: this is done more often than anything else here.
    int header = MessageCursor.hostInt(buffer, next);
    int claimed = MessageCursor.BIG_ENDIAN_HOST ? header >>> 16 : header & 0xffff;
    if (claimed < NetlinkConstants.ATTRIBUTE_HEADER_LENGTH || claimed > left) {
      next = limit;
      throw new MalformedMessageException(
          "attribute claims " + claimed + " bytes where 4 to " + left + " can be");
    }
    start = next;
    length = claimed;
    rawType = MessageCursor.BIG_ENDIAN_HOST ? header & 0xffff : header >>> 16;
    next += Math.min(NetlinkConstants.align(claimed), left);
    return true;
  }

  /** The attribute's number, without the flag bits. */
  public int type() {
    return rawType & NetlinkConstants.ATTRIBUTE_TYPE_MASK;
  }

  /** The attribute's number with the flag bits, as it came. */
  public int rawType() {
    return rawType;
  }

  /** The buffer that the list lies in. */
  public ByteBuf buffer() {
    return buffer;
  }

  /** Where the attribute begins, header included. */
  public int start() {
    return start;
  }

  /** Where the value begins. */
  public int valueStart() {
    return start + NetlinkConstants.ATTRIBUTE_HEADER_LENGTH;
  }

  /** Where the value ends (exclusive, without padding). */
  public int valueEnd() {
    return start + length;
  }

  /** Length of the value in bytes. */
  public int valueLength() {
    return length - NetlinkConstants.ATTRIBUTE_HEADER_LENGTH;
  }

  /** The value as an unsigned byte. */
  public int unsignedByte() {
    need(1);
    return buffer.getUnsignedByte(valueStart());
  }

  /** The value as a big-endian 32 bit number, signed. */
  public int bigEndianInt() {
    need(4);
    return buffer.getInt(valueStart());
  }

  /** The value as a big-endian 32 bit number, unsigned. */
  public long bigEndianUnsignedInt() {
    return bigEndianInt() & 0xffff_ffffL;
  }

  /** The value as a big-endian 64 bit number. */
  public long bigEndianLong() {
    need(8);
    return buffer.getLong(valueStart());
  }

  /** The value as a 32 bit number in host order (rtnetlink). */
  public int hostInt() {
    need(4);
    return MessageCursor.hostInt(buffer, valueStart());
  }

  /**
   * The value as text up to its first NUL byte, or up to its end where it has none. Bytes that are
   * no UTF-8 become the replacement character; control characters stay: whoever prints escapes.
   */
  public String string() {
    int end = textEnd();
    return buffer.toString(valueStart(), end - valueStart(), StandardCharsets.UTF_8);
  }

  /** Where the text of the value ends: at its first NUL byte, or with the value. */
  public int textEnd() {
    return textEnd(buffer, valueStart(), valueEnd());
  }

  /** Where text that begins at {@code start} ends: at its first NUL byte, or at {@code end}. */
  public static int textEnd(ByteBuf buffer, int start, int end) {
    int at = start;
    while (at < end && buffer.getByte(at) != 0) {
      at++;
    }
    return at;
  }

  /** A copy of the value. */
  public byte[] bytes() {
    byte[] value = new byte[valueLength()];
    buffer.getBytes(valueStart(), value);
    return value;
  }

  private void need(int bytes) {
    if (valueLength() < bytes) {
      throw new MalformedMessageException(
          "attribute " + type() + " has " + valueLength() + " bytes where " + bytes + " belong");
    }
  }
}
