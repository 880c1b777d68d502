package io.fwtrail.tracer.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimeTextTest {
  @ParameterizedTest
  @CsvSource({
    "0, 1970-01-01T00:00:00.000000000Z",
    "1, 1970-01-01T00:00:00.000000001Z",
    "999999999, 1970-01-01T00:00:00.999999999Z",
    "1795422807892027123, 2026-11-23T08:33:27.892027123Z",
    "-1, 1969-12-31T23:59:59.999999999Z",
    "9223372036854775807, 2262-04-11T23:47:16.854775807Z",
    "-9223372036854775808, 1677-09-21T00:12:43.145224192Z",
  })
  void printsNineDigitsOfASecond(long nanos, String text) {
    assertThat(new TimeText().of(nanos)).isEqualTo(text);
  }

  @Test
  void whatIsKeptOfOneTimeDoesNotShowInTheNext() {
    TimeText time = new TimeText();
    Random random = new Random(3);
    for (int i = 0; i < 10_000; i++) {
      long second = 1_700_000_000L + random.nextInt(3);
      int nano = random.nextInt(1_000_000_000);
      String text = time.of(second * 1_000_000_000L + nano);
      assertThat(text).hasSize(30);
      assertThat(Instant.parse(text)).isEqualTo(Instant.ofEpochSecond(second, nano));
    }
  }
}
