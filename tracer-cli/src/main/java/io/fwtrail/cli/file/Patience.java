package io.fwtrail.cli.file;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.function.Consumer;

/**
 * Tries until it works: a disk that is full has room again when somebody has cleaned up, and a run
 * of days should then still be there. For use by several threads.
 */
final class Patience {
  private static final long PAUSE_MILLIS = 1000;

  private final Consumer<String> say;
  private boolean givenUp;

  /** What is tried; it goes on where it had stopped. */
  interface Attempt {
    void run() throws IOException;
  }

  /**
   * Makes one.
   *
   * @param say takes lines for the user: one when something begins to fail, one when it works again
   */
  Patience(Consumer<String> say) {
    this.say = say;
  }

  /**
   * Tries every second.
   *
   * @param file what is written, for the user
   * @throws IOException the reason, after {@link #giveUp}
   */
  void untilDone(String file, Attempt attempt) throws IOException {
    boolean told = false;
    while (true) {
      try {
        attempt.run();
        if (told) {
          say.accept(file + " is written again");
        }
        return;
      } catch (IOException e) {
        if (isGivenUp()) {
          throw e;
        }
        if (!told) {
          told = true;
          say.accept(
              file
                  + " cannot be written: "
                  + reason(e)
                  + "; it is tried again every second, and what the queue cannot hold meanwhile is"
                  + " lost");
        }
      }
      pause();
    }
  }

  /** Why, without the path that Java puts ahead of it. */
  static String reason(IOException e) {
    String text =
        e instanceof FileSystemException f && f.getReason() != null
            ? f.getReason()
            : e.getMessage();
    return text == null ? e.getClass().getSimpleName() : text;
  }

  private synchronized void pause() throws IOException {
    long until = System.nanoTime() + PAUSE_MILLIS * 1_000_000;
    while (!givenUp) {
      long left = (until - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return;
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }

  private synchronized boolean isGivenUp() {
    return givenUp;
  }

  /** From now on what fails has one more try. */
  synchronized void giveUp() {
    givenUp = true;
    notifyAll();
  }
}
