package io.fwtrail.cli.setup;

import java.nio.file.Files;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What runs logrotate. Debian runs it once a day, by logrotate.timer where systemd runs and from
 * cron.daily elsewhere; a rotation by the hour, or by size, needs it more often. That runs all
 * policies, which does not make the daily and weekly ones rotate more often.
 */
final class RotationClock {
  private static final String UNIT = "logrotate.timer";

  /** What to say where {@link #isStopped()}. */
  static final String STOPPED =
      UNIT + " is not active, so nothing is rotated: systemctl enable --now " + UNIT;

  private static final String TIMER_TEXT =
      OwnFile.HEADER
          + """
          #
          # Has logrotate look every hour: once a day, as it is by default, is too seldom for a log
          # that is rotated by the hour or by size.
          [Timer]
          OnCalendar=
          OnCalendar=hourly
          AccuracySec=1m
          RandomizedDelaySec=0
          """;

  private static final String CRON_TEXT =
      "#!/bin/sh\n"
          + OwnFile.HEADER
          + """
          #
          # Has logrotate look every hour: once a day, as it is by default, is too seldom for a log
          # that is rotated by the hour or by size.
          PATH=$PATH:/usr/sbin:/sbin
          exec logrotate /etc/logrotate.conf
          """;

  private final Host host;
  private final Programs programs;

  RotationClock(Host host, Programs programs) {
    this.host = host;
    this.programs = programs;
  }

  private boolean hasTimer() {
    return host.runsSystemd()
        && Stream.of("/lib/systemd/system/", "/usr/lib/systemd/system/", "/etc/systemd/system/")
            .anyMatch(folder -> Files.exists(host.at(folder + UNIT)));
  }

  /** The file that has logrotate run every hour; null where this host has no place for one. */
  @Nullable OwnFile hourly() {
    if (hasTimer()) {
      return new OwnFile(OwnFile.TIMER, false, TIMER_TEXT);
    }
    return Files.isDirectory(host.at(OwnFile.CRON_FOLDER))
        ? new OwnFile(OwnFile.CRON, true, CRON_TEXT)
        : null;
  }

  /** Has systemd take note that the timer's file came, changed or went. */
  void reload() throws SetupException {
    if (!host.runsSystemd()) {
      return;
    }
    for (String[] words : new String[][] {{"daemon-reload"}, {"try-restart", UNIT}}) {
      Programs.Result result = programs.run("systemctl", words);
      if (result.code() != 0) {
        throw new SetupException(
            "'systemctl " + String.join(" ", words) + "' failed: " + result.summary());
      }
    }
  }

  /** Whether this host has a timer that does not run, so that nothing runs logrotate. */
  boolean isStopped() throws SetupException {
    return hasTimer() && programs.run("systemctl", "is-active", "--quiet", UNIT).code() != 0;
  }
}
