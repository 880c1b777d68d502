package io.fwtrail.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Measures how long it takes from a packet to the first line about it, round after round. */
final class LatencyComparison {
  private static final int SECONDS = 3;
  private static final long SHORTEST_NANOS = 1_000;
  private static final long LONGEST_NANOS = 60_000_000_000L;
  private static final int DIGITS = 3;
  private static final int PROBES = 600;
  private static final int PROBE_MILLIS = 50;

  /** What was measured of one subject at one rate, a histogram of nanoseconds a round. */
  static final class Row {
    final Subject subject;
    final int perSecond;
    final List<Histogram> rounds = new ArrayList<>();
    long sent;
    long told;

    /** Why there is nothing of some round; null if there is of all. */
    @Nullable String failure;

    Row(Subject subject, int perSecond) {
      this.subject = subject;
      this.perSecond = perSecond;
    }
  }

  private final Gateway gateway;
  private final Traffic traffic;
  private final Path folder;
  private final List<Integer> rates;
  private final Map<String, Row> rows = new LinkedHashMap<>();

  LatencyComparison(Gateway gateway, Traffic traffic, Path folder, List<Integer> rates) {
    this.gateway = gateway;
    this.traffic = traffic;
    this.folder = folder;
    this.rates = rates;
  }

  private Row row(Subject subject, int rate) {
    return rows.computeIfAbsent(subject.name() + " " + rate, unused -> new Row(subject, rate));
  }

  /** Measures each subject once. */
  void round(List<Subject> subjects) throws IOException, InterruptedException {
    traffic.openConnections();
    for (Subject subject : subjects) {
      measure(subject);
    }
  }

  private void measure(Subject subject) throws IOException, InterruptedException {
    Path times = folder.resolve("times");
    List<Integer> left = new ArrayList<>(rates);
    left.removeIf(rate -> !subject.takes(rate));
    try (Hearing hearing = Hearing.startWithPipe(subject, gateway, folder);
        Latencies latencies =
            new Latencies(hearing.stream(), Objects.requireNonNull(subject.form()))) {
      awaitFirstLine(hearing, latencies);
      double unused = traffic.send(subject.warmUp(), subject.warmUpRate());
      hearing.awaitQuiet();
      while (!left.isEmpty()) {
        int rate = left.get(0);
        latencies.forget();
        int packets = rate * SECONDS;
        double unused1 = traffic.sendTimed(packets, rate, times);
        hearing.awaitQuiet();
        Histogram histogram = new Histogram(SHORTEST_NANOS, LONGEST_NANOS, DIGITS);
        latencies.addTo(histogram, times);
        left.remove(0);
        Row row = row(subject, rate);
        row.rounds.add(histogram);
        row.sent += packets;
        row.told += histogram.getTotalCount();
        Progress.say(
            "%s at %s: median, 99 %%, max in ms %s; of %d packets %d were told of",
            subject.name(),
            Report.rate(rate),
            Report.milliseconds(histogram),
            packets,
            histogram.getTotalCount());
      }
    } catch (IOException e) {
      Progress.say("%s", e.getMessage());
      left.forEach(rate -> row(subject, rate).failure = e.getMessage());
    }
  }

  private void awaitFirstLine(Hearing hearing, Latencies latencies)
      throws IOException, InterruptedException {
    for (int probe = 0; latencies.packets() == 0; probe++) {
      hearing.checkAlive();
      if (probe == PROBES) {
        throw new IOException("it tells of no packet: " + hearing.said().strip());
      }
      double unused = traffic.send(1, Traffic.FLAT_OUT);
      Thread.sleep(PROBE_MILLIS);
    }
  }

  /** Writes its table: medians of the rounds, and the longest of all. */
  void report(Report report) {
    report.head(
        "program | packets a second | median, ms | 99 %, ms | longest, ms | packets told of, %");
    for (Row row : rows.values()) {
      if (row.failure != null) {
        report.line(
            "| %s | %s: %s | | | | |",
            row.subject.title(), Report.rate(row.perSecond), Report.cell(row.failure));
        continue;
      }
      report.line(
          "| %s | %s | %.3f | %.3f | %.3f | %.2f |",
          row.subject.title(),
          String.format(Locale.ROOT, "%,d", row.perSecond),
          Medians.of(row.rounds, h -> h.getValueAtPercentile(50) / 1e6),
          Medians.of(row.rounds, h -> h.getValueAtPercentile(99) / 1e6),
          row.rounds.stream().mapToLong(Histogram::getMaxValue).max().orElse(0) / 1e6,
          100.0 * row.told / row.sent);
    }
    report.line("");
  }
}
