package io.fwtrail.tracer.trail;

import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Verdict;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All hops of one packet, in order, and how it ended.
 *
 * @param number the same as in its hops
 * @param begin time of the first message, nanoseconds since 1970-01-01T00:00Z
 * @param end time of the last message
 * @param verdict accept, drop, stolen, or queue; null where the end was not seen
 * @param why what is missing; null for a trail that is complete
 * @param decidedBy the hop that the verdict hangs on; null where there is none
 * @param packet the packet as it was first seen; null where its beginning was lost
 * @param changes what changed on the way, in order
 * @param hops in the kernel's order
 * @param ending how it ended, in more detail than the verdict; null where that is not known
 * @param connection the connection that the packet belongs to, as the kernel has it; null where
 *     that is not known
 * @param hints what was found outside netfilter that explains a way that does not go on
 */
public record Trail(
    long number,
    long begin,
    long end,
    @Nullable Verdict verdict,
    @Nullable String why,
    @Nullable Hop decidedBy,
    @Nullable Packet packet,
    List<Change> changes,
    List<Hop> hops,
    @Nullable Ending ending,
    @Nullable Connection connection,
    List<String> hints) {

  /** A trail of which nothing was looked up. */
  public Trail(
      long number,
      long begin,
      long end,
      @Nullable Verdict verdict,
      @Nullable String why,
      @Nullable Hop decidedBy,
      @Nullable Packet packet,
      List<Change> changes,
      List<Hop> hops) {
    this(number, begin, end, verdict, why, decidedBy, packet, changes, hops, null, null, List.of());
  }

  /** The same with what was looked up. */
  public Trail with(@Nullable Connection found, List<String> hints, @Nullable Ending ending) {
    return new Trail(
        number, begin, end, verdict, why, decidedBy, packet, changes, hops, ending, found, hints);
  }

  /** Whether every hop is here and the end was seen. */
  public boolean complete() {
    return why == null;
  }

  /**
   * Whether it is this very hop that decided: one of its hops, of which another may say the same.
   */
  @SuppressWarnings("ReferenceEquality")
  public boolean isDecidedBy(Hop hop) {
    return hop == decidedBy;
  }

  /**
   * The interface that the packet came in by, as the last hop that tells of it has it: before Linux
   * 5.5 (commit 28f8bfd1ac94) the hook postrouting does not know it. Null for a packet that this
   * host sent, or where no hop tells.
   */
  public @Nullable String cameIn() {
    if (ending != null && ending.kind() == Ending.Kind.SENT) {
      return null;
    }
    for (int i = hops.size() - 1; i >= 0; i--) {
      String in = hops.get(i).in();
      if (in != null) {
        return in;
      }
    }
    return null;
  }

  /**
   * A value that differs from one hop to the next.
   *
   * @param hop which hop, counted from 1, shows the new value first
   * @param field its name in the packet's record, or in, out or mark
   * @param from the value before: a number or text
   * @param to the value after
   */
  public record Change(int hop, String field, Object from, Object to) {}
}
