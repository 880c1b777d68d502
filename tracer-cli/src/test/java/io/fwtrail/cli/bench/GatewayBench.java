package io.fwtrail.cli.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What fwtrail costs beside others on a gateway: run by {@code bin/bench gateway}, in namespaces of
 * its own. Prints a section of docs/benchmarks.md; what it is at goes to standard error.
 */
public final class GatewayBench {
  private static final int FLAT_OUT_PACKETS = 250_000;

  private final Gateway gateway;
  private final Traffic traffic;
  private final Path folder;
  private final int messagesPerPacket;
  private final PrintStream out = System.out;

  private GatewayBench(Gateway gateway, Path folder) throws IOException, InterruptedException {
    this.gateway = gateway;
    this.folder = folder;
    traffic = new Traffic(gateway);
    messagesPerPacket = Measurement.messagesPerPacket(gateway, traffic, folder);
  }

  /**
   * Runs it; needs root in namespaces of its own.
   *
   * @param arguments {@code --rounds N}, {@code --only NAME,...}
   */
  public static void main(String[] arguments) throws Exception {
    int rounds = 5;
    List<String> only = List.of("json-hops", "json", "text", "hops");
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--rounds" -> rounds = Integer.parseInt(arguments[i + 1]);
        case "--only" -> only = List.of(arguments[i + 1].split(",", -1));
        default -> throw new IllegalArgumentException(arguments[i]);
      }
    }
    try (Place place = new Place();
        Gateway gateway = new Gateway()) {
      new GatewayBench(gateway, place.folder()).flatOut(rounds, only);
    }
    System.exit(0);
  }

  private void flatOut(int rounds, List<String> only) throws IOException, InterruptedException {
    Map<Subject, List<Measured>> all = new LinkedHashMap<>();
    Map<Subject, List<Double>> ratios = new LinkedHashMap<>();
    Subject floor = Subject.floor();
    all.put(floor, new ArrayList<>());
    List<Subject> subjects = only.stream().map(Subject::fwtrail).toList();
    for (int round = 1; round <= rounds; round++) {
      for (Subject subject : subjects) {
        Measured beside = measure(floor);
        Measured measured = measure(subject);
        all.get(floor).add(beside);
        all.computeIfAbsent(subject, unused -> new ArrayList<>()).add(measured);
        ratios
            .computeIfAbsent(subject, unused -> new ArrayList<>())
            .add(measured.nanosPerMessage() / beside.nanosPerMessage());
        say(
            "round %d of %d: %s %.2f us a message (user %.2f), %d lost, %.0f packets shown;"
                + " floor %.2f us, %d lost; %.0f packets/s",
            round,
            rounds,
            subject.name(),
            measured.nanosPerMessage() / 1e3,
            measured.userNanos() / measured.heard() / 1e3,
            measured.lost(),
            measured.shown(),
            beside.nanosPerMessage() / 1e3,
            beside.lost(),
            measured.perSecond());
      }
    }
    out.println(
        "| flat out | CPU a message, µs | of that user | times the floor | messages lost, %"
            + " | packets shown, % | peak memory, MB |");
    out.println("| --- | --- | --- | --- | --- | --- | --- |");
    all.forEach(
        (subject, measured) ->
            out.printf(
                Locale.ROOT,
                "| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.1f |%n",
                subject.title(),
                Medians.of(measured, m -> m.nanosPerMessage() / 1e3),
                Medians.of(measured, m -> m.userNanos() / m.heard() / 1e3),
                subject.isFloor() ? 1.0 : Medians.of(ratios.get(subject)),
                Medians.of(measured, m -> 100 * m.lostShare()),
                Medians.of(measured, m -> 100 * m.shown() / m.packets()),
                Medians.of(measured, m -> m.peakKilobytes() / 1024.0)));
    out.flush();
  }

  private Measured measure(Subject subject) throws IOException, InterruptedException {
    try (Measurement measurement =
        new Measurement(subject, gateway, traffic, folder, messagesPerPacket)) {
      Measured measured = measurement.measure(FLAT_OUT_PACKETS, Traffic.FLAT_OUT);
      String unused = measurement.end();
      return measured;
    }
  }

  private static void say(String format, Object... values) {
    System.err.printf(Locale.ROOT, "bench: " + format + "%n", values);
  }
}
