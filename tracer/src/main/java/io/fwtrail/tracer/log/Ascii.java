package io.fwtrail.tracer.log;

import java.nio.charset.StandardCharsets;

/** Words in bytes of text. Ends are exclusive. */
final class Ascii {
  private Ascii() {}

  /** The bytes of a word. */
  static byte[] bytes(String word) {
    return word.getBytes(StandardCharsets.US_ASCII);
  }

  /** Where a character is first; -1 where it is not. */
  static int indexOf(byte[] b, char wanted, int start, int end) {
    for (int i = start; i < end; i++) {
      if (b[i] == wanted) {
        return i;
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
