package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.Running;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Runs the real command in a process of its own on a host of a lab. */
final class Fwtrail {
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** The JDK that first warns of native code that it was not told to expect. */
  private static final int FIRST_TO_WARN = 24;

  private Fwtrail() {}

  /**
   * The words that start it.
   *
   * @param by words of another command that starts it in turn, or none
   */
  static List<String> command(List<String> by, String... arguments) {
    List<String> words = new ArrayList<>(by);
    words.addAll(command());
    words.addAll(List.of(arguments));
    return words;
  }

  /** The words that start it, without arguments. */
  static List<String> command() {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= FIRST_TO_WARN) {
      // The jar's manifest says it for those who start it by that.
      words.add("--enable-native-access=ALL-UNNAMED");
    }
    words.addAll(
        List.of(
            "-Xmx96m",
            "-XX:+UseSerialGC",
            // As the start script has it: what is made without them must do without them here too.
            "-Dpicocli.converters.excludes=.*",
            "-cp",
            System.getProperty("java.class.path"),
            "io.fwtrail.cli.Main"));
    return words;
  }

  static Running start(Lab lab, Host host, String... arguments) throws IOException {
    return startBy(lab, host, List.of(), arguments);
  }

  /** Starts it by another command, whose last arguments are the words that start it. */
  static Running startBy(Lab lab, Host host, List<String> by, String... arguments)
      throws IOException {
    return lab.start(host, command(by, arguments).toArray(String[]::new));
  }

  /** Starts it and waits until it says that it is ready. */
  static Running ready(Lab lab, Host host, String... arguments)
      throws IOException, InterruptedException {
    Running running = start(lab, host, arguments);
    String unused = running.awaitLine(line -> line.contains("fwtrail: ready"), PATIENCE);
    return running;
  }

  /** Ends it as a service manager would, and waits for its end. */
  static int terminate(Running running) throws InterruptedException {
    // Process.destroy would close its streams as well, and with them what it says at its end.
    assertThat(running.process().toHandle().destroy()).isTrue();
    return running.awaitEnd(PATIENCE);
  }
}
