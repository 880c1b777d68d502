package io.fwtrail.cli.setup;

/** How logrotate treats the log; for logrotate 3.8 and later. */
final class LogrotatePolicy {
  private LogrotatePolicy() {}

  static OwnFile file(LogFile log, Rotation rotation) {
    String compress =
        rotation.compress()
            ? "\tcompress\n\t# rsyslogd may still be writing to the file that was just rotated.\n\tdelaycompress\n"
            : "\tnocompress\n";
    String text =
        OwnFile.HEADER
            + log
            + "\n{\n\t"
            + rotation.when()
            + "\n\trotate "
            + rotation.keep()
            + "\n"
            + compress
            + """
            \tmissingok
            \tnotifempty
            \t# Owner and mode as before.
            \tcreate
            \tnocopytruncate
            \t# A date for a name allows one rotation a day only.
            \tnodateext
            \tpostrotate
            \t\tif [ ! -d /run/systemd/system ]; then
            \t\t\t[ ! -s /run/rsyslogd.pid ] || kill -HUP "$(cat /run/rsyslogd.pid)"
            \t\telif [ -x /usr/lib/rsyslog/rsyslog-rotate ]; then
            \t\t\t/usr/lib/rsyslog/rsyslog-rotate
            \t\telse
            \t\t\tsystemctl kill -s HUP rsyslog.service
            \t\tfi
            \tendscript
            }
            """;
    return new OwnFile(OwnFile.POLICY, false, text);
  }
}
