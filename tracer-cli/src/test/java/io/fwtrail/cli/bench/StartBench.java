package io.fwtrail.cli.bench;

import io.fwtrail.netlink.lab.Host;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How long after its start a program shows the first hop, while packets come all the time. */
public final class StartBench {
  private static final int ROUNDS = 7;
  private static final int PACKETS_PER_SECOND = 500;

  /** More than the slowest start takes. */
  private static final int SECONDS = 20;

  private StartBench() {}

  /** Runs it; needs root in namespaces of its own, as bin/bench starts it. */
  public static void main(String[] arguments) throws Exception {
    Report report = new Report(System.out);
    Map<String, List<String>> commands = new LinkedHashMap<>();
    commands.put("`nft monitor trace`", List.of("nft", "monitor", "trace"));
    // As a package installs it: bin/fwtrail would first look whether a source has changed.
    String fwtrail = Path.of("tracer-cli/target/dist/fwtrail").toAbsolutePath().toString();
    commands.put("`fwtrail listen --output hops`", List.of(fwtrail, "listen", "--output", "hops"));
    commands.put(
        "`fwtrail trace -p udp --output hops`",
        List.of(fwtrail, "trace", "-p", "udp", "--output", "hops"));
    Map<String, List<Double>> all = new LinkedHashMap<>();
    try (Place place = new Place();
        Gateway gateway = new Gateway(Firewall.NFTABLES)) {
      Traffic traffic = new Traffic(gateway);
      for (int round = 1; round <= ROUNDS; round++) {
        for (Map.Entry<String, List<String>> command : commands.entrySet()) {
          double millis = firstLine(gateway, traffic, command.getValue(), place.folder());
          Progress.say("round %d of %d: %s %.1f ms", round, ROUNDS, command.getKey(), millis);
          all.computeIfAbsent(command.getKey(), unused -> new ArrayList<>()).add(millis);
        }
      }
    }
    report.line(
        "Medians of %d, by turns; %,d packets a second come all the time.",
        ROUNDS, PACKETS_PER_SECOND);
    report.head("program | from its start to its first line, ms | times the first");
    double first = Medians.of(all.values().iterator().next());
    all.forEach(
        (name, times) ->
            report.line(
                "| %s | %.0f | %.2f |", name, Medians.of(times), Medians.of(times) / first));
  }

  private static double firstLine(
      Gateway gateway, Traffic traffic, List<String> command, Path folder)
      throws IOException, InterruptedException {
    Process sender = traffic.start(PACKETS_PER_SECOND * SECONDS, PACKETS_PER_SECOND);
    try {
      long begin = System.nanoTime();
      Process process =
          gateway.in(
              Host.GATEWAY,
              () ->
                  new ProcessBuilder(command)
                      .redirectError(folder.resolve("err").toFile())
                      .start());
      try {
        int read = process.getInputStream().read();
        long end = System.nanoTime();
        if (read < 0) {
          throw new IOException(command + " ended without a line");
        }
        return (end - begin) / 1e6;
      } finally {
        // In order, so that its mark is gone before the next one starts.
        boolean unused = process.toHandle().destroy();
        process.getInputStream().transferTo(OutputStream.nullOutputStream());
        int unused1 = process.waitFor();
      }
    } finally {
      sender.destroyForcibly();
      int unused = sender.waitFor();
    }
  }
}
