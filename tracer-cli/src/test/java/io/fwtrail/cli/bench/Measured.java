package io.fwtrail.cli.bench;

/**
 * What one measurement gave.
 *
 * @param perSecond packets a second, as it went
 * @param messages that the kernel made of them
 * @param lost of these
 * @param linesShare lines of output, as a share of what all packets make; NaN where there are none
 * @param userNanos of CPU outside the kernel
 * @param systemNanos of CPU in it
 * @param peakKilobytes the most memory that was in use, from the program's start
 */
record Measured(
    double perSecond,
    long messages,
    long lost,
    double linesShare,
    double userNanos,
    double systemNanos,
    long peakKilobytes) {

  /** CPU for each message that was heard. */
  double nanosPerMessage() {
    return (userNanos + systemNanos) / heard();
  }

  /** The same, outside the kernel only. */
  double userNanosPerMessage() {
    return userNanos / heard();
  }

  private long heard() {
    return Math.max(1, messages - lost);
  }

  /** Of all messages, from 0 to 1. */
  double lostShare() {
    return (double) lost / messages;
  }
}
