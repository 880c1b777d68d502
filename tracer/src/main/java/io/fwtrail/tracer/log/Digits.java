package io.fwtrail.tracer.log;

/** Numbers in bytes of text. */
final class Digits {
  private Digits() {}

  /** A decimal number of 1 to 18 digits and nothing else, or -1. */
  static long parse(byte[] b, int start, int end) {
    if (start >= end || end - start > 18) {
      return -1;
    }
    long value = 0;
    for (int i = start; i < end; i++) {
      int digit = b[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  /** A hexadecimal number of 1 to 15 digits and nothing else, or -1. */
  static long parseHex(byte[] b, int start, int end) {
    if (start >= end || end - start > 15) {
      return -1;
    }
    long value = 0;
    for (int i = start; i < end; i++) {
      int digit = hexDigit(b[i]);
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  /** Character.digit would ask a table of all characters. */
  private static int hexDigit(int c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    int lowerCase = c | 0x20;
    return lowerCase >= 'a' && lowerCase <= 'f' ? lowerCase - 'a' + 10 : -1;
  }
}
