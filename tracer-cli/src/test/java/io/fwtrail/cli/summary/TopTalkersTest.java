package io.fwtrail.cli.summary;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TopTalkersTest {
  private static void add(TopTalkers<String> talkers, String key, int times) {
    for (int i = 0; i < times; i++) {
      talkers.add(key);
    }
  }

  @Test
  void fewValuesAreCountedExactly() {
    TopTalkers<String> talkers = new TopTalkers<>(3);
    add(talkers, "a", 2);
    add(talkers, "b", 5);
    add(talkers, "c", 1);
    assertThat(talkers.top(2))
        .containsExactly(new TopTalkers.Top<>("b", 5, 5), new TopTalkers.Top<>("a", 2, 2));
  }

  @Test
  void aValueThatTakesAPlaceHasTheCountOfTheRarestAsItsError() {
    TopTalkers<String> talkers = new TopTalkers<>(2);
    add(talkers, "a", 5);
    add(talkers, "b", 2);
    add(talkers, "c", 1);
    assertThat(talkers.top(9))
        .containsExactly(new TopTalkers.Top<>("a", 5, 5), new TopTalkers.Top<>("c", 1, 3));
  }

  /** What the paper promises, on a stream in which a few talk much and very many little. */
  @Test
  void theBoundsHoldAndWhoTalksMuchIsNeverMissing() {
    int capacity = 50;
    int total = 100_000;
    TopTalkers<Integer> talkers = new TopTalkers<>(capacity);
    Map<Integer, Long> exact = new HashMap<>();
    Random random = new Random(5);
    for (int i = 0; i < total; i++) {
      int key = (int) (1 / (1e-4 + random.nextDouble() * random.nextDouble()));
      talkers.add(key);
      exact.merge(key, 1L, Long::sum);
    }
    List<TopTalkers.Top<Integer>> tops = talkers.top(capacity);
    assertThat(exact.size()).isGreaterThan(10 * capacity);
    assertThat(tops)
        .allMatch(top -> top.atLeast() <= exact.get(top.key()))
        .allMatch(top -> top.atMost() >= exact.get(top.key()));
    assertThat(tops.stream().map(TopTalkers.Top::key))
        .containsAll(
            exact.entrySet().stream()
                .filter(entry -> entry.getValue() > total / capacity)
                .map(Map.Entry::getKey)
                .toList());
  }
}
