package io.fwtrail.cli;

import static io.fwtrail.cli.testing.TrailBuilder.trail;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.cli.filter.TrailEnd;
import io.fwtrail.cli.filter.TrailFilter;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What is let through, and when. */
class LimiterTest {
  private static final TrailFilter DROPS =
      new TrailFilter(Set.of(TrailEnd.DROP), List.of(), List.of(), List.of());
  private static final TrailFilter IN_FORWARD =
      new TrailFilter(Set.of(), List.of(), List.of("forward"), List.of());

  private final CountDownLatch end = new CountDownLatch(1);
  private final List<String> shown = new ArrayList<>();
  private final TrailListener next =
      new TrailListener() {
        @Override
        public void hop(Hop hop) {
          shown.add(hop.trail() + ":" + hop.chain());
        }

        @Override
        public void trail(Trail trail) {
          shown.add("trail " + trail.number());
        }

        @Override
        public void lost(Loss loss) {
          shown.add(loss.count() + " lost by " + loss.cause().keyword());
        }
      };

  private Limiter limiter(TrailFilter filter, Long count) {
    return new Limiter(next, filter, count, null, end);
  }

  private static Trail through(long number, String chain, Verdict verdict) {
    return trail(number)
        .at(Hook.PREROUTING, "t", "pre")
        .policy(Verdict.ACCEPT)
        .at(Hook.FORWARD, "t", chain)
        .policy(verdict)
        .ends(verdict);
  }

  private static void feed(Limiter limiter, Trail trail) {
    trail.hops().forEach(limiter::hop);
    limiter.trail(trail);
  }

  @Test
  void hopsThatAreAskedForGoThroughAtOnce() {
    Limiter limiter = limiter(IN_FORWARD, null);
    Trail trail = through(1, "forward", Verdict.ACCEPT);
    trail.hops().forEach(limiter::hop);
    assertThat(shown).containsExactly("1:forward");
    limiter.trail(trail);
    assertThat(shown).containsExactly("1:forward", "trail 1");
  }

  @Test
  void hopsWaitWhereOnlyTheEndTells() {
    Limiter limiter = limiter(DROPS, null);
    Trail trail = through(1, "forward", Verdict.DROP);
    trail.hops().forEach(limiter::hop);
    assertThat(shown).isEmpty();
    limiter.trail(trail);
    assertThat(shown).containsExactly("1:pre", "1:forward", "trail 1");
  }

  @Test
  void whatIsNotAskedForIsCountedOnly() {
    Limiter limiter = limiter(DROPS, null);
    feed(limiter, through(1, "forward", Verdict.ACCEPT));
    feed(limiter, through(2, "forward", Verdict.DROP));
    assertThat(shown).containsExactly("2:pre", "2:forward", "trail 2");
    assertThat(limiter.summary())
        .isEqualTo("1 of 2 packets shown: 1 dropped, 0 accepted, 0 incomplete");
  }

  @Test
  void theCountIsOfTrailsThatAreShown() {
    for (TrailFilter filter : List.of(DROPS, IN_FORWARD)) {
      shown.clear();
      Limiter limiter = limiter(filter, 2L);
      feed(limiter, through(1, "other", Verdict.ACCEPT));
      feed(limiter, through(2, "forward", Verdict.DROP));
      assertThat(limiter.trails).isOne();
      feed(limiter, through(3, "forward", Verdict.DROP));
      feed(limiter, through(4, "forward", Verdict.DROP));
      assertThat(shown).contains("trail 2", "trail 3").doesNotContain("trail 4", "4:forward");
    }
    assertThat(end.getCount()).isZero();
  }

  @Test
  void theEndWaitsForTheCount() {
    Limiter limiter = limiter(DROPS, 1L);
    feed(limiter, through(1, "forward", Verdict.ACCEPT));
    assertThat(end.getCount()).isOne();
    feed(limiter, through(2, "forward", Verdict.DROP));
    assertThat(end.getCount()).isZero();
  }

  @Test
  void lossesGoThroughWhateverIsAskedFor() {
    Limiter limiter = limiter(DROPS, null);
    feed(limiter, through(1, "forward", Verdict.ACCEPT));
    limiter.lost(new Loss(1, Loss.Cause.RECEIVE_BUFFER, 3));
    assertThat(shown).containsExactly("3 lost by receive-buffer");
    assertThat(limiter.losses.of(Loss.Cause.RECEIVE_BUFFER)).isEqualTo(3);
  }

  @Test
  void trailsGivenUpAreToldOfTogether() {
    Limiter limiter = limiter(TrailFilter.ALL, null);
    limiter.lost(new Loss(1, Loss.Cause.OPEN_TRAILS, 1));
    limiter.lost(new Loss(2, Loss.Cause.OPEN_TRAILS, 1));
    assertThat(shown).isEmpty();
    limiter.flush();
    limiter.flush();
    assertThat(shown).containsExactly("2 lost by open-trails");
  }

  @Test
  void nothingIsShownBehindTheCountAndStillCounted() {
    Limiter limiter = limiter(DROPS, 1L);
    feed(limiter, through(1, "forward", Verdict.DROP));
    limiter.lost(new Loss(1, Loss.Cause.RATE, 5));
    assertThat(shown).doesNotContain("5 lost by rate");
    assertThat(limiter.losses.of(Loss.Cause.RATE)).isEqualTo(5);
  }
}
