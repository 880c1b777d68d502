package io.fwtrail.tracer.live;

import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import java.io.Closeable;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Notices when the rules of iptables-legacy change, of which the kernel gives no notice: it looks
 * again and again, on a thread of its own, as a listing takes longer than the event loop may wait.
 * A packet that comes right after a change can therefore be shown with the rule that stood there
 * before.
 */
final class LegacyWatch implements Closeable {
  private static final long INTERVAL_MILLIS = 2_000;

  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "fwtrail-legacy");
            thread.setDaemon(true);
            return thread;
          });

  /** Begins to look; {@code changed} gets the tables on the watching thread. */
  LegacyWatch(RuleSetReader reader, Consumer<List<RuleSet.Table>> changed) {
    var unused =
        executor.scheduleWithFixedDelay(
            () -> look(reader, changed), INTERVAL_MILLIS, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static void look(RuleSetReader reader, Consumer<List<RuleSet.Table>> changed) {
    List<RuleSet.Table> tables = reader.readLegacy();
    if (tables != null) {
      changed.accept(tables);
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
