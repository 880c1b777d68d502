package io.fwtrail.tracer.live;

import java.util.function.LongSupplier;

/**
 * A monotonic clock that goes on only while somebody looks at it: silence is told by it. Among
 * hundreds of busy threads this one may get no processor for seconds, and a virtual machine may
 * stand still in the middle of a packet's way; that nothing was heard then says nothing of the
 * packet.
 *
 * <p>Not for use by several threads. Times are nanoseconds; only their differences mean something.
 */
final class AttendedClock {
  private final LongSupplier nanoTime;
  private final long step;
  private long last;

  /** How long it has stood still in all. */
  private long paused;

  /**
   * Makes one that begins now.
   *
   * @param nanoTime the clock that does not stand still, {@link System#nanoTime}
   * @param step what a pause counts for at most: somebody looks at it more often in any case
   */
  AttendedClock(LongSupplier nanoTime, long step) {
    this.nanoTime = nanoTime;
    this.step = step;
    this.last = nanoTime.getAsLong();
  }

  /** Looks at it. */
  long now() {
    long now = nanoTime.getAsLong();
    paused += Math.max(0, now - last - step);
    last = now;
    return now - paused;
  }

  /**
   * What it showed at a moment of the other clock; less than that if it has stood still since.
   *
   * @param moment not after the last look
   */
  long at(long moment) {
    return moment - paused;
  }
}
