package io.fwtrail.cli.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** Writes tables of Markdown. */
final class Report {
  private static final int LONGEST_CELL = 200;

  private final PrintStream out;

  Report(PrintStream out) {
    this.out = out;
  }

  /** A rate in words. */
  static String rate(int perSecond) {
    return perSecond == Traffic.FLAT_OUT
        ? "flat out"
        : String.format(Locale.ROOT, "%,d/s", perSecond);
  }

  /** A line of text, formatted. */
  void line(String format, Object... values) {
    out.printf(Locale.ROOT, format + "%n", values);
    out.flush();
  }

  /** The head of a table: its columns, with {@code |} between. */
  void head(String columns) {
    line("");
    line("| %s |", columns);
    line("|%s", " --- |".repeat(columns.split("\\|", -1).length));
  }

  /** A row for each subject and rate, medians of its rounds. */
  void comparison(List<Comparison.Row> rows) {
    head(
        "program | packets a second | CPU a message, µs | user | system | times the floor | messages"
            + " lost, % | lines written, % | peak memory, MB");
    for (Comparison.Row row : rows) {
      if (row.failure != null) {
        // What it gave in other rounds stands in a row of its own.
        line(
            "| %s | %s: %s | | | | | | | |",
            row.subject.title(), rate(row.perSecond), cell(row.failure));
        continue;
      }
      List<Measured> all = row.measured;
      line(
          "| %s | %s | %.2f | %.2f | %.2f | %s | %.2f | %s | %.1f |",
          row.subject.title(),
          row.perSecond == Traffic.FLAT_OUT
              ? String.format(Locale.ROOT, "flat out (%,.0f)", Medians.of(all, Measured::perSecond))
              : String.format(Locale.ROOT, "%,.0f", Medians.of(all, Measured::perSecond)),
          Medians.of(all, m -> m.nanosPerMessage() / 1e3),
          Medians.of(all, m -> m.userNanosPerMessage() / 1e3),
          Medians.of(all, m -> (m.nanosPerMessage() - m.userNanosPerMessage()) / 1e3),
          row.subject.isFloor() ? "1" : String.format(Locale.ROOT, "%.2f", Medians.of(row.ratios)),
          Medians.of(all, m -> 100 * m.lostShare()),
          row.subject.isFloor()
              ? ""
              : String.format(Locale.ROOT, "%.2f", Medians.of(all, m -> 100 * m.linesShare())),
          Medians.of(all, m -> m.peakKilobytes() / 1024.0));
    }
    line("");
  }

  /** A text that stays in its cell and in its line. */
  static String cell(String text) {
    String some = text.length() > LONGEST_CELL ? text.substring(0, LONGEST_CELL) + "..." : text;
    return some.replace('|', '/').replaceAll("\\s+", " ");
  }

  /** Three figures of a histogram of nanoseconds, in ms, with {@code |} between. */
  static String milliseconds(Histogram histogram) {
    return String.format(
        Locale.ROOT,
        "%.3f | %.3f | %.3f",
        histogram.getValueAtPercentile(50) / 1e6,
        histogram.getValueAtPercentile(99) / 1e6,
        histogram.getMaxValue() / 1e6);
  }
}
