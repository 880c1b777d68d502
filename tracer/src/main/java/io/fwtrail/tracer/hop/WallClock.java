package io.fwtrail.tracer.hop;

import java.time.Instant;

/** The time of day, in the form in which hops bear it. */
public final class WallClock {
  private WallClock() {}

  /** Nanoseconds since 1970-01-01T00:00Z. */
  public static long nanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }
}
