package io.fwtrail.cli;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailListener;
import java.util.HashSet;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Lets through what was asked for: so many packets, and of those that came in only what leaves by
 * the right interface.
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
  private final @Nullable Long count;
  private final CountDownLatch end;
  private final OutGate gate;
  private final HashSet<Long> begun = new HashSet<>();
  long hops;
  long trails;
  long dropped;
  long accepted;
  long incomplete;

  Limiter(
      TrailListener next, @Nullable Long count, @Nullable PacketMatch match, CountDownLatch end) {
    this.next = next;
    this.count = count;
    this.end = end;
    this.gate = new OutGate(match, this::pass);
  }

  @Override
  public void hop(Hop hop) {
    gate.hop(hop);
  }

  private void pass(Hop hop) {
    if (count != null && !begun.contains(hop.trail())) {
      if (begun.size() + trails >= count) {
        return;
      }
      begun.add(hop.trail());
    }
    hops++;
    next.hop(hop);
  }

  @Override
  public void trail(Trail trail) {
    if (!gate.trail(trail) || (count != null && !begun.remove(trail.number()))) {
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
    next.trail(trail);
    if (count != null && trails >= count) {
      end.countDown();
    }
  }

  /** What went through, in words. */
  String summary() {
    return number(trails, "packet")
        + ", "
        + number(hops, "hop")
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
