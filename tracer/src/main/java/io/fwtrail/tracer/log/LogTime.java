package io.fwtrail.tracer.log;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;

/** Reads the times that logs have. Lines of one second cost one calculation. */
final class LogTime {
  private static final long NANOS = 1_000_000_000L;
  private static final long DAY_SECONDS = 86_400;

  /** {@code Jul 18 18:33:27}. */
  private static final int CLASSIC = 15;

  /** {@code 2026-07-18T18:33:27}. */
  private static final int RFC3339_SECONDS = 19;

  private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

  private final ZoneId zone;
  private final long now;
  private final long bootTime;
  private long nanos;
  private boolean wholeSecond;

  /** The moment at which the kernel's clock would have been 0. */
  private long zeroOfKernelClock = Long.MIN_VALUE / 2;

  /** The stamp that was read last, up to the second and with the zone, and its seconds. */
  private byte[] known = {};

  private long knownSeconds;

  LogTime(ZoneId zone, long now, long bootTime) {
    this.zone = zone;
    this.now = now;
    this.bootTime = bootTime;
  }

  /** The time that was read last, in nanoseconds since 1970-01-01T00:00Z. */
  long nanos() {
    return nanos;
  }

  /**
   * A classic stamp has no fraction of a second, the kernel's clock in the same line has: the time
   * of a moment of that clock, such that it lies in the second that was read last.
   */
  long withFraction(long micros) {
    if (!wholeSecond) {
      return nanos;
    }
    long guess = zeroOfKernelClock + micros * 1_000;
    if (guess < nanos || guess >= nanos + NANOS) {
      // The first line, or the clocks have drifted apart, or the machine was started again.
      zeroOfKernelClock = nanos - micros * 1_000;
      guess = nanos;
    }
    return guess;
  }

  /** The time of a moment of the kernel's clock. */
  long sinceBoot(long micros) {
    return bootTime + micros * 1_000;
  }

  /**
   * Reads a stamp, classic or RFC 3339.
   *
   * @return where it ends, or -1
   */
  int readStamp(byte[] b, int start, int end) {
    if (end - start >= RFC3339_SECONDS && b[start + 4] == '-' && b[start + 10] == 'T') {
      return readRfc3339(b, start, end);
    }
    if (end - start < CLASSIC) {
      return -1;
    }
    int stampEnd = start + CLASSIC;
    if (!Arrays.equals(known, 0, known.length, b, start, stampEnd)) {
      long seconds = classic(b, start);
      if (seconds == Long.MIN_VALUE) {
        return -1;
      }
      known = Arrays.copyOfRange(b, start, stampEnd);
      knownSeconds = seconds;
    }
    nanos = knownSeconds * NANOS;
    wholeSecond = true;
    return stampEnd;
  }

  /** {@code Jul 18 18:33:27} or {@code Jul 8 …}, in seconds; MIN_VALUE if it is none. */
  private long classic(byte[] b, int start) {
    int month = month(b, start);
    int tens = b[start + 4] == ' ' ? 0 : (int) Digits.parse(b, start + 4, start + 5);
    int ones = (int) Digits.parse(b, start + 5, start + 6);
    if (month == 0 || b[start + 3] != ' ' || tens < 0 || ones < 0 || b[start + 6] != ' ') {
      return Long.MIN_VALUE;
    }
    LocalTime time = clock(b, start + 7);
    if (time == null) {
      return Long.MIN_VALUE;
    }
    long latest = Math.floorDiv(now, NANOS) + DAY_SECONDS;
    int year = Instant.ofEpochSecond(latest).atZone(zone).getYear();
    // The 29th of February may be some years ago.
    for (int back = 0; back < 9; back++) {
      try {
        long seconds =
            LocalDateTime.of(LocalDate.of(year - back, month, tens * 10 + ones), time)
                .atZone(zone)
                .toEpochSecond();
        if (seconds <= latest) {
          return seconds;
        }
      } catch (DateTimeException e) {
        // No such day in that year.
      }
    }
    return Long.MIN_VALUE;
  }

  /** {@code Sat Jul 18 18:33:27 2026}, as dmesg -T writes it; see {@link #nanos}. */
  boolean readDmesgDate(byte[] b, int start, int end) {
    if (end - start != 24 || b[start + 3] != ' ' || b[start + 19] != ' ') {
      return false;
    }
    int month = month(b, start + 4);
    int tens = b[start + 8] == ' ' ? 0 : (int) Digits.parse(b, start + 8, start + 9);
    int ones = (int) Digits.parse(b, start + 9, start + 10);
    int year = (int) Digits.parse(b, start + 20, end);
    LocalTime time = clock(b, start + 11);
    if (month == 0 || tens < 0 || ones < 0 || year < 0 || time == null) {
      return false;
    }
    try {
      LocalDate date = LocalDate.of(year, month, tens * 10 + ones);
      nanos = LocalDateTime.of(date, time).atZone(zone).toEpochSecond() * NANOS;
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private int readRfc3339(byte[] b, int start, int end) {
    int at = start + RFC3339_SECONDS;
    wholeSecond = at >= end || (b[at] != '.' && b[at] != ',');
    long fraction = 0;
    if (at < end && (b[at] == '.' || b[at] == ',')) {
      int digits = ++at;
      long scale = NANOS / 10;
      while (at < end && b[at] >= '0' && b[at] <= '9' && at - digits < 9) {
        fraction += (b[at++] - '0') * scale;
        scale /= 10;
      }
    }
    int zoneStart = at;
    int offset = 0;
    boolean local = false;
    if (at < end && b[at] == 'Z') {
      at++;
    } else if (at < end && (b[at] == '+' || b[at] == '-')) {
      boolean colon = at + 3 < end && b[at + 3] == ':';
      int minutes = at + (colon ? 4 : 3);
      if (minutes + 2 > end) {
        return -1;
      }
      long hour = Digits.parse(b, at + 1, at + 3);
      long minute = Digits.parse(b, minutes, minutes + 2);
      if (hour < 0 || hour > 18 || minute < 0 || minute > 59) {
        return -1;
      }
      offset = (int) (hour * 60 + minute) * 60 * (b[at] == '-' ? -1 : 1);
      at = minutes + 2;
    } else {
      local = true;
    }
    byte[] key = known;
    int zoneLength = at - zoneStart;
    boolean same =
        key.length == RFC3339_SECONDS + zoneLength
            && Arrays.equals(key, 0, RFC3339_SECONDS, b, start, start + RFC3339_SECONDS)
            && Arrays.equals(key, RFC3339_SECONDS, key.length, b, zoneStart, at);
    if (!same) {
      long seconds = rfc3339(b, start, offset, local);
      if (seconds == Long.MIN_VALUE) {
        return -1;
      }
      key = Arrays.copyOfRange(b, start, start + RFC3339_SECONDS + zoneLength);
      System.arraycopy(b, zoneStart, key, RFC3339_SECONDS, zoneLength);
      known = key;
      knownSeconds = seconds;
    }
    nanos = knownSeconds * NANOS + fraction;
    return at;
  }

  private long rfc3339(byte[] b, int start, int offset, boolean local) {
    int year = (int) Digits.parse(b, start, start + 4);
    int month = (int) Digits.parse(b, start + 5, start + 7);
    int day = (int) Digits.parse(b, start + 8, start + 10);
    LocalTime time = clock(b, start + 11);
    if (year < 0 || b[start + 7] != '-' || time == null) {
      return Long.MIN_VALUE;
    }
    try {
      LocalDateTime date = LocalDateTime.of(LocalDate.of(year, month, day), time);
      return local
          ? date.atZone(zone).toEpochSecond()
          : date.toEpochSecond(ZoneOffset.ofTotalSeconds(offset));
    } catch (DateTimeException e) {
      return Long.MIN_VALUE;
    }
  }

  /** 1 to 12, or 0. */
  private static int month(byte[] b, int start) {
    for (int month = 0; month < 12; month++) {
      if (b[start] == MONTHS.charAt(month * 3)
          && b[start + 1] == MONTHS.charAt(month * 3 + 1)
          && b[start + 2] == MONTHS.charAt(month * 3 + 2)) {
        return month + 1;
      }
    }
    return 0;
  }

  /** {@code 18:33:27}; null if it is no time of day. */
  private static @org.jspecify.annotations.Nullable LocalTime clock(byte[] b, int start) {
    long hour = Digits.parse(b, start, start + 2);
    long minute = Digits.parse(b, start + 3, start + 5);
    long second = Digits.parse(b, start + 6, start + 8);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
      return null;
    }
    if (b[start + 2] != ':' || b[start + 5] != ':') {
      return null;
    }
    // A leap second is shown as the one before.
    return LocalTime.of((int) hour, (int) minute, (int) Math.min(second, 59));
  }
}
