package io.fwtrail.cli.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What setup does to a host, and that it does all of it or nothing. */
class SetupTest {
  private static final Rotation HOURLY = Rotation.parse("hourly");
  private static final String LOG = "/var/log/firewall_trace.log";

  @TempDir private Path folder;
  private FakeHost host;

  @BeforeEach
  void makeHost() throws IOException {
    host = new FakeHost(folder).withContentPrograms();
  }

  private void install() throws SetupException {
    install(Rotation.DEFAULT);
  }

  private void install(Rotation rotation) throws SetupException {
    host.setup().install(LogFile.DEFAULT, rotation, null);
  }

  private String refusal(Rotation rotation) throws IOException {
    Map<String, String> before = host.everything();
    String[] line = {""};
    assertThatThrownBy(() -> install(rotation))
        .isInstanceOfSatisfying(SetupException.class, e -> line[0] = e.line());
    assertThat(host.everything()).isEqualTo(before);
    assertThat(line[0].lines()).hasSize(1);
    return line[0];
  }

  private String mode(String path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(host.at(path)));
  }

  @Test
  void writesRuleAndPolicyForEverybodyToRead() throws Exception {
    install();

    assertThat(host.read(OwnFile.RULE))
        .startsWith("# fwtrail setup wrote this file")
        .contains("file=\"" + LOG + "\"", "fileOwner=\"root\" fileGroup=\"adm\"");
    assertThat(host.read(OwnFile.POLICY))
        .startsWith("# fwtrail setup wrote this file")
        .contains("\n" + LOG + "\n{\n\tdaily\n\trotate 7\n\tcompress\n");
    assertThat(mode(OwnFile.RULE)).isEqualTo("rw-r--r--");
    assertThat(mode(OwnFile.POLICY)).isEqualTo("rw-r--r--");
    assertThat(Disk.list(host.at("/etc/rsyslog.d"))).hasSize(1);
    assertThat(host.said)
        .contains("next: sudo fwtrail read " + LOG + " --follow")
        .anyMatch(line -> line.startsWith("wrote " + OwnFile.RULE))
        .anyMatch(line -> line.startsWith("wrote " + OwnFile.POLICY));
  }

  @Test
  void previewChangesNothing() throws Exception {
    Map<String, String> before = host.everything();

    String preview = host.setup().preview(LogFile.DEFAULT, Rotation.DEFAULT, null);

    assertThat(host.everything()).isEqualTo(before);
    install();
    assertThat(preview)
        .isEqualTo(
            "==> /etc/rsyslog.d/10-fwtrail.conf <==\n"
                + host.read(OwnFile.RULE)
                + "\n==> /etc/logrotate.d/fwtrail <==\n"
                + host.read(OwnFile.POLICY));
  }

  @Test
  void theOwnersOfLogsAreThoseOfTheHost() throws Exception {
    host.write(
        "/etc/rsyslog.conf",
        """
        $FileOwner syslog
          $fileowner trace-log   # the last one counts
        # $FileGroup adm
        $FileGroup x"y
        $IncludeConfig /etc/rsyslog.d/*.conf
        """);

    install();

    assertThat(host.read(OwnFile.RULE))
        .contains("fileOwner=\"trace-log\"")
        .doesNotContain("fileGroup", "syslog\"");
  }

  @Test
  void twiceIsAsGoodAsOnce() throws Exception {
    host.withSystemd();
    install(HOURLY);
    Map<String, String> once = host.everything();

    install(HOURLY);

    assertThat(host.everything()).isEqualTo(once);
  }

  @Test
  void otherOptionsReplaceWhatWasWritten() throws Exception {
    host.withSystemd();
    install();
    Map<String, String> daily = host.everything();
    install(HOURLY);
    assertThat(host.read(OwnFile.POLICY)).contains("\thourly\n");
    assertThat(host.at(OwnFile.TIMER)).exists();

    install();

    assertThat(host.everything()).isEqualTo(daily);
  }

  @Test
  void saysThatAnotherLogIsNotLookedAfterAnyMore() throws Exception {
    install();

    host.setup().install(new LogFile("/var/log/other.log"), Rotation.DEFAULT, null);

    assertThat(host.said).anyMatch(line -> line.startsWith(LOG + " is no longer written to"));
    assertThat(host.read(OwnFile.RULE) + host.read(OwnFile.POLICY)).doesNotContain(LOG);
  }

  @ParameterizedTest
  @ValueSource(strings = {OwnFile.RULE, OwnFile.POLICY, OwnFile.TIMER})
  void leavesFilesOfOthersAlone(String path) throws Exception {
    host.withSystemd();
    host.write(path, "# somebody's\n#\n# fwtrail setup wrote this file\n");

    assertThat(refusal(HOURLY)).startsWith(host.at(path) + " is there and not fwtrail's");
  }

  @Test
  void aLinkIsNotFwtrails() throws Exception {
    install();
    Path elsewhere = Files.move(host.at(OwnFile.RULE), host.at("/etc/elsewhere"));
    Files.createSymbolicLink(host.at(OwnFile.RULE), elsewhere);

    assertThat(refusal(Rotation.DEFAULT)).contains("is there and not fwtrail's");
    assertThat(host.at(OwnFile.RULE)).isSymbolicLink();
  }

  @Test
  void aRuleThatRsyslogdRefusesNeverTakesEffect() throws Exception {
    host.program(
        "rsyslogd",
        FakeHost.RSYSLOGD_CONTENT
            + """
            [ ! -e "$root/etc/rsyslog.d/10-fwtrail.conf" ] || echo 'rsyslogd: too late'
            rule=$(dirname "$3")/d/10-fwtrail.conf
            [ ! -e "$rule" ] || {
              echo "rsyslogd: error during parsing file $rule, line 5: no such thing [v8 try x ]"
              exit 1
            }
            """);

    assertThat(refusal(Rotation.DEFAULT))
        .isEqualTo(
            "'rsyslogd -N1' refuses /etc/rsyslog.d/10-fwtrail.conf: error during parsing file "
                + "/etc/rsyslog.d/10-fwtrail.conf, line 5: no such thing; nothing was changed");
  }

  @Test
  void aPolicyThatLogrotateRefusesNeverTakesEffect() throws Exception {
    // It ends with 0 all the same, as logrotate does after a word that it does not know.
    host.program(
        "logrotate",
        """
        for config; do :; done
        [ ! -e "$(dirname "$config")/d/fwtrail" ] || echo "error: fwtrail:4 unknown option"
        """);

    assertThat(refusal(Rotation.DEFAULT))
        .isEqualTo(
            "'logrotate -d' refuses /etc/logrotate.d/fwtrail: fwtrail:4 unknown option; "
                + "nothing was changed");
  }

  @Test
  void oldFaultsOfOthersAreSaidAndDoNotHinder() throws Exception {
    host.program("rsyslogd", FakeHost.RSYSLOGD_CONTENT + "echo 'rsyslogd: old fault'; exit 1\n");
    host.program("logrotate", "echo 'error: other:1 old fault'; exit 1\n");

    install();

    assertThat(host.said)
        .contains(
            "'rsyslogd -N1' finds fault with the configuration as it was: old fault",
            "'logrotate -d' finds fault with other policies: other:1 old fault");
    assertThat(host.at(OwnFile.RULE)).exists();
  }

  @Test
  void aConfigurationThatRsyslogdCannotReadHasToBeMendedFirst() throws Exception {
    host.program(
        "rsyslogd",
        FakeHost.RSYSLOGD_CONTENT
            + """
            echo 'rsyslogd: syntax error'
            echo "rsyslogd: could not interpret master config file 'x'."
            exit 1
            """);

    assertThat(refusal(Rotation.DEFAULT))
        .startsWith("rsyslog's configuration is broken already, mend it first")
        .endsWith("syntax error");
  }

  @Test
  void anRsyslogdThatChecksNothingIsNoCheck() throws Exception {
    host.program("rsyslogd", "echo 'cannot open shared object file'; exit 127\n");

    assertThat(refusal(Rotation.DEFAULT))
        .isEqualTo("'rsyslogd -N1' checks nothing: cannot open shared object file");
  }

  @Test
  void needsAnIncludeThatReadsTheRule() throws Exception {
    host.write("/etc/rsyslog.conf", "# $IncludeConfig /etc/rsyslog.d/*.conf\n*.* /var/log/all\n");

    assertThat(refusal(Rotation.DEFAULT))
        .endsWith("it needs the line 'include(file=\"/etc/rsyslog.d/*.conf\")'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "include(file=\"/etc/rsyslog.d/*.conf\" mode=\"optional\")",
        "include(\n  file='/etc/rsyslog.d/*.conf')",
        "$IncludeConfig /etc/rsyslog.d/",
        "$IncludeConfig /etc/rsyslog.d/*",
      })
  void knowsTheFormsOfAnInclude(String include) throws Exception {
    host.write("/etc/rsyslog.conf", include + "\n");

    install();

    assertThat(host.at(OwnFile.RULE)).exists();
  }

  @Test
  void needsAnIncludeThatReadsThePolicy() throws Exception {
    host.write("/etc/logrotate.conf", "weekly\n");

    assertThat(refusal(Rotation.DEFAULT)).endsWith("it needs the line 'include /etc/logrotate.d'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rsyslogd", "logrotate"})
  void saysWhatToInstall(String program) throws Exception {
    Files.delete(folder.resolve("programs").resolve(program));

    assertThat(refusal(Rotation.DEFAULT)).startsWith(program + " is not installed: apt install");
  }

  @Test
  void whatCannotBeWrittenUndoesWhatWas() throws Exception {
    host.withSystemd();
    install();
    host.write("/etc/systemd/system/logrotate.timer.d", "not a folder");

    assertThat(refusal(HOURLY))
        .startsWith("cannot write " + host.at(OwnFile.TIMER))
        .endsWith("something else is there already; all is as it was before");
  }

  @Test
  void anRsyslogThatDoesNotStartGetsItsOldConfigurationBack() throws Exception {
    host.withSystemd();
    install();
    host.program(
        "systemctl",
        """
        ! grep -q hourly "$root/etc/logrotate.d/fwtrail" || [ "$1" != restart ] || {
          echo 'Job for rsyslog.service failed.'
          exit 1
        }
        """);

    assertThat(refusal(HOURLY))
        .isEqualTo(
            "'systemctl restart rsyslog.service' failed: Job for rsyslog.service failed.; "
                + "all is as it was before");
    assertThat(host.calls())
        .endsWith(
            "systemctl daemon-reload",
            "systemctl try-restart logrotate.timer",
            "systemctl restart rsyslog.service",
            "systemctl daemon-reload",
            "systemctl try-restart logrotate.timer",
            "systemctl restart rsyslog.service");
  }

  @Test
  void saysWhatCouldNotBePutBack() throws Exception {
    host.withSystemd();
    host.program("systemctl", "echo no; exit 1\n");

    assertThat(refusal(Rotation.DEFAULT))
        .isEqualTo(
            "'systemctl restart rsyslog.service' failed: no; and not all could be put back: "
                + "'systemctl restart rsyslog.service' failed: no");
  }

  @Test
  void whereSystemdRunsItsTimerIsMadeToRunEveryHour() throws Exception {
    host.withSystemd();

    install(HOURLY);

    assertThat(host.read(OwnFile.TIMER)).contains("[Timer]\nOnCalendar=\nOnCalendar=hourly\n");
    assertThat(host.calls())
        .containsExactly(
            "systemctl is-active --quiet logrotate.timer",
            "systemctl daemon-reload",
            "systemctl try-restart logrotate.timer",
            "systemctl restart rsyslog.service");
    assertThat(host.said)
        .contains(
            "wrote " + OwnFile.TIMER + ": logrotate runs every hour, for all policies",
            "restarted rsyslog (systemctl restart rsyslog.service)");
  }

  @Test
  void saysThatATimerDoesNotRun() throws Exception {
    host.withSystemd();
    host.program("systemctl", "[ \"$1\" != is-active ]\n");

    install();

    assertThat(host.said)
        .contains(
            "logrotate.timer is not active, so nothing is rotated: "
                + "systemctl enable --now logrotate.timer");
  }

  @Test
  void whereCronRunsItCallsLogrotateEveryHour() throws Exception {
    Files.createDirectory(host.at("/etc/cron.hourly"));

    install(Rotation.parse("size=1M"));

    assertThat(mode(OwnFile.CRON)).isEqualTo("rwxr-xr-x");
    assertThat(host.read(OwnFile.CRON))
        .startsWith("#!/bin/sh\n# fwtrail setup wrote this file")
        .endsWith("exec logrotate /etc/logrotate.conf\n");
    Process syntax = new ProcessBuilder("/bin/sh", "-n", host.at(OwnFile.CRON).toString()).start();
    assertThat(syntax.waitFor()).isZero();
  }

  @Test
  void saysThatNothingLooksEveryHour() throws Exception {
    install(HOURLY);

    assertThat(host.said).anyMatch(line -> line.startsWith("nothing here runs logrotate every"));
    assertThat(host.at(OwnFile.CRON)).doesNotExist();
  }

  @Test
  void withoutSystemdTheInitScriptRestarts() throws Exception {
    host.write("/etc/init.d/rsyslog", "");
    host.program("service", "");

    install();

    assertThat(host.calls()).containsExactly("service rsyslog restart");
  }

  @Test
  void anRsyslogdThatNobodyManagesIsToldOfAndLivesOn() throws Exception {
    Path script = Files.writeString(folder.resolve("rsyslogd"), "#!/bin/sh\nread end\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    Process rsyslogd = new ProcessBuilder(script.toString()).start();
    try {
      host.write("/run/rsyslogd.pid", rsyslogd.pid() + "\n");

      install();

      assertThat(host.said)
          .contains(
              "no service manager runs here: end rsyslogd (process "
                  + rsyslogd.pid()
                  + ") and start it again, or it goes on as before");
      assertThat(rsyslogd.isAlive()).isTrue();
    } finally {
      rsyslogd.destroy();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "999999999", "1", "x", "../1"})
  void aPidFileOfAnotherProcessIsNotBelieved(String pid) throws Exception {
    host.write("/run/rsyslogd.pid", pid);

    install();

    assertThat(host.said)
        .contains(
            "no service manager runs here: if an rsyslogd runs, end it and start it again, or it"
                + " goes on as before");
  }

  @Test
  void doesNotAppendToAFileOfOthers() throws Exception {
    host.write(LOG, "Jul 18 18:33:27 gw cron[1]: nothing of the kind\n");

    assertThat(refusal(Rotation.DEFAULT)).contains(LOG + " is there and holds no TRACE lines");
  }

  @Test
  void goesOnWithALogOfTraceLines() throws Exception {
    host.write(LOG, "Jul 18 18:33:27 gw kernel: [1.2] TRACE: raw:PREROUTING:policy:1 IN=\n");

    install();

    assertThat(host.at(OwnFile.RULE)).exists();
  }

  @Test
  void aLinkIsNoLog() throws Exception {
    Files.createSymbolicLink(host.at(LOG), host.at("/etc/rsyslog.conf"));

    assertThatThrownBy(this::install).hasMessageContaining("is not a regular file");
    assertThat(host.at(OwnFile.RULE)).doesNotExist();
  }

  @Test
  void doesNotLogWhereLogrotateWillNotRotate() throws Exception {
    Files.setPosixFilePermissions(
        host.at("/var/log"), PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThat(refusal(Rotation.DEFAULT)).startsWith("anybody may write in ");
  }

  @Test
  void saysWhatElseConcernsTraceLines() throws Exception {
    host.write(
        "/etc/rsyslog.conf", "#module(load=\"imklog\")\ninclude(file=\"/etc/rsyslog.d/*\")\n");
    host.write("/etc/rsyslog.d/00-mine.conf", ":msg, contains, \"TRACE: \" /var/log/mine\n");

    install();

    assertThat(host.said)
        .anyMatch(line -> line.startsWith("/etc/rsyslog.d/00-mine.conf has a rule of its own"))
        .anyMatch(line -> line.startsWith("rsyslog does not seem to hear the kernel"));
  }

  @Test
  void clearsUpAfterARunThatWasKilled() throws Exception {
    Map<String, String> before = host.everything();
    host.write("/etc/rsyslog.d/.fwtrail-check-1/d/10-fwtrail.conf", "x");
    host.write("/etc/logrotate.d/.fwtrail.fwtrail-new~", "x");

    host.setup().remove(false);

    assertThat(host.everything()).isEqualTo(before);
  }

  @Test
  void removeTakesAllAwayButTheLogs() throws Exception {
    host.withSystemd();
    Map<String, String> before = host.everything();
    install(HOURLY);
    host.write(LOG, "TRACE: ");

    host.setup().remove(false);

    assertThat(host.said).contains("the log is still there: " + host.at(LOG));
    Files.delete(host.at(LOG));
    assertThat(host.everything()).isEqualTo(before);
    assertThat(host.calls())
        .endsWith(
            "systemctl daemon-reload",
            "systemctl try-restart logrotate.timer",
            "systemctl try-restart rsyslog.service");
  }

  @Test
  void removeDeletesTheLogsOfTheRuleWhenAsked() throws Exception {
    host.setup().install(new LogFile("/var/log/t.log"), Rotation.DEFAULT, null);
    Map<String, String> mine = host.everything();
    for (String name : new String[] {"t.log", "t.log.1", "t.log.2.gz", "t.log.1000.gz"}) {
      host.write("/var/log/" + name, "TRACE: ");
    }
    for (String name : new String[] {"t.log.bak", "t.log.1.xz", "xt.log", "t_log", "t.log.1/a"}) {
      if (!name.contains("/")) {
        mine.put("var/log/" + name, "rw-r--r-- TRACE: ");
        Files.setPosixFilePermissions(
            host.write("/var/log/" + name, "TRACE: "),
            PosixFilePermissions.fromString("rw-r--r--"));
      }
    }
    mine.remove("etc/rsyslog.d/10-fwtrail.conf");
    mine.remove("etc/logrotate.d/fwtrail");
    assertThat(host.setup().removable(true)).hasSize(6);

    host.setup().remove(true);

    assertThat(host.everything()).isEqualTo(mine);
  }

  @Test
  void removeLeavesFilesOfOthersAloneAndSaysSo() throws Exception {
    install();
    host.write(OwnFile.POLICY, "somebody's");

    host.setup().remove(true);

    assertThat(host.at(OwnFile.RULE)).doesNotExist();
    assertThat(host.read(OwnFile.POLICY)).isEqualTo("somebody's");
    assertThat(host.said).contains("left " + OwnFile.POLICY + " alone: it is not fwtrail's");
  }

  @Test
  void removeWithNothingToRemoveRestartsNothing() throws Exception {
    host.withSystemd();
    host.write(LOG, "TRACE: ");

    host.setup().remove(true);

    assertThat(host.said)
        .containsExactly(
            "nothing of fwtrail's is set up here",
            "no log was deleted: without its rule it is not known which it was");
    assertThat(host.calls()).isEmpty();
    assertThat(host.at(LOG)).exists();
  }

  @Test
  void aLogThatSomebodyWroteIntoTheRuleIsNotBelieved() throws Exception {
    install();
    host.write("/etc/passwd", "root");
    host.write(OwnFile.RULE, host.read(OwnFile.RULE).replace(LOG, "/var/log/../../etc/passwd"));

    host.setup().remove(true);

    assertThat(host.at("/etc/passwd")).exists();
    assertThat(host.said)
        .contains("no log was deleted: without its rule it is not known which it was");
  }

  @Test
  void removeWorksWhereRsyslogIsGone() throws Exception {
    host.withSystemd();
    install();
    Files.delete(folder.resolve("programs/rsyslogd"));

    host.setup().remove(false);

    assertThat(host.at(OwnFile.RULE)).doesNotExist();
    assertThat(host.said).contains("rsyslogd is not installed any more");
  }
}
