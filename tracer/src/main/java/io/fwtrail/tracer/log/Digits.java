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
      int digit = Character.digit(b[i], 16);
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }
}
