package io.fwtrail.cli.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RotationTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "daily                     | daily     | 7    | true",
        "weekly                    | weekly    | 7    | true",
        "hourly,keep=48            | hourly    | 48   | true",
        "size=100M,keep=7          | size 100M | 7    | true",
        "size=1g                   | size 1G   | 7    | true",
        "size=500K                 | size 500k | 7    | true",
        "size=100000               | size 100000 | 7  | true",
        "keep=1000                 | daily     | 1000 | true",
        "nocompress,keep=1,weekly  | weekly    | 1    | false",
        "daily,compress            | daily     | 7    | true",
      })
  void readsWhatPeopleWrite(String typed, String when, int keep, boolean compress) {
    assertThat(Rotation.parse(typed)).isEqualTo(new Rotation(when, keep, compress));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "daily,",
        "monthly",
        "Daily",
        "size",
        "size=",
        "size=0",
        "size=-1",
        "size=100T",
        "size=100MB",
        "size=9999999999",
        "size=1\n}",
        "keep",
        "keep=0",
        "keep=1001",
        "keep=99999999999",
        "keep=1,keep=2",
        "daily,daily",
        "daily,size=1M",
        "compress,nocompress",
        "daily keep=7",
      })
  void refusesTheRest(String typed) {
    assertThatThrownBy(() -> Rotation.parse(typed))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("'" + typed + "' ");
  }

  @ParameterizedTest
  @CsvSource({"daily,false", "weekly,false", "hourly,true", "size=1M,true"})
  void knowsWhatADailyRunDoesNotServe(String typed, boolean hourly) {
    assertThat(Rotation.parse(typed).needsHourlyRuns()).isEqualTo(hourly);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "daily                   | daily, 7 old ones kept, compressed",
        "size=2m,keep=1,nocompress | when larger than 2M, 1 old one kept, not compressed",
      })
  void saysItInWords(String typed, String words) {
    assertThat(Rotation.parse(typed).words()).isEqualTo(words);
  }
}
