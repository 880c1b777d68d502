package io.fwtrail.tracer.log;

import io.fwtrail.tracer.hop.IpAddress;
import org.jspecify.annotations.Nullable;

/** Addresses in bytes of text, as the kernel prints them: %pI4 and %pI6. */
final class AddressText {
  private AddressText() {}

  /** {@code 10.0.0.1}, or eight groups as in {@code 2001:0db8:0000:…}; null for all else. */
  static @Nullable IpAddress parse(byte[] b, int start, int end) {
    for (int i = start; i < end && i < start + 5; i++) {
      if (b[i] == ':') {
        return v6(b, start, end);
      }
    }
    return v4(b, start, end);
  }

  private static @Nullable IpAddress v4(byte[] b, int start, int end) {
    int bits = 0;
    int dots = 0;
    int octet = 0;
    int digits = 0;
    for (int i = start; i < end; i++) {
      int digit = b[i] - '0';
      if (digit >= 0 && digit <= 9) {
        octet = octet * 10 + digit;
        digits++;
        if (digits > 3 || octet > 255) {
          return null;
        }
      } else if (b[i] == '.' && digits > 0) {
        bits = bits << 8 | octet;
        dots++;
        octet = 0;
        digits = 0;
      } else {
        return null;
      }
    }
    return dots == 3 && digits > 0 ? IpAddress.v4(bits << 8 | octet) : null;
  }

  private static @Nullable IpAddress v6(byte[] b, int start, int end) {
    long[] halves = new long[2];
    int groups = 0;
    int from = start;
    for (int i = start; i <= end; i++) {
      if (i == end || b[i] == ':') {
        long group = i - from > 4 || groups == 8 ? -1 : Digits.parseHex(b, from, i);
        if (group < 0) {
          return null;
        }
        halves[groups >>> 2] |= group << ((3 - (groups & 3)) * 16);
        groups++;
        from = i + 1;
      }
    }
    return groups == 8 ? IpAddress.v6(halves[0], halves[1]) : null;
  }
}
