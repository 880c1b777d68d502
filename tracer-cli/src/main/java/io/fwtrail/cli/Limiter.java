package io.fwtrail.cli;

import io.fwtrail.cli.filter.TrailFilter;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.live.LookUps;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailListener;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Lets through what was asked for: so many packets, of those that came in only what leaves by the
 * right interface, and only the trails that a filter selects.
 *
 * <p>Hops go through as they are seen. Where only the end of a trail tells whether it is asked for,
 * they go through with it: the trail has them all, so that nothing more is held for them.
 *
 * <p>Losses go through whatever was asked for: nobody knows what was lost.
 */
final class Limiter implements TrailListener {
  /** Takes everything and shows nothing. */
  static final TrailListener NOWHERE =
      new TrailListener() {
        @Override
        public void hop(Hop hop) {}

        @Override
        public void trail(Trail trail) {}
      };

  private final TrailListener next;
  private final TrailFilter filter;
  private final @Nullable Long count;
  private final CountDownLatch end;
  private final OutGate gate;
  private @Nullable LookUps lookUps;
  private final HashSet<Long> begun = new HashSet<>();

  /** Trails given up one by one, which are told of together. */
  private long evicted;

  private long evictedAt;
  final Losses losses = new Losses();

  /** As of the last flush, for other threads. */
  private volatile long shownTrails;

  private volatile long shownHops;
  long hops;
  long seen;
  long trails;
  long dropped;
  long accepted;
  long incomplete;

  Limiter(
      TrailListener next,
      TrailFilter filter,
      @Nullable Long count,
      @Nullable PacketMatch match,
      CountDownLatch end) {
    this.next = next;
    this.filter = filter;
    this.count = count;
    this.end = end;
    this.gate = new OutGate(match, this::pass);
  }

  @Override
  public void hop(Hop hop) {
    gate.hop(hop);
  }

  /** Shows trails with what the kernel is asked for at their end. */
  Limiter with(LookUps asked) {
    lookUps = asked;
    return this;
  }

  /** What is missing in the trails that were shown; empty where nothing is. */
  List<String> notices() {
    return lookUps == null ? List.of() : lookUps.notices();
  }

  private void pass(Hop hop) {
    if (filter.needsEnd() || !filter.selects(hop)) {
      return;
    }
    if (count != null && !begun.contains(hop.trail())) {
      if (begun.size() + trails >= count) {
        return;
      }
      begun.add(hop.trail());
    }
    show(hop);
  }

  private void show(Hop hop) {
    hops++;
    next.hop(hop);
  }

  @Override
  public void trail(Trail trail) {
    if (!gate.trail(trail)) {
      return;
    }
    seen++;
    boolean inTime =
        count == null || (filter.needsEnd() ? trails < count : begun.remove(trail.number()));
    if (!inTime || !filter.selects(trail)) {
      return;
    }
    trails++;
    if (!trail.complete()) {
      incomplete++;
    }
    if (trail.verdict() == Verdict.DROP) {
      dropped++;
    } else if (trail.verdict() == Verdict.ACCEPT) {
      accepted++;
    }
    if (filter.needsEnd()) {
      trail.hops().stream().filter(filter::selects).forEach(this::show);
    }
    next.trail(lookUps == null ? trail : lookUps.complete(trail));
    if (count != null && trails >= count) {
      end.countDown();
    }
  }

  @Override
  public void lost(Loss loss) {
    losses.add(loss.cause(), loss.count());
    if (loss.cause() == Loss.Cause.OPEN_TRAILS) {
      evicted += loss.count();
      evictedAt = loss.time();
    } else {
      tell(loss);
    }
  }

  private void tell(Loss loss) {
    if (count == null || trails < count) {
      next.lost(loss);
    }
  }

  /** All that had arrived was handed on; a record for each trail given up would be one too many. */
  void flush() {
    shownTrails = trails;
    shownHops = hops;
    if (evicted > 0) {
      tell(new Loss(evictedAt, Loss.Cause.OPEN_TRAILS, evicted));
      evicted = 0;
    }
  }

  /** What went through so far, in short; for any thread. */
  String progress() {
    return number(shownTrails, "packet")
        + ", "
        + number(shownHops, "hop")
        + ", "
        + losses.total()
        + " lost";
  }

  /** What went through, in words. */
  String summary() {
    String through =
        filter.isAll()
            ? number(trails, "packet") + ", " + number(hops, "hop")
            : trails + " of " + number(seen, "packet") + " shown";
    return through
        + ": "
        + dropped
        + " dropped, "
        + accepted
        + " accepted, "
        + incomplete
        + " incomplete";
  }

  /** A count with its noun, in plural where there is not one. */
  static String number(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }
}
