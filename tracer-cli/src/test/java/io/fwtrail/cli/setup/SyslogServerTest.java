package io.fwtrail.cli.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyslogServerTest {
  @ParameterizedTest
  @CsvSource({
    "loghost:514,             loghost,     514,   udp",
    "log-1.example.com:1/tcp, log-1.example.com, 1, tcp",
    "log.example.com.:514,    log.example.com., 514, udp",
    "192.0.2.1:65535/udp,     192.0.2.1,   65535, udp",
    "[2001:db8::1]:514/tcp,   2001:db8::1, 514,   tcp",
    "10.gw:514,               10.gw,       514,   udp",
  })
  void readsNamesAndAddresses(String typed, String host, int port, String protocol) {
    assertThat(SyslogServer.parse(typed)).isEqualTo(new SyslogServer(host, port, protocol));
  }

  @ParameterizedTest
  @CsvSource({"h:1,h:1/udp", "[::1]:514/tcp,[::1]:514/tcp"})
  void isWrittenAsItIsRead(String typed, String written) {
    assertThat(SyslogServer.parse(typed)).hasToString(written);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "loghost",
        ":514",
        "loghost:",
        "loghost:0",
        "loghost:65536",
        "loghost:999999",
        "loghost:syslog",
        "loghost:514/sctp",
        "loghost:514/TCP",
        "loghost:514/",
        "loghost:514/tcp/udp",
        "2001:db8::1:514",
        "[2001:db8::1]",
        "[192.0.2.1]:514",
        "[fe80::1%eth0]:514",
        "[2001:db8::/32]:514",
        "[]:514",
        "[loghost]:514",
        "192.0.2:514",
        "192.0.2.256:514",
        "192.0.2.1.:514",
        "-loghost:514",
        "log host:514",
        "log..host:514",
        "log\"host:514",
        "log\nhost:514",
        "loghost:514\n",
        "löghost:514",
        "$loghost:514",
      })
  void refusesTheRest(String typed) {
    assertThatThrownBy(() -> SyslogServer.parse(typed))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("'" + typed + "' is no syslog server");
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 254})
  void refusesNamesThatDnsHasNoRoomFor(int length) {
    assertThatThrownBy(() -> SyslogServer.parse("a".repeat(length) + ":514"))
        .hasMessageContaining("cannot be the name of a host");
  }
}
