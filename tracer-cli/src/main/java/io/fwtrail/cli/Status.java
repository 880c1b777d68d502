package io.fwtrail.cli;

/** Says on standard error, once a second at most, what a run that goes on has lost meanwhile. */
final class Status implements AutoCloseable {
  private static final long PERIOD_NANOS = 1_000_000_000L;
  private static final long NANOS_A_MILLI = 1_000_000L;

  private final Runnable before;
  private final Losses losses;
  private final Thread thread = new Thread(this::run, "fwtrail-status");
  private boolean ended;

  /**
   * Begins.
   *
   * @param before has the losses counted that are only known by asking
   */
  Status(Runnable before, Losses losses) {
    this.before = before;
    this.losses = losses;
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
      say(news);
    }
  }

  /** Writes a line for the user. */
  static void say(String line) {
    System.err.println("fwtrail: " + line);
  }

  /** When this returns, nothing more is said. */
  @Override
  public synchronized void close() {
    ended = true;
    notifyAll();
  }
}
