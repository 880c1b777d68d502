package io.fwtrail.cli;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.trail.Trail;
import io.netty.util.collection.LongObjectHashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Holds the hops of a packet back until it is known by which interface it leaves, where only some
 * interfaces are asked for: before routing the kernel itself does not know.
 */
final class OutGate {
  private final @Nullable PacketMatch match;
  private final Consumer<Hop> next;

  /** The hops held, by trail; an empty list once they were let through. */
  private final LongObjectHashMap<List<Hop>> held = new LongObjectHashMap<>();

  OutGate(@Nullable PacketMatch match, Consumer<Hop> next) {
    this.match = match != null && !(match.out().isEmpty() && !reversedOut(match)) ? match : null;
    this.next = next;
  }

  private static boolean reversedOut(PacketMatch match) {
    return match.bothWays() && !match.in().isEmpty();
  }

  void hop(Hop hop) {
    if (match == null) {
      next.accept(hop);
      return;
    }
    List<Hop> hops = held.get(hop.trail());
    if (hops == null) {
      hops = new ArrayList<>();
      held.put(hop.trail(), hops);
    } else if (hops.isEmpty()) {
      next.accept(hop);
      return;
    }
    hops.add(hop);
    if (match.leadsOut(hop.in(), hop.out())) {
      hops.forEach(next);
      hops.clear();
    }
  }

  /** Whether a trail is to be shown; it is forgotten here. */
  boolean trail(Trail trail) {
    if (match == null) {
      return true;
    }
    List<Hop> hops = held.remove(trail.number());
    return hops != null && hops.isEmpty();
  }
}
