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

  private final ByteBuilder upToSecond = new ByteBuilder(32);
  private long second = Long.MIN_VALUE;

  /** The text of a time in nanoseconds since 1970-01-01T00:00Z. */
  public String of(long nanos) {
    ByteBuilder text = new ByteBuilder(32);
    append(text, nanos);
    return text.toString();
  }

  /** Appends that text between quotation marks. */
  void quoted(ByteBuilder to, long nanos) {
    append(to.append((byte) '"'), nanos);
    to.append((byte) '"');
  }

  private void append(ByteBuilder to, long nanos) {
    long wanted = Math.floorDiv(nanos, NANOS);
    if (wanted != second) {
      second = wanted;
      upToSecond.clear();
      upToSecond.append(SECONDS.format(Instant.ofEpochSecond(wanted))).append((byte) '.');
    }
    to.append(upToSecond).digits(Math.floorMod(nanos, NANOS), 9).append((byte) 'Z');
  }
}
