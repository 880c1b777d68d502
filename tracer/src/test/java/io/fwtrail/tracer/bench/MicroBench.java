package io.fwtrail.tracer.bench;

import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the benches of single steps by JMH and prints a section of docs/benchmarks.md: {@code
 * bin/bench micro}. What JMH says goes to a file.
 */
public final class MicroBench {
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  private MicroBench() {}

  /**
   * Runs it.
   *
   * @param arguments the file for what JMH says
   */
  public static void main(String[] arguments) throws RunnerException {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("io\\.fwtrail\\..*Micro\\.")
                    .mode(Mode.AverageTime)
                    .timeUnit(TimeUnit.NANOSECONDS)
                    .forks(1)
                    .warmupIterations(5)
                    .warmupTime(TimeValue.seconds(1))
                    .measurementIterations(5)
                    .measurementTime(TimeValue.seconds(1))
                    .addProfiler(GCProfiler.class)
                    .jvmArgs("-Xmx512m", "-XX:+UseSerialGC")
                    .output(arguments[0])
                    .build())
            .run();
    System.out.println("| step | of | ns | ± | bytes allocated |");
    System.out.println("| --- | --- | --- | --- | --- |");
    for (RunResult result : results) {
      String[] name = result.getParams().getBenchmark().split("\\.", -1);
      String open = result.getParams().getParam("openTrails");
      Result<?> time = result.getPrimaryResult();
      Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
      System.out.printf(
          Locale.ROOT,
          "| %s | %s | %.0f | %.0f | %.0f |%n",
          name[name.length - 1],
          open == null ? "a line" : "a message, " + open + " trails open",
          time.getScore(),
          time.getScoreError(),
          allocated == null ? Double.NaN : allocated.getScore());
    }
  }
}
