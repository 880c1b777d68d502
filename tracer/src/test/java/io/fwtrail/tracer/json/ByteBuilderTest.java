package io.fwtrail.tracer.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteBuilderTest {
  private final ByteBuilder bytes = new ByteBuilder(0);

  private String text() {
    return new String(bytes.array(), 0, bytes.size(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        9,
        10,
        99,
        100,
        1_234_567,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE + 1L,
        4_294_967_295L,
        99_999_999_999L,
        999_999_999_999_999_999L,
        1_000_000_000_000_000_000L,
        Long.MAX_VALUE,
        -1,
        -10,
        Integer.MIN_VALUE,
        Long.MIN_VALUE,
      })
  void aNumberIsItsDigits(long number) {
    bytes.append("x").number(number);
    assertThat(text()).isEqualTo("x" + number);
  }

  @Test
  void asManyDigitsAsAskedFor() {
    bytes.digits(7, 9).append("-").digits(1_234_567_890_123L, 4).append("-").digits(0, 1);
    assertThat(text()).isEqualTo("000000007-0123-0");
  }

  @Test
  void textBeyondAsciiIsUtf8() {
    bytes.append("häufig ").append("\ud83d\udd25").append("!");
    assertThat(text()).isEqualTo("häufig \ud83d\udd25!");
  }

  @Test
  void halfACharacterIsAQuestionMark() {
    bytes.append("a\ud83db");
    assertThat(text()).isEqualTo("a?b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "plain text of some length",
        "häufig",
        "\ud83d\udd25",
        "a\ud83db",
        "~\u007f\u0080"
      })
  void aBuilderOfTextIsWhatItsStringIs(String told) {
    bytes.append("before ").append(new StringBuilder(told)).append(new StringBuilder("!"));
    ByteBuilder same = new ByteBuilder(0).append("before " + told + "!");
    assertThat(bytes.toString()).isEqualTo(same.toString());
  }

  @Test
  void growsAndBeginsAnew() {
    for (int i = 0; i < 1_000; i++) {
      bytes.append("0123456789");
    }
    assertThat(bytes.size()).isEqualTo(10_000);
    bytes.clear();
    assertThat(bytes.last()).isZero();
    bytes.append((byte) 'a').append(new byte[] {'b', 'c', 'd'}, 1, 1);
    assertThat(text()).isEqualTo("ac");
    assertThat(bytes.last()).isEqualTo((byte) 'c');
  }

  @Test
  void leavesItsArrayToWhoTookIt() {
    bytes.append("first");
    byte[] taken = bytes.array();
    bytes.replaceArray(new byte[4]);
    bytes.append("second");
    assertThat(new String(taken, 0, 5, StandardCharsets.UTF_8)).isEqualTo("first");
    assertThat(text()).isEqualTo("second");
  }
}
