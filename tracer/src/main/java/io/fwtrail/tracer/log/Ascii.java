package io.fwtrail.tracer.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Words in bytes of text. Ends are exclusive. */
final class Ascii {
  /** Eight bytes as one number, of which the first byte is the lowest. */
  static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = ONES << 7;

  private Ascii() {}

  /** The bytes of a word. */
  static byte[] bytes(String word) {
    return word.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Where a character is first; -1 where it is not. It is looked for among eight bytes at once, in
   * which it becomes a zero. Subtracting one sets the high bit of a zero; a byte that had it
   * before, or that a zero below has borrowed from, is no zero, or not the lowest.
   */
  static int indexOf(byte[] b, char wanted, int start, int end) {
    long everywhere = ONES * wanted;
    int at = start;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      long differs = (long) LONGS.get(b, at) ^ everywhere;
      long zeros = differs - ONES & ~differs & HIGH_BITS;
      if (zeros != 0) {
        return at + (Long.numberOfTrailingZeros(zeros) >>> 3);
      }
    }
    for (; at < end; at++) {
      if (b[at] == wanted) {
        return at;
      }
    }
    return -1;
  }

  /** Whether these bytes stand at {@code start}, all of them before {@code end}. */
  static boolean holds(byte[] b, int start, int end, byte[] wanted) {
    if (end - start < wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (b[start + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether it is this word that stands from {@code start} to {@code end}. */
  static boolean is(byte[] b, int start, int end, String word) {
    if (end - start != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (b[start + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
