package io.fwtrail.tracer.json;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Times as RFC 3339 has them, in UTC with nine digits of a second. The part up to the second is
 * kept for the next time, which mostly lies in the same one. Not for use by several threads.
 */
public final class TimeText {
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss").withZone(ZoneOffset.UTC);

  private static final long NANOS = 1_000_000_000L;

  private final StringBuilder text = new StringBuilder(32);
  private long second = Long.MIN_VALUE;
  private int prefix;

  /** The text of a time in nanoseconds since 1970-01-01T00:00Z. */
  public String of(long nanos) {
    long wanted = Math.floorDiv(nanos, NANOS);
    if (wanted != second) {
      second = wanted;
      text.setLength(0);
      SECONDS.formatTo(Instant.ofEpochSecond(wanted), text);
      text.append('.');
      prefix = text.length();
    }
    text.setLength(prefix);
    int fraction = (int) Math.floorMod(nanos, NANOS);
    for (int scale = 100_000_000; scale > 0; scale /= 10) {
      text.append((char) ('0' + fraction / scale % 10));
    }
    return text.append('Z').toString();
  }
}
