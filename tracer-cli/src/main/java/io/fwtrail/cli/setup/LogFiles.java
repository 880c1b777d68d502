package io.fwtrail.cli.setup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** A log and the old ones that logrotate made of it. */
final class LogFiles {
  private LogFiles() {}

  /** Those there are: the log, log.1, log.2.gz and so on; regular files only. */
  static List<Path> of(Host host, LogFile log) throws SetupException {
    Pattern name = Pattern.compile(Pattern.quote(log.name()) + "(?:\\.\\d{1,4}(?:\\.gz)?)?");
    Path folder = host.at(log.folder());
    try {
      return Disk.list(folder).stream()
          .filter(file -> name.matcher(String.valueOf(file.getFileName())).matches())
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .toList();
    } catch (IOException e) {
      throw Disk.failed("list", folder, e);
    }
  }
}
