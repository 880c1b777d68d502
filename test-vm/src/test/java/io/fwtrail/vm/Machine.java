package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.lab.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The machine that the tests are on: its commands, fwtrail above all. */
final class Machine {
  /** Long, as the processor may be an emulated one. */
  static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final JsonMapper JSON = new JsonMapper();
  private static final Path NF_LOG = Path.of("/proc/sys/net/netfilter/nf_log/2");

  private Machine() {}

  /** What a command said, and its exit code. */
  record Said(int code, List<String> out, List<String> err) {}

  static Running start(String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C");
    return new Running(builder.start(), Arrays.asList(command));
  }

  /** Runs a command to its end, whatever its exit code. */
  static Said attempt(String... command) throws IOException, InterruptedException {
    try (Running running = start(command)) {
      running.endInput();
      int code = running.awaitEnd(PATIENCE);
      return new Said(code, running.out(), running.err());
    }
  }

  /**
   * Runs a command that has to work.
   *
   * @return its standard output
   */
  static List<String> run(String... command) throws IOException, InterruptedException {
    Said said = attempt(command);
    assertThat(said.code()).as("%s: %s", String.join(" ", command), said).isZero();
    return said.out();
  }

  /** Runs a line of shell that has to work. */
  static List<String> sh(String line) throws IOException, InterruptedException {
    return run("sh", "-c", line);
  }

  /** Starts fwtrail, and waits until it says that it is ready. */
  static Running fwtrail(String... arguments) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("fwtrail"));
    words.addAll(List.of(arguments));
    Running running = start(words.toArray(String[]::new));
    String unused = running.awaitLine(line -> line.contains("fwtrail: ready"), PATIENCE);
    return running;
  }

  /** Ends fwtrail as a service manager would; it has to end in order. */
  static void end(Running fwtrail) throws InterruptedException {
    assertThat(fwtrail.process().toHandle().destroy()).isTrue();
    assertThat(fwtrail.awaitEnd(PATIENCE)).as("%s", fwtrail.err()).isZero();
  }

  /**
   * Whether a path of a package's is no folder that others use too; the box has no documentation.
   */
  static boolean isOnlyOurs(String path) {
    return path.contains("fwtrail") && !path.startsWith("/usr/share/doc/");
  }

  static List<JsonNode> records(List<String> lines) {
    return lines.stream().map(JSON::readTree).toList();
  }

  /** To which logger the kernel gives the packets that legacy tables of IPv4 tell of. */
  static String nfLog() throws IOException {
    return Files.readString(NF_LOG).strip();
  }

  /** Nothing is left of any fwtrail in the kernel or in its note of what it changed. */
  static void assertNothingIsLeft() throws IOException, InterruptedException {
    assertThat(run("nft", "list", "tables")).noneMatch(line -> line.contains("fwtrail"));
    assertThat(nfLog()).isNotEqualTo("nfnetlink_log");
    assertThat(sh("ls /run/fwtrail 2>/dev/null || true")).isEmpty();
  }
}
