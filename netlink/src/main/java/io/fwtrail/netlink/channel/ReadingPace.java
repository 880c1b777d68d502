package io.fwtrail.netlink.channel;

import java.util.concurrent.locks.LockSupport;

/**
 * Lets datagrams gather where they come in quick succession, as network cards do it with their
 * interrupts. For one thread.
 */
final class ReadingPace {
  /*
   * A reader that is quicker than the kernel finds one or two datagrams at a time. For each of them
   * it is woken up, asks epoll, reads, and reads once more in vain; and whoever sends has to wake it,
   * which on a gateway is the packet's own way through the firewall. All that together costs more
   * than the datagrams do. Reading some hundred at once costs a fraction of it, on both sides.
   *
   * So at a high rate the reader sleeps for a moment when it has read all there was. Nothing is at
   * risk meanwhile: in this time a receive buffer of any usual size fills by some hundredth. At a
   * rate at which somebody could read along, every datagram is read as soon as it is there.
   */

  /** Below this many datagrams a second none is kept waiting. */
  static final long BUSY_PER_SECOND = 40_000;

  /** What is to gather, at the rate of the last reading. */
  private static final int WANTED = 2 * NetlinkBatch.MOST_DATAGRAMS;

  private static final long LONGEST_NANOS = 1_000_000;

  /** A shorter sleep costs more than it saves. */
  private static final long SHORTEST_NANOS = 60_000;

  private static final long SECOND = 1_000_000_000L;

  private long lastRead = System.nanoTime();
  private double perSecond;

  /**
   * Takes note of a reading that left nothing, and sleeps if more is to gather first.
   *
   * @param datagrams how many were read
   */
  void afterReading(int datagrams) {
    long now = System.nanoTime();
    long nanos = rest(datagrams, now);
    if (nanos > 0) {
      LockSupport.parkNanos(nanos);
    }
  }

  /**
   * How long to sleep, in nanoseconds.
   *
   * @param now the monotonic clock
   */
  long rest(int datagrams, long now) {
    long since = Math.max(1, now - lastRead);
    lastRead = now;
    double rate = (double) datagrams * SECOND / since;
    // A burst is not a rate: it takes several readings until one believes it, and one quiet
    // moment until one does not any more.
    perSecond = since >= SECOND / 100 ? rate : perSecond + (rate - perSecond) / 8;
    if (perSecond < BUSY_PER_SECOND) {
      return 0;
    }
    long gather = (long) (WANTED * (double) SECOND / perSecond);
    return Math.max(SHORTEST_NANOS, Math.min(LONGEST_NANOS, gather));
  }
}
