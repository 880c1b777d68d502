package io.fwtrail.netlink.channel;

import io.netty.channel.ChannelId;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The id of a channel: a number, counted up in this process. Netty's own ids are to be unique in
 * the world; for that it looks through all network interfaces, which takes time at each start, and
 * warns where there is none, as in a namespace that is just made.
 */
record ChannelNumber(long number) implements ChannelId {
  private static final AtomicLong LAST = new AtomicLong();

  static ChannelNumber next() {
    return new ChannelNumber(LAST.incrementAndGet());
  }

  @Override
  public String asShortText() {
    return "netlink-" + number;
  }

  @Override
  public String asLongText() {
    return asShortText();
  }

  @Override
  public int compareTo(ChannelId other) {
    return other instanceof ChannelNumber that
        ? Long.compare(number, that.number)
        : asLongText().compareTo(other.asLongText());
  }
}
