package io.fwtrail.cli.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the real rsyslogd and the real logrotate say to what setup writes. */
class ConfigCheckTest {
  @TempDir private Path folder;
  private FakeHost host;

  @BeforeEach
  void makeHost() throws IOException {
    Programs programs = Programs.ofThisHost();
    assertThat(programs.has("rsyslogd"))
        .as("these tests need rsyslogd: apt install rsyslog")
        .isTrue();
    assertThat(programs.has("logrotate")).as("these tests need logrotate: apt install it").isTrue();
    host = new FakeHost(folder);
  }

  private ConfigCheck check() {
    return new ConfigCheck(new Host(host.root), Programs.ofThisHost(), host.said::add);
  }

  @ParameterizedTest
  @CsvSource({
    "daily, loghost:514",
    "weekly, 192.0.2.1:514/tcp",
    "hourly, [2001:db8::1]:514/udp",
    "'size=100M,keep=7', log.example.com:6514/tcp",
    "'size=1k,keep=1000,nocompress',",
  })
  void theyTakeAllOfIt(String rotation, String server) throws Exception {
    host.write("/etc/rsyslog.d/50-default.conf", "mail.* /var/log/mail.log\n");
    host.write("/etc/logrotate.d/other", "/var/log/syslog { weekly\nmissingok\n }\n");

    host.setupWithRealPrograms()
        .install(
            new LogFile("/var/log/a-b_c+d:e.log"),
            Rotation.parse(rotation),
            server == null ? null : SyslogServer.parse(server));

    assertThat(host.said).noneMatch(line -> line.contains("fault"));
    assertThat(host.at(OwnFile.RULE)).exists();
  }

  @Test
  void theOldRuleIsNoHindranceToTheNewOne() throws Exception {
    Setup setup = host.setupWithRealPrograms();
    setup.install(LogFile.DEFAULT, Rotation.DEFAULT, null);

    setup.install(LogFile.DEFAULT, Rotation.parse("weekly"), null);

    assertThat(host.read(OwnFile.POLICY)).contains("\tweekly\n");
  }

  @ParameterizedTest
  @CsvSource({
    "fileCreateMode=, fileCreateMood=, parameter 'fileCreateMood' not known",
    "RSYSLOG_FileFormat, NoSuchFormat, Could not find template",
    "'stop\n}', stop, syntax error",
    "'fileGroup=\"adm\"', 'fileGroup=\"no-such-group\"', ID for group no-such-group",
  })
  void rsyslogdFindsTheFaultsOfARule(String right, String wrong, String fault) throws Exception {
    OwnFile rule = RsyslogRule.file(LogFile.DEFAULT, null, host.read(Host.RSYSLOG_CONF));
    assertThat(rule.text()).contains(right);
    Map<String, String> before = host.everything();

    assertThatThrownBy(
            () ->
                check()
                    .rsyslog(new OwnFile(OwnFile.RULE, false, rule.text().replace(right, wrong))))
        .isInstanceOf(SetupException.class)
        .hasMessageStartingWith("'rsyslogd -N1' refuses /etc/rsyslog.d/10-fwtrail.conf: ")
        .hasMessageContaining(fault)
        .hasMessageEndingWith("; nothing was changed");
    assertThat(host.everything()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"rotate 7, rotat 7, unknown option 'rotat'", "endscript, endscrip, endscript"})
  void logrotateFindsTheFaultsOfAPolicy(String right, String wrong, String fault) {
    OwnFile policy = LogrotatePolicy.file(LogFile.DEFAULT, Rotation.DEFAULT);

    assertThatThrownBy(
            () ->
                check()
                    .logrotate(
                        new OwnFile(OwnFile.POLICY, false, policy.text().replace(right, wrong))))
        .isInstanceOf(SetupException.class)
        .hasMessageStartingWith("'logrotate -d' refuses /etc/logrotate.d/fwtrail: ")
        .hasMessageContaining(fault);
  }

  @Test
  void logrotateFindsThatTheLogHasAPolicyAlready() throws Exception {
    host.write("/etc/logrotate.d/by-hand", "/var/log/firewall_trace.log { daily\n }\n");

    assertThatThrownBy(
            () -> host.setupWithRealPrograms().install(LogFile.DEFAULT, Rotation.DEFAULT, null))
        .hasMessageContaining("duplicate log entry for /var/log/firewall_trace.log");
    assertThat(host.at(OwnFile.RULE)).doesNotExist();
  }

  @Test
  void faultsThatWereThereBeforeAreToldApart() throws Exception {
    host.write("/etc/rsyslog.d/90-old.conf", "module(load=\"imklog\")\n");
    host.write("/etc/logrotate.d/old", "/var/log/old.log { dayly\n }\n");

    host.setupWithRealPrograms().install(LogFile.DEFAULT, Rotation.DEFAULT, null);

    assertThat(host.said)
        .anyMatch(line -> line.contains("as it was: module 'imklog' already in this config"))
        .anyMatch(line -> line.contains("other policies: old:1 unknown option 'dayly'"));
  }

  @Test
  void aBrokenConfigurationHasToBeMendedFirst() throws Exception {
    host.write("/etc/rsyslog.d/90-old.conf", "if $msg contains 'x' then {\n");

    assertThatThrownBy(
            () -> host.setupWithRealPrograms().install(LogFile.DEFAULT, Rotation.DEFAULT, null))
        .hasMessageStartingWith("rsyslog's configuration is broken already")
        .hasMessageContaining("syntax error");
    assertThat(Disk.list(host.at("/etc/rsyslog.d"))).hasSize(1);
  }
}
