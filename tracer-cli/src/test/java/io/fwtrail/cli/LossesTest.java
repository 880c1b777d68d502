package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.tracer.trail.Loss;
import org.junit.jupiter.api.Test;

class LossesTest {
  private final Losses losses = new Losses();

  @Test
  void newsAreWhatWasLostSinceTheLastNews() {
    assertThat(losses.news()).isNull();
    losses.add(Loss.Cause.RECEIVE_BUFFER, 122);
    losses.add(Loss.Cause.RECEIVE_BUFFER, 1);
    losses.set(Loss.Cause.OUTPUT, 1);
    assertThat(losses.news())
        .isEqualTo(
            "just lost: 123 messages (the receive buffer was full), "
                + "1 record (the output could not be written in time)");
    assertThat(losses.news()).isNull();
    losses.set(Loss.Cause.OUTPUT, 3);
    assertThat(losses.news())
        .isEqualTo("just lost: 2 records (the output could not be written in time)");
  }

  @Test
  void theEndHasALineForEachCause() {
    losses.add(Loss.Cause.OPEN_TRAILS, 1);
    losses.add(Loss.Cause.RATE, 500);
    assertThat(losses.lines())
        .containsExactly(
            "1 trail was lost: too many packets were under way at once",
            "500 packets were not traced: --rate held them back; --rate unlimited lifts that");
  }
}
