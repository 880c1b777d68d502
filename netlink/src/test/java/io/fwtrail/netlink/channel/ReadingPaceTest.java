package io.fwtrail.netlink.channel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadingPaceTest {
  private static final long SECOND = 1_000_000_000L;

  private final ReadingPace pace = new ReadingPace();
  private long now = System.nanoTime();

  /** Reads for a while, so many datagrams a second, and says how long the last rest was. */
  private long restAt(int perSecond, int atOnce, int readings) {
    long rest = -1;
    for (int i = 0; i < readings; i++) {
      now += SECOND * atOnce / perSecond;
      rest = pace.rest(atOnce, now);
    }
    return rest;
  }

  @Test
  void nothingIsKeptWaitingWhereLittleComes() {
    assertThat(restAt(9_000, 9, 100)).isZero();
    assertThat(restAt((int) ReadingPace.BUSY_PER_SECOND * 9 / 10, 1, 1_000)).isZero();
  }

  @Test
  void muchGathersForAMomentAndNeverLong() {
    assertThat(restAt(300_000, 10, 100)).isBetween(60_000L, 1_000_000L);
    assertThat(restAt((int) ReadingPace.BUSY_PER_SECOND * 2, 1, 1_000))
        .isBetween(60_000L, 1_000_000L);
    assertThat(restAt(100_000_000, 64, 100)).isEqualTo(60_000L);
  }

  @Test
  void aBurstIsNoRate() {
    assertThat(restAt(1_000, 9, 20)).isZero();
    assertThat(restAt(300_000, 9, 1)).isZero();
  }

  @Test
  void afterAQuietMomentNothingIsKeptWaiting() {
    assertThat(restAt(300_000, 64, 100)).isPositive();
    now += SECOND / 10;
    assertThat(pace.rest(1, now)).isZero();
  }
}
