package io.fwtrail.tracer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventPipeTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 511, 512, 513, 100_000})
  void allEventsArriveInOrder(int count) {
    List<Integer> seen = new ArrayList<>();
    int[] flushed = {-1};
    try (EventPipe pipe = new EventPipe(e -> seen.add(e.number), () -> flushed[0] = seen.size())) {
      for (int i = 0; i < count; i++) {
        pipe.next().number = i;
        pipe.send();
      }
    }
    assertThat(seen).containsExactlyElementsOf(IntStream.range(0, count).boxed().toList());
    assertThat(flushed[0]).isEqualTo(count);
  }

  @Test
  void whatGoesWrongOnTheOtherSideIsThrownOnThisOne() {
    assertThatThrownBy(
            () -> {
              try (EventPipe pipe =
                  new EventPipe(
                      e -> {
                        throw new IllegalArgumentException("no");
                      },
                      () -> {})) {
                for (int i = 0; i < 100_000; i++) {
                  pipe.send();
                }
              }
            })
        .isInstanceOf(IllegalArgumentException.class);
  }
}
