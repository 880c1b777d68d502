package io.fwtrail.cli.setup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A folder that looks like Debian's files to setup, and scripts in place of the programs that it
 * runs, which write down how they were called.
 */
final class FakeHost {
  /** What rsyslogd says when there is nothing to complain of. */
  static final String RSYSLOGD_CONTENT =
      """
      echo 'rsyslogd: version 8.2302.0, config validation run (level 1), master config x'
      """;

  final Path root;
  final List<String> said = new ArrayList<>();
  private final Path programs;
  private final Path calls;

  FakeHost(Path folder) throws IOException {
    root = Files.createDirectories(folder.resolve("root"));
    programs = Files.createDirectories(folder.resolve("programs"));
    calls = Files.createFile(folder.resolve("calls"));
    write(
        "/etc/rsyslog.conf",
        """
        module(load="imklog")
        $FileOwner root
        $FileGroup adm
        $FileCreateMode 0640
        $IncludeConfig /etc/rsyslog.d/*.conf
        *.*;auth,authpriv.none -/var/log/syslog
        kern.* -/var/log/kern.log
        """);
    write("/etc/logrotate.conf", "weekly\nrotate 4\ncreate\ninclude /etc/logrotate.d\n");
    for (String path : List.of("/etc/rsyslog.d", "/etc/logrotate.d", "/var/log", "/run")) {
      Files.createDirectories(at(path));
    }
  }

  Path at(String path) {
    return root.resolve(path.substring(1));
  }

  Path write(String path, String text) throws IOException {
    Path file = at(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  String read(String path) throws IOException {
    return Files.readString(at(path));
  }

  /** A host that systemd runs. */
  FakeHost withSystemd() throws IOException {
    Files.createDirectories(at("/run/systemd/system"));
    Files.createDirectories(at("/etc/systemd/system"));
    write("/usr/lib/systemd/system/logrotate.timer", "[Timer]\nOnCalendar=daily\n");
    return program("systemctl", "");
  }

  /** The programs that find nothing wrong. */
  FakeHost withContentPrograms() throws IOException {
    return program("rsyslogd", RSYSLOGD_CONTENT).program("logrotate", "");
  }

  /** A program: a shell script, which has $root. */
  FakeHost program(String name, String script) throws IOException {
    Path file = programs.resolve(name);
    Files.writeString(
        file,
        "#!/bin/sh\nroot='%s'\necho \"%s $*\" >>'%s'\n%s".formatted(root, name, calls, script));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return this;
  }

  /** With these programs and no others. */
  Setup setup() {
    return new Setup(root, new Programs(programs.toString()), said::add);
  }

  /** With the real programs of the machine. */
  Setup setupWithRealPrograms() {
    return new Setup(root, Programs.ofThisHost(), said::add);
  }

  /** How programs were called, in order, but for checks. */
  List<String> calls() throws IOException {
    return Files.readAllLines(calls).stream()
        .filter(line -> !line.startsWith("rsyslogd ") && !line.startsWith("logrotate "))
        .toList();
  }

  /** Every file with its mode and content, every folder; what is not there is not in it. */
  Map<String, String> everything() throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.toList()) {
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        all.put(
            root.relativize(path).toString(),
            Files.isDirectory(path) ? "folder" : mode + " " + Files.readString(path));
      }
    }
    return all;
  }
}
