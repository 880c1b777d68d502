package io.fwtrail.cli.setup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The files of a host.
 *
 * @param root where its paths begin: /, or a folder with a copy of a host
 */
record Host(Path root) {
  static final String RSYSLOG_CONF = "/etc/rsyslog.conf";
  static final String RSYSLOG_FOLDER = "/etc/rsyslog.d";
  static final String LOGROTATE_CONF = "/etc/logrotate.conf";
  static final String LOGROTATE_FOLDER = "/etc/logrotate.d";

  /** Where a path of that host is for this process. */
  Path at(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  /** Whether systemd is what starts services; the same test as sd_booted(3). */
  boolean runsSystemd() {
    return Files.isDirectory(at("/run/systemd/system"));
  }

  /** A configuration file, or "" where there is none that may be read. */
  String read(String absolute) {
    try {
      // Any bytes will do: only ASCII is looked for.
      return Files.readString(at(absolute), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
