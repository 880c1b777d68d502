package io.fwtrail.cli.bench;

import java.util.Locale;

/** What a benchmark is at, on standard error. */
final class Progress {
  private Progress() {}

  static void say(String format, Object... values) {
    System.err.printf(Locale.ROOT, "bench: " + format + "%n", values);
  }
}
