package io.fwtrail.tracer.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nflog.PacketLogMessage;
import org.junit.jupiter.api.Test;

class NflogSequenceTest {
  private static final long LAST = 0xffff_ffffL;

  private final NflogSequence sequence = new NflogSequence();

  @Test
  void nothingIsMissingWhereNumbersFollowOneAnother() {
    for (long number = 0; number < 10; number++) {
      assertThat(sequence.see(number)).isZero();
    }
    assertThat(sequence.lost()).isZero();
  }

  @Test
  void theFirstNumberBeginsTheCount() {
    assertThat(sequence.see(1_000_000)).isZero();
    assertThat(sequence.see(1_000_001)).isZero();
  }

  @Test
  void gapsAreCounted() {
    assertThat(sequence.see(5)).isZero();
    assertThat(sequence.see(7)).isEqualTo(1);
    assertThat(sequence.see(8)).isZero();
    assertThat(sequence.see(1_000)).isEqualTo(991);
    assertThat(sequence.lost()).isEqualTo(992);
  }

  @Test
  void numbersWrapAround() {
    assertThat(sequence.see(LAST - 1)).isZero();
    assertThat(sequence.see(LAST)).isZero();
    assertThat(sequence.see(0)).isZero();
  }

  @Test
  void aGapMayBeWhereNumbersWrapAround() {
    assertThat(sequence.see(LAST - 2)).isZero();
    assertThat(sequence.see(3)).isEqualTo(5);
    assertThat(sequence.see(4)).isZero();
  }

  @Test
  void aNumberThatLiesBehindBeginsTheCountAnew() {
    assertThat(sequence.see(1_000)).isZero();
    assertThat(sequence.see(0)).isZero();
    assertThat(sequence.see(2)).isEqualTo(1);
    assertThat(sequence.lost()).isEqualTo(1);
  }

  @Test
  void theSameNumberAgainIsNoGap() {
    assertThat(sequence.see(7)).isZero();
    assertThat(sequence.see(7)).isZero();
    assertThat(sequence.see(8)).isZero();
  }

  @Test
  void aMessageWithoutANumberTellsNothing() {
    assertThat(sequence.see(7)).isZero();
    assertThat(sequence.see(PacketLogMessage.ABSENT)).isZero();
    assertThat(sequence.see(9)).isEqualTo(1);
  }
}
