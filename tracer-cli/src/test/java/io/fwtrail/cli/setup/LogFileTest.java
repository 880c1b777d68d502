package io.fwtrail.cli.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogFileTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "trace.log",
        "/",
        "/var/log/",
        "/var//trace.log",
        "/var/log/../trace.log",
        "/var/log/./trace.log",
        "/var/log/..",
        "/var/log/a b",
        "/var/log/a\nb",
        "/var/log/a\n",
        "/var/log/\"a",
        "/var/log/'a",
        "/var/log/$a",
        "/var/log/%a",
        "/var/log/a*",
        "/var/log/a?",
        "/var/log/[a]",
        "/var/log/{a",
        "/var/log/a\\b",
        "/var/log/~a",
        "/var/log/#a",
        "/var/log/a;b",
        "/var/log/ä",
        "/var/log/a\0b",
      })
  void refusesWhatRsyslogOrLogrotateCouldTakeForSyntax(String path) {
    assertThatThrownBy(() -> new LogFile(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("'" + path + "' ");
  }

  @Test
  void refusesAPathThatIsTooLong() {
    String path = "/" + "a".repeat(240);

    assertThatThrownBy(() -> new LogFile(path)).hasMessageContaining("longer than 240");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/trace", "/var/log/firewall_trace.log", "/srv/log-1/a..b/x+y:z.log", "/a/.log"})
  void takesOrdinaryNames(String path) {
    assertThat(new LogFile(path)).hasToString(path);
  }

  @Test
  void knowsFolderAndName() {
    assertThat(LogFile.DEFAULT.folder()).isEqualTo("/var/log");
    assertThat(LogFile.DEFAULT.name()).isEqualTo("firewall_trace.log");
    assertThat(new LogFile("/trace").folder()).isEqualTo("/");
  }
}
