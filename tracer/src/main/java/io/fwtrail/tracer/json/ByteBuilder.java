package io.fwtrail.tracer.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Puts output together as bytes, as a {@link StringBuilder} does it with characters: what was made
 * bytes before is copied, and a number becomes digits where they belong, without a String in
 * between. Not for use by several threads.
 */
public final class ByteBuilder {
  private static final byte[] SMALLEST_LONG =
      Long.toString(Long.MIN_VALUE).getBytes(StandardCharsets.US_ASCII);

  private byte[] bytes;
  private int size;

  /** What {@link #append(StringBuilder)} reads from. */
  private char[] chars = {};

  /** An empty one with room for so many bytes, and more as they come. */
  public ByteBuilder(int room) {
    bytes = new byte[room];
  }

  /** How many bytes there are. */
  public int size() {
    return size;
  }

  /** The array that they are in, from its beginning on; valid until more are appended. */
  public byte[] array() {
    return bytes;
  }

  /** What there is, read as UTF-8. */
  @Override
  public String toString() {
    return new String(bytes, 0, size, StandardCharsets.UTF_8);
  }

  /** Begins anew. */
  public void clear() {
    size = 0;
  }

  /** Begins anew in another array, and leaves the present one to whoever took it. */
  public void replaceArray(byte[] with) {
    bytes = with;
    size = 0;
  }

  /** The last byte; 0 where there is none. */
  byte last() {
    return size == 0 ? 0 : bytes[size - 1];
  }

  /** Makes room at the end, perhaps in another array, and says where it begins. */
  private int reserve(int more) {
    int at = size;
    int needed = at + more;
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, bytes.length * 2));
    }
    size = needed;
    return at;
  }

  /** Appends one byte. */
  public ByteBuilder append(byte value) {
    int at = reserve(1);
    bytes[at] = value;
    return this;
  }

  /** Appends bytes. */
  public ByteBuilder append(byte[] values) {
    return append(values, 0, values.length);
  }

  /** Appends {@code length} bytes from {@code start} on. */
  public ByteBuilder append(byte[] values, int start, int length) {
    int at = reserve(length);
    System.arraycopy(values, start, bytes, at, length);
    return this;
  }

  /** Appends what another one has. */
  public ByteBuilder append(ByteBuilder other) {
    return append(other.bytes, 0, other.size);
  }

  /**
   * Appends text of which every character {@link #isPlain}.
   *
   * @return false where there are others; nothing is appended then
   */
  boolean appendPlain(String text) {
    int length = text.length();
    int at = reserve(length);
    byte[] to = bytes;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (!isPlain(c)) {
        size = at;
        return false;
      }
      to[at + i] = (byte) c;
    }
    return true;
  }

  /** Whether a character can stand in a JSON string as it is. */
  static boolean isPlain(char c) {
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
  }

  /** Appends text as UTF-8; a lone half of a surrogate pair becomes a question mark. */
  public ByteBuilder append(String text) {
    return append(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Likewise, with no String in between. */
  public ByteBuilder append(StringBuilder text) {
    int length = text.length();
    if (chars.length < length) {
      chars = new char[length + length / 2];
    }
    // All at once: to ask for each character costs many times more while the code is cold.
    char[] from = chars;
    text.getChars(0, length, from, 0);
    int at = reserve(length);
    byte[] to = bytes;
    int all = 0;
    for (int i = 0; i < length; i++) {
      all |= from[i];
      to[at + i] = (byte) from[i];
    }
    if (all >= 0x80) {
      // What is beyond ASCII is rare, and its bytes are more than its characters.
      size = at;
      return append(text.toString());
    }
    return this;
  }

  /** Appends a number in decimal. */
  public ByteBuilder number(long value) {
    if (value < 0) {
      if (value == Long.MIN_VALUE) {
        return append(SMALLEST_LONG);
      }
      append((byte) '-');
      return number(-value);
    }
    int digits = digits(value);
    return digits(value, digits);
  }

  /** Appends the last {@code digits} digits of a number, zeros in front included. */
  public ByteBuilder digits(long value, int digits) {
    int start = reserve(digits);
    int at = start + digits;
    // Division of an int is much quicker than that of a long.
    long rest = value;
    while (rest > Integer.MAX_VALUE && at > start) {
      bytes[--at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    int small = (int) rest;
    while (at > start) {
      int tenth = small / 10;
      bytes[--at] = (byte) ('0' + small - tenth * 10);
      small = tenth;
    }
    return this;
  }

  private static int digits(long value) {
    int digits = 1;
    for (long limit = 10; digits < 19 && value >= limit; limit *= 10) {
      digits++;
    }
    return digits;
  }
}
