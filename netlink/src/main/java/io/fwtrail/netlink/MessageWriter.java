package io.fwtrail.netlink;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Writes netlink messages and attributes into a buffer: {@link #begin}, the protocol's own header
 * and attributes, {@link #end}; lengths and padding are filled in. Several messages may follow one
 * another in one datagram.
 *
 * <p>Attributes nest by {@link #beginNested} and {@link #endNested}, up to {@value #MAX_DEPTH}
 * deep. A wrong order of calls is an {@link IllegalStateException}: a fault of the program, not of
 * its input.
 */
public final class MessageWriter {
  private static final int MAX_DEPTH = 12;

  private final ByteBuf out;
  private final int[] nests = new int[MAX_DEPTH];
  private int depth;
  private int messageStart = -1;

  /** Writes at the writer index of {@code out}, which the caller owns. */
  public MessageWriter(ByteBuf out) {
    this.out = out;
  }

  /** The buffer that is written to. */
  public ByteBuf buffer() {
    return out;
  }

  /** Begins a message; see {@link MessageCursor} for the header. */
  public MessageWriter begin(int type, int flags, int sequence) {
    if (messageStart >= 0) {
      throw new IllegalStateException("the message before is not ended");
    }
    messageStart = out.writerIndex();
    hostInt(0);
    hostShort(type);
    hostShort(flags);
    hostInt(sequence);
    // The port of the sender: the kernel fills it in (net/netlink/af_netlink.c, netlink_sendmsg).
    hostInt(0);
    return this;
  }

  /** Ends the message: fills in its length and pads it. */
  public MessageWriter end() {
    if (messageStart < 0 || depth != 0) {
      throw new IllegalStateException("no message, or a nested attribute, to end here");
    }
    setHostInt(messageStart, out.writerIndex() - messageStart);
    pad();
    messageStart = -1;
    return this;
  }

  /** Raw bytes of a protocol's fixed header, in the order given. */
  public MessageWriter raw(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /** An attribute with a big-endian 32 bit value. */
  public MessageWriter bigEndianInt(int type, int value) {
    header(type, 4);
    out.writeInt(value);
    return this;
  }

  /** An attribute with a big-endian 64 bit value. */
  public MessageWriter bigEndianLong(int type, long value) {
    header(type, 8);
    out.writeLong(value);
    return this;
  }

  /** An attribute with a 32 bit value in host order (rtnetlink). */
  public MessageWriter hostInt(int type, int value) {
    header(type, 4);
    hostInt(value);
    return this;
  }

  /** An attribute with text, NUL-terminated as the kernel's NLA_STRING wants it. */
  public MessageWriter string(int type, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    header(type, bytes.length + 1);
    out.writeBytes(bytes);
    out.writeByte(0);
    pad();
    return this;
  }

  /** An attribute with bytes as they are. */
  public MessageWriter bytes(int type, byte... value) {
    header(type, value.length);
    out.writeBytes(value);
    pad();
    return this;
  }

  /** Begins an attribute whose value is a list of attributes. */
  public MessageWriter beginNested(int type) {
    if (depth == MAX_DEPTH) {
      throw new IllegalStateException("attributes nest deeper than " + MAX_DEPTH);
    }
    nests[depth++] = out.writerIndex();
    header(type | NetlinkConstants.ATTRIBUTE_NESTED, 0);
    return this;
  }

  /** Ends the attribute that {@link #beginNested} began last. */
  public MessageWriter endNested() {
    if (depth == 0) {
      throw new IllegalStateException("no nested attribute to end");
    }
    int start = nests[--depth];
    setHostShort(start, length(out.writerIndex() - start));
    return this;
  }

  private void header(int type, int valueLength) {
    if (messageStart < 0) {
      throw new IllegalStateException("an attribute needs a message to be in");
    }
    hostShort(length(valueLength + NetlinkConstants.ATTRIBUTE_HEADER_LENGTH));
    hostShort(type);
  }

  private static int length(int length) {
    if (length > 0xffff) {
      throw new IllegalArgumentException(
          "an attribute holds 65,531 bytes at most, not " + (length - 4));
    }
    return length;
  }

  private void pad() {
    while ((out.writerIndex() & 3) != (messageStart & 3)) {
      out.writeByte(0);
    }
  }

  private void hostInt(int value) {
    if (MessageCursor.BIG_ENDIAN_HOST) {
      out.writeInt(value);
    } else {
      out.writeIntLE(value);
    }
  }

  private void hostShort(int value) {
    if (MessageCursor.BIG_ENDIAN_HOST) {
      out.writeShort(value);
    } else {
      out.writeShortLE(value);
    }
  }

  private void setHostInt(int index, int value) {
    if (MessageCursor.BIG_ENDIAN_HOST) {
      out.setInt(index, value);
    } else {
      out.setIntLE(index, value);
    }
  }

  private void setHostShort(int index, int value) {
    if (MessageCursor.BIG_ENDIAN_HOST) {
      out.setShort(index, value);
    } else {
      out.setShortLE(index, value);
    }
  }
}
