package io.fwtrail.tracer.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AttendedClockTest {
  private static final long STEP = 10_000_000;

  private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - STEP);
  private final AttendedClock clock = new AttendedClock(nanoTime::get, STEP);

  private long nowAfter(long nanos) {
    nanoTime.addAndGet(nanos);
    return clock.now();
  }

  @Test
  void goesAsTheOtherOneWhileItIsLookedAt() {
    long begin = clock.now();
    assertThat(nowAfter(STEP) - begin).isEqualTo(STEP);
    assertThat(nowAfter(STEP) - begin).isEqualTo(2 * STEP);
    assertThat(nowAfter(0) - begin).isEqualTo(2 * STEP);
  }

  @Test
  void aPauseCountsForOneStep() {
    long begin = clock.now();
    assertThat(nowAfter(1_000 * STEP) - begin).isEqualTo(STEP);
    assertThat(nowAfter(1) - begin).isEqualTo(STEP + 1);
  }

  @Test
  void aMomentOfTheOtherClockIsAsOldAsItWasOrOlder() {
    long before = nanoTime.get();
    long shown = clock.now();
    assertThat(clock.at(before)).isEqualTo(shown);
    long after = nowAfter(3 * STEP);
    assertThat(clock.at(nanoTime.get())).isEqualTo(after);
    assertThat(clock.at(before) - shown).isEqualTo(-2 * STEP);
  }
}
