package io.fwtrail.netlink.channel;

/**
 * A user event of {@link NetlinkChannel}: at this point of the stream messages are missing, because
 * the socket's receive buffer was full, or the kernel had no memory.
 *
 * @param lost how many; 0 where the kernel says that some are missing but counted none
 */
public record MessagesLost(long lost) {}
