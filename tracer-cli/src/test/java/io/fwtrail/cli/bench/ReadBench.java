package io.fwtrail.cli.bench;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What reading a log costs a line. A longer and a shorter log are read, each by a process of its
 * own: the difference is what its lines take of a program that is warm.
 */
public final class ReadBench {
  private static final int ROUNDS = 5;
  private static final int LINES = 4_000_000;
  private static final int WARM_UP_LINES = 1_000_000;
  private static final int LINES_A_PACKET = 4;

  private ReadBench() {}

  /** Runs it, as bin/bench starts it. */
  public static void main(String[] arguments) throws Exception {
    Report report = new Report(System.out);
    Map<String, List<Double>> all = new TreeMap<>();
    try (Place place = new Place()) {
      OutputFile out = OutputFile.in(place.folder());
      Path little = log(place.folder().resolve("little.log"), WARM_UP_LINES);
      Path much = log(place.folder().resolve("much.log"), WARM_UP_LINES + LINES);
      for (int round = 1; round <= ROUNDS; round++) {
        for (String output : List.of("json", "json-hops", "text")) {
          double cold = seconds(little, output, out);
          double warm = seconds(much, output, out) - cold;
          Progress.say(
              "round %d of %d: %s %.2f us a line, the first %,d took %.2f s",
              round, ROUNDS, output, warm * 1e6 / LINES, WARM_UP_LINES, cold);
          all.computeIfAbsent(output, unused -> new ArrayList<>()).add(warm * 1e6 / LINES);
        }
      }
    }
    report.line("`fwtrail read FILE`; medians of %d, by turns; CPU of all threads.", ROUNDS);
    report.head("output | CPU a line after %,d lines, µs".formatted(WARM_UP_LINES));
    all.forEach((output, micros) -> report.line("| %s | %.2f |", output, Medians.of(micros)));
  }

  /** As rsyslog writes it, of packets that meet {@link #LINES_A_PACKET} rules each. */
  private static Path log(Path file, int lines) throws IOException {
    String[] places = {
      "raw:PREROUTING:policy:2 IN=lan0 OUT=",
      "filter:FORWARD:rule:2 IN=lan0 OUT=wan0",
      "filter:lan:rule:3 IN=lan0 OUT=wan0",
      "mangle:POSTROUTING:policy:2 IN= OUT=wan0"
    };
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < lines; i++) {
        int packet = i / LINES_A_PACKET;
        int micros = i * 5;
        out.write(
            String.format(
                Locale.ROOT,
                "2026-11-24T08:%02d:%02d.%06d+00:00 gateway kernel: [%5d.%06d] TRACE: %s"
                    + " MAC=02:00:00:00:11:01:02:00:00:00:11:02:08:00 SRC=10.11.0.2 DST=10.12.0.2"
                    + " LEN=60 TOS=0x00 PREC=0x00 TTL=%d ID=%d DF PROTO=UDP SPT=40000 DPT=%d LEN=40%n",
                micros / 60_000_000,
                micros / 1_000_000 % 60,
                micros % 1_000_000,
                micros / 1_000_000,
                micros % 1_000_000,
                places[i % LINES_A_PACKET],
                i % LINES_A_PACKET == 0 ? 64 : 63,
                packet & 0xffff,
                5000 + packet % 1000));
      }
    }
    return file;
  }

  /** CPU, of user and system together, of reading a log. */
  private static double seconds(Path log, String form, OutputFile out)
      throws IOException, InterruptedException {
    // The shell's own count of its children's CPU, as a process that has ended tells none.
    List<String> command = new ArrayList<>(List.of("bash", "-c"));
    command.add("TIMEFORMAT='%3U %3S'; time \"$@\"");
    command.add("bash");
    command.addAll(out.command(Subject.fwtrail("read", log.toString(), "--output", form)));
    Process process = new ProcessBuilder(command).start();
    List<String> said = process.errorReader().lines().toList();
    if (process.waitFor() != 0) {
      throw new IOException("fwtrail read failed: " + said);
    }
    double sum = 0;
    for (String part : said.get(said.size() - 1).split(" ", -1)) {
      sum += Double.parseDouble(part);
    }
    return sum;
  }
}
