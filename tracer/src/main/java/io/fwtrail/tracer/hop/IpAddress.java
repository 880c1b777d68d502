package io.fwtrail.tracer.hop;

import org.jspecify.annotations.Nullable;

/**
 * An IPv4 or IPv6 address as a value.
 *
 * @param version 4 or 6
 * @param high the first 8 bytes of an IPv6 address, 0 for IPv4
 * @param low the last 8 bytes of an IPv6 address, or the 4 bytes of an IPv4 one
 */
public record IpAddress(int version, long high, long low) {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  // Written out: a record's own are put together of method handles at their first use, which would
  // keep the first hop waiting for 30 ms.
  @Override
  public int hashCode() {
    return (Long.hashCode(high) * 31 + Long.hashCode(low)) * 31 + version;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IpAddress that
        && version == that.version
        && high == that.high
        && low == that.low;
  }

  /** An IPv4 address of its 32 bits. */
  public static IpAddress v4(int bits) {
    return new IpAddress(4, 0, bits & 0xffff_ffffL);
  }

  /** An IPv6 address of its two halves. */
  public static IpAddress v6(long high, long low) {
    return new IpAddress(6, high, low);
  }

  /** The address as RFC 5952 prints it; dotted decimals for IPv4. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(40);
    appendTo(text);
    return text.toString();
  }

  /** Appends {@link #toString}. */
  public void appendTo(StringBuilder text) {
    if (version == 4) {
      appendDotted(text, (int) low);
    } else {
      appendV6(text);
    }
  }

  private static void appendDotted(StringBuilder text, int bits) {
    text.append(bits >>> 24)
        .append('.')
        .append(bits >>> 16 & 0xff)
        .append('.')
        .append(bits >>> 8 & 0xff)
        .append('.')
        .append(bits & 0xff);
  }

  private void appendV6(StringBuilder text) {
    if (high == 0 && low >>> 32 == 0xffff) {
      // RFC 5952 section 5: an IPv4-mapped address is recognised by its prefix.
      text.append("::ffff:");
      appendDotted(text, (int) low);
      return;
    }
    // RFC 5952 section 4.2: "::" stands for the longest run of zero groups, the first of equals,
    // and never for a single group.
    int bestStart = -1;
    int bestLength = 1;
    int runStart = -1;
    for (int i = 0; i <= 8; i++) {
      if (i < 8 && group(i) == 0) {
        if (runStart < 0) {
          runStart = i;
        }
      } else if (runStart >= 0) {
        if (i - runStart > bestLength) {
          bestStart = runStart;
          bestLength = i - runStart;
        }
        runStart = -1;
      }
    }
    for (int i = 0; i < 8; i++) {
      if (i == bestStart) {
        text.append("::");
        i += bestLength - 1;
        continue;
      }
      boolean afterGap = bestStart >= 0 && i == bestStart + bestLength;
      if (i > 0 && !afterGap) {
        text.append(':');
      }
      appendGroup(text, group(i));
    }
  }

  private int group(int index) {
    long half = index < 4 ? high : low;
    return (int) (half >>> ((3 - (index & 3)) * 16)) & 0xffff;
  }

  private static void appendGroup(StringBuilder text, int group) {
    boolean begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      int digit = group >>> shift & 0xf;
      if (digit != 0 || begun || shift == 0) {
        text.append(HEX[digit]);
        begun = true;
      }
    }
  }
}
