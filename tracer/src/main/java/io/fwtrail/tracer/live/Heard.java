package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.MessagesLost;
import io.fwtrail.netlink.channel.NetlinkBatch;

/** Something that was read, and when: it may be held for a rule set before it is handed on. */
final class Heard {
  private Object item;
  private boolean compact;
  private final long time;
  private final long moment;

  /**
   * Of a batch.
   *
   * @param time the time of day when it was read, in nanoseconds since 1970-01-01T00:00Z
   * @param moment the same on the {@link AttendedClock}
   */
  Heard(NetlinkBatch batch, long time, long moment) {
    this.item = batch;
    this.time = time;
    this.moment = moment;
  }

  /** Of a loss, which stands where the messages are missing; as above. */
  Heard(MessagesLost lost, long time, long moment) {
    this.item = lost;
    this.compact = true;
    this.time = time;
    this.moment = moment;
  }

  /** A {@link NetlinkBatch}, to be released by who takes it, or {@link MessagesLost}. */
  Object item() {
    return item;
  }

  long time() {
    return time;
  }

  long moment() {
    return moment;
  }

  /** It is held: the memory that it was read into is wanted for what comes next. */
  void compact() {
    if (!compact) {
      item = ((NetlinkBatch) item).compact();
      compact = true;
    }
  }
}
