package io.fwtrail.netlink.channel;

/**
 * A user event of {@link NetlinkChannel}: messages are missing at this point of the stream, after
 * all that was read before the event and ahead of all that is read after it. They found the
 * socket's receive buffer full, or the kernel no memory.
 *
 * @param lost how many, at least 1, as the kernel counted them for this socket
 */
public record MessagesLost(long lost) {
  /** Checks the count. */
  public MessagesLost {
    if (lost < 1) {
      throw new IllegalArgumentException("a loss of " + lost + " messages");
    }
  }
}
