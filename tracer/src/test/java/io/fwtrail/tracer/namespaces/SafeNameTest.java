package io.fwtrail.tracer.namespaces;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafeNameTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"web", "shop/web-7d4", "pid 1 (a b)", "köln", "网", "\uD83D\uDE80", "a\"b"})
  void plainOnesStay(String name) {
    assertThat(SafeName.of(name)).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0000", "\n", "\u001b", "\u007f", "\u009b", "\u202e", "\u2066", "\u2028", "\u200b",
        "\ufeff", "\ud800", "\udc00", "\ue000", "\uffff"
      })
  void goesWithoutTrace(String bad) {
    assertThat(SafeName.of("a" + bad + "b")).isEqualTo("ab");
  }

  @Test
  void cutToWholeCharacters() {
    assertThat(SafeName.of("\uD83D\uDE80".repeat(129))).isEqualTo("\uD83D\uDE80".repeat(128));
  }

  @Test
  void endlessOnesAreNotReadToTheEnd() {
    assertThat(SafeName.of("\n".repeat(10_000) + "late")).isEmpty();
  }
}
