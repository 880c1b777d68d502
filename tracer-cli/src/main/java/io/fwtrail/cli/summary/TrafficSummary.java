package io.fwtrail.cli.summary;

import io.fwtrail.cli.filter.TrailEnd;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;
import java.util.EnumMap;
import java.util.Map;

/** What is counted of trails, in bounded memory. Not for use by several threads. */
final class TrafficSummary {
  /** More than most rule sets have rules; some 1 MB. */
  private static final int RULES = 4096;

  private final Map<TrailEnd, Long> ends = new EnumMap<>(TrailEnd.class);
  private final Map<Loss.Cause, Long> losses = new EnumMap<>(Loss.Cause.class);
  final RuleHits rules = new RuleHits(RULES);

  /** Of packets that were dropped or rejected. */
  final Talkers dropped = new Talkers();

  final Talkers all = new Talkers();
  private long begin = Long.MAX_VALUE;
  private long end = Long.MIN_VALUE;
  private long packets;
  private long incomplete;

  void add(Trail trail) {
    packets++;
    begin = Math.min(begin, trail.begin());
    end = Math.max(end, trail.end());
    if (!trail.complete()) {
      incomplete++;
    }
    TrailEnd how = TrailEnd.of(trail);
    ends.merge(how, 1L, Long::sum);
    // By identity: an equal hop of the same packet is another time that a rule was met.
    Hop decider = trail.decidedBy();
    boolean found = false;
    for (int i = trail.hops().size() - 1; i >= 0; i--) {
      Hop hop = trail.hops().get(i);
      boolean decided = !found && hop.equals(decider);
      found |= decided;
      rules.add(hop, decided);
    }
    all.add(trail);
    if (how == TrailEnd.DROP || how == TrailEnd.REJECT) {
      dropped.add(trail);
    }
  }

  void add(Loss loss) {
    losses.merge(loss.cause(), loss.count(), Long::sum);
  }

  /** What was lost of that cause. */
  long lost(Loss.Cause cause) {
    return losses.getOrDefault(cause, 0L);
  }

  /** How many packets ended so. */
  long ended(TrailEnd how) {
    return ends.getOrDefault(how, 0L);
  }

  long packets() {
    return packets;
  }

  long incomplete() {
    return incomplete;
  }

  /** Of the first hop, in nanoseconds since 1970-01-01T00:00Z; only where there are packets. */
  long begin() {
    return begin;
  }

  /** Of the last hop. */
  long end() {
    return end;
  }
}
