package io.fwtrail.tracer.live;

import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.tracer.ruleset.RuleSet;
import org.junit.jupiter.api.Test;

class RuleSetHistoryTest {
  private static final RuleSet FIRST = ruleSet().generation(5).build();
  private static final RuleSet THIRD = ruleSet().generation(7).build();

  private final RuleSetHistory history = new RuleSetHistory(FIRST);

  @Test
  void theNewestIsTheOneThatWasReadLast() {
    history.add(THIRD);
    assertThat(history.newest()).isSameAs(THIRD);
  }

  @Test
  void findsAGenerationThatWasRead() {
    history.add(THIRD);
    assertThat(history.of(5)).isSameAs(FIRST);
    assertThat(history.of(6)).isNull();
    assertThat(history.of(7)).isSameAs(THIRD);
  }

  @Test
  void nearestToOneThatWasNotReadIsTheOneBeforeIt() {
    history.add(THIRD);
    assertThat(history.nearest(6)).isSameAs(FIRST);
    assertThat(history.nearest(99)).isSameAs(THIRD);
    assertThat(history.nearest(1)).isSameAs(FIRST);
  }

  @Test
  void keepsOnlyTheLastOnes() {
    for (int i = 6; i < 1000; i++) {
      history.add(ruleSet().generation(i).build());
    }
    assertThat(history.of(900)).isNull();
    assertThat(history.of(998)).isNotNull();
  }
}
