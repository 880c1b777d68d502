package io.fwtrail.tracer.log;

import io.fwtrail.netlink.nflog.PacketLogMessage;

/**
 * Counts the messages of one NFLOG group that the kernel sent and that did not arrive: each bears
 * the number after that of the one before ({@link PacketLogMessage#sequence}). Not for use by
 * several threads.
 *
 * <p>These losses are a part of those that the socket counts, of all kinds of messages, and tells
 * as {@code MessagesLost}: where both are counted, they must not be added.
 */
public final class NflogSequence {
  private static final long UNKNOWN = -1;

  /** Numbers have 32 bits. */
  private static final long NUMBERS = 1L << 32;

  private long expected = UNKNOWN;
  private long lost;

  /**
   * Takes the number of the next message. The first one that is seen begins the count; so does one
   * that lies behind: the group was bound anew, and counts from 0 again.
   *
   * @param sequence unsigned 32 bits, or {@link PacketLogMessage#ABSENT}, which tells nothing
   * @return how many messages are missing right ahead of this one
   */
  public long see(long sequence) {
    if (sequence == PacketLogMessage.ABSENT) {
      return 0;
    }
    long missing = expected == UNKNOWN ? 0 : Math.floorMod(sequence - expected, NUMBERS);
    if (missing >= NUMBERS / 2) {
      missing = 0;
    }
    expected = (sequence + 1) % NUMBERS;
    lost += missing;
    return missing;
  }

  /** How many messages are missing in all. */
  public long lost() {
    return lost;
  }
}
