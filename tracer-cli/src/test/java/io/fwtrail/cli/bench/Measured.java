package io.fwtrail.cli.bench;

/**
 * What one measurement gave.
 *
 * @param packets sent
 * @param perSecond packets a second, as it went
 * @param messages that the kernel made of them
 * @param lost of these
 * @param shown packets that the output tells of, by its lines; NaN where there are none to count
 * @param userNanos of CPU outside the kernel
 * @param systemNanos of CPU in it
 * @param peakKilobytes the most memory that was in use, from the program's start
 */
record Measured(
    int packets,
    double perSecond,
    long messages,
    long lost,
    double shown,
    double userNanos,
    double systemNanos,
    long peakKilobytes) {

  /** CPU for each message that was heard. */
  double nanosPerMessage() {
    return (userNanos + systemNanos) / heard();
  }

  double heard() {
    return messages - lost;
  }

  /** Of all messages, from 0 to 1. */
  double lostShare() {
    return (double) lost / messages;
  }
}
