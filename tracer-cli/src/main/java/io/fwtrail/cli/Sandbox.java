package io.fwtrail.cli;

import io.fwtrail.netlink.channel.NetworkNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs this same program again in namespaces of its own, where it may do anything to rules and
 * interfaces without rights outside, and nothing of it is left when it ends.
 */
final class Sandbox {
  private static final String NO_NAMESPACES = "this kernel or container allows no new namespaces: ";

  private Sandbox() {}

  /**
   * Runs fwtrail with other arguments inside; standard streams are shared.
   *
   * @return its exit code
   * @throws UserException if the kernel allows no namespaces
   */
  static int run(String... arguments) throws IOException, InterruptedException {
    List<String> unshare = unshareCommand();
    List<String> command = new ArrayList<>(unshare);
    command.addAll(ownCommand());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).inheritIO().start();
    Shutdown.onSignal(process::destroy);
    return process.waitFor();
  }

  /** As root without a user namespace, so that all of root's rights hold inside. */
  private static List<String> unshareCommand() throws IOException, InterruptedException {
    StringBuilder reasons = new StringBuilder();
    for (List<String> options :
        List.of(
            List.of("--net", "--mount"),
            List.of("--user", "--map-root-user", "--net", "--mount"))) {
      List<String> command = new ArrayList<>(List.of("unshare"));
      command.addAll(options);
      command.add("--");
      List<String> trial = new ArrayList<>(command);
      trial.add("true");
      Process process;
      try {
        process = new ProcessBuilder(trial).redirectErrorStream(true).start();
      } catch (IOException e) {
        throw new UserException("'unshare' is not installed: apt install util-linux");
      }
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() == 0) {
        return command;
      }
      reasons.setLength(0);
      reasons.append(said);
    }
    throw new UserException(NO_NAMESPACES + reasons);
  }

  /** How this process was started, without what was asked of it. */
  private static List<String> ownCommand() throws IOException {
    String[] words =
        Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8).split("\0", -1);
    List<String> own = new ArrayList<>(List.of(words).subList(0, words.length - 1));
    String java = ProcessHandle.current().info().command().orElse(own.get(0));
    own.set(0, java);
    return own.subList(0, own.size() - Main.argumentCount());
  }

  /** Runs a program in a namespace, whose output matters only where it fails. */
  static void command(NetworkNamespace where, String... words)
      throws IOException, InterruptedException {
    Process process = where.call(() -> new ProcessBuilder(words).redirectErrorStream(true).start());
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new UserException("'" + String.join(" ", words) + "' failed: " + said.strip());
    }
  }

  /** Writes a setting below /proc/sys, which is that of the thread's network namespace. */
  static void setting(NetworkNamespace where, String name, String value) throws IOException {
    where.call(() -> Files.writeString(Path.of("/proc/sys", name), value));
  }
}
