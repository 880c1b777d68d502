package io.fwtrail.cli.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * A program that hears what the kernel tells of traced packets, and writes it to its standard
 * output.
 *
 * @param name short, for the command line
 * @param title as a table shows it
 * @param command its words
 * @param ready what it says on standard error as soon as it hears; empty if it says nothing
 * @param warmUp packets that it is to have seen before it is measured
 */
record Subject(String name, String title, List<String> command, String ready, int warmUp) {
  /** Until the JVM has compiled what it runs. */
  private static final int JVM_WARM_UP = 100_000;

  private static final int NATIVE_WARM_UP = 2_000;

  /** Throws away what it hears; see bench/floor.c. */
  static Subject floor() {
    return new Subject(
        "floor",
        "C loop (the floor)",
        List.of(Path.of("target/bench/floor").toAbsolutePath().toString()),
        "ready",
        NATIVE_WARM_UP);
  }

  /** fwtrail with one of its forms of output. */
  static Subject fwtrail(String output) {
    return new Subject(
        output,
        "`fwtrail listen --output " + output + "`",
        List.of(
            "env",
            "FWTRAIL_BUILD=off",
            Path.of("bin/fwtrail").toAbsolutePath().toString(),
            "listen",
            "--output",
            output),
        "fwtrail: ready",
        JVM_WARM_UP);
  }

  boolean isFloor() {
    return name.equals("floor");
  }
}
