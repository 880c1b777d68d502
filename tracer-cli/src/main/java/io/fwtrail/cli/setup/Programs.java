package io.fwtrail.cli.setup;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The programs of the host that setup asks: rsyslogd, logrotate, systemctl, service. */
final class Programs {
  private static final int PATIENCE_SECONDS = 90;

  /** More than any of them has to say; a program that says more is cut short. */
  private static final int MOST_OUTPUT = 4 << 20;

  private final List<Path> folders;

  /** Looks for programs in the folders of this search path, in its order. */
  Programs(String searchPath) {
    folders =
        Stream.of(searchPath.split(File.pathSeparator, -1))
            .filter(folder -> folder.startsWith("/"))
            .map(Path::of)
            .toList();
  }

  /** As a shell finds them; Debian keeps these where only root's PATH looks. */
  static Programs ofThisHost() {
    String path = System.getenv("PATH");
    return new Programs((path == null ? "/usr/bin:/bin" : path) + ":/usr/sbin:/sbin");
  }

  /** What a program said, both streams in one, and how it ended: 0 where all is well. */
  record Result(int code, String said) {
    private static final int LONGEST_SUMMARY = 400;

    /** All that it said, in one line. */
    String summary() {
      String line =
          said.lines()
              .map(String::strip)
              .filter(part -> !part.isEmpty())
              .collect(Collectors.joining(" / "));
      if (line.isEmpty()) {
        return "it says nothing, and ends with " + code;
      }
      return line.length() <= LONGEST_SUMMARY ? line : line.substring(0, LONGEST_SUMMARY) + "…";
    }
  }

  boolean has(String name) {
    return find(name).isPresent();
  }

  private Optional<Path> find(String name) {
    return folders.stream()
        .map(folder -> folder.resolve(name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  /**
   * Runs a program to its end.
   *
   * @throws SetupException if it is not there, or does not end
   */
  Result run(String name, String... arguments) throws SetupException {
    Path program = find(name).orElseThrow(() -> new SetupException("there is no '" + name + "'"));
    List<String> words = new ArrayList<>(List.of(program.toString()));
    words.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    // What they say is looked at, and shown: in English, and not by way of a pager.
    builder.environment().put("LC_ALL", "C");
    builder.environment().put("SYSTEMD_PAGER", "");
    Path said = null;
    try {
      // To a file: what a program leaves running in the background may hold a pipe open for ever.
      said = Files.createTempFile("fwtrail-", ".out");
      Process process =
          builder.redirectInput(new File("/dev/null")).redirectOutput(said.toFile()).start();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new SetupException(
            "'" + String.join(" ", words) + "' did not end within " + PATIENCE_SECONDS + " s");
      }
      return new Result(process.exitValue(), read(said));
    } catch (IOException e) {
      throw new SetupException("'" + program + "' cannot be run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SetupException("'" + program + "' was not waited for: interrupted");
    } finally {
      if (said != null) {
        Disk.deleteQuietly(said);
      }
    }
  }

  private static String read(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8);
    }
  }
}
