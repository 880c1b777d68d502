package io.fwtrail.cli.setup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/**
 * A configuration file that is fwtrail's own, known by a line at its top.
 *
 * @param path its place on the host
 * @param executable whether it is a script (mode 0755) or not (0644)
 * @param text all of it
 */
record OwnFile(String path, boolean executable, String text) {
  /** Ahead of 50-default.conf, and of rsyslog.conf's own rules, which come after the include. */
  static final String RULE = "/etc/rsyslog.d/10-fwtrail.conf";

  static final String POLICY = "/etc/logrotate.d/fwtrail";
  static final String TIMER = "/etc/systemd/system/logrotate.timer.d/fwtrail.conf";
  static final String CRON_FOLDER = "/etc/cron.hourly";
  static final String CRON = CRON_FOLDER + "/fwtrail";

  /** All that setup may write on one host or another. */
  static final List<String> ALL = List.of(RULE, POLICY, TIMER, CRON);

  private static final String MARKER = "# fwtrail setup wrote this file";

  /** A script's first line is taken, so there the marker is the second. */
  static final String HEADER =
      MARKER + ": it overwrites changes,\n" + "# and 'fwtrail setup remove' deletes it.\n";

  private static final int HEADER_BYTES = 200;

  enum Owner {
    NOBODY,
    FWTRAIL,
    SOMEBODY_ELSE
  }

  /** Whose file is at this place? */
  static Owner ownerOf(Path file) throws SetupException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return Owner.NOBODY;
    }
    // A link is not what setup makes: what it leads to is somebody's.
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Owner.SOMEBODY_ELSE;
    }
    try (InputStream in = Files.newInputStream(file)) {
      String top = new String(in.readNBytes(HEADER_BYTES), StandardCharsets.ISO_8859_1);
      return top.lines().limit(2).anyMatch(line -> line.startsWith(MARKER))
          ? Owner.FWTRAIL
          : Owner.SOMEBODY_ELSE;
    } catch (IOException e) {
      throw Disk.failed("read", file, e);
    }
  }
}
