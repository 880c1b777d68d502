package io.fwtrail.cli;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Says on standard error, once a second at most, what a run that goes on has lost meanwhile, and on
 * a terminal how far it is.
 */
final class Status implements AutoCloseable {
  private static final long PERIOD_NANOS = 1_000_000_000L;
  private static final long NANOS_A_MILLI = 1_000_000L;

  private final Runnable before;
  private final Losses losses;
  private final @Nullable Supplier<String> progress;
  private final Thread thread = new Thread(this::run, "fwtrail-status");
  private boolean ended;

  /**
   * Begins.
   *
   * @param before has the losses counted that are only known by asking
   * @param progress how far it is; null where nobody wants to see that
   */
  Status(Runnable before, Losses losses, @Nullable Supplier<String> progress) {
    this.before = before;
    this.losses = losses;
    this.progress = progress;
    thread.setDaemon(true);
    thread.start();
  }

  private synchronized void run() {
    long due = System.nanoTime() + PERIOD_NANOS;
    while (!ended) {
      long left = due - System.nanoTime();
      if (left <= 0) {
        report();
        due = System.nanoTime() + PERIOD_NANOS;
        continue;
      }
      try {
        wait(left / NANOS_A_MILLI + 1);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void report() {
    before.run();
    String news = losses.news();
    if (news != null) {
      StandardError.say(news);
    }
    if (progress != null) {
      StandardError.draw(progress.get());
    }
  }

  /** When this returns, nothing more is said. */
  @Override
  public synchronized void close() {
    ended = true;
    notifyAll();
    StandardError.erase();
  }
}
