package io.fwtrail.netlink.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A command that runs in a {@link Lab}, with what it printed so far. */
public final class Running implements AutoCloseable {
  private static final long PATIENCE_TO_STOP_SECONDS = 10;

  private final String command;
  private final Process process;
  private final List<Thread> readers = new ArrayList<>();
  private final List<String> out = new ArrayList<>();
  private final List<String> err = new ArrayList<>();
  private int openStreams = 2;

  public Running(Process process, List<String> command) {
    this.process = process;
    this.command = String.join(" ", command);
    read(process.getInputStream(), out);
    read(process.getErrorStream(), err);
  }

  private void read(InputStream stream, List<String> into) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader reader =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                  synchronized (this) {
                    into.add(line);
                    notifyAll();
                  }
                }
              } catch (IOException e) {
                // The process was killed while its output was read; it had said what it said.
              } finally {
                synchronized (this) {
                  openStreams--;
                  notifyAll();
                }
              }
            },
            "output of " + command);
    thread.setDaemon(true);
    thread.start();
    readers.add(thread);
  }

  /** The process itself, for signals and its exit code. */
  public Process process() {
    return process;
  }

  /** Lines on stdout so far. */
  public synchronized List<String> out() {
    return List.copyOf(out);
  }

  /** Lines on stderr so far. */
  public synchronized List<String> err() {
    return List.copyOf(err);
  }

  /** Writes to the command's stdin, which stays open. */
  public void input(String text) {
    try {
      process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the command's stdin. */
  public void endInput() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Waits for a line on stdout or stderr, which may be there already.
   *
   * @return the first one that fits
   * @throws AssertionError if it did not come in time, or cannot come since the command ended
   */
  public synchronized String awaitLine(Predicate<String> wanted, Duration patience)
      throws InterruptedException {
    long until = System.nanoTime() + patience.toNanos();
    // Each line is looked at once: to begin anew with each new one would hold the readers up.
    int outSeen = 0;
    int errSeen = 0;
    while (true) {
      for (; outSeen < out.size(); outSeen++) {
        if (wanted.test(out.get(outSeen))) {
          return out.get(outSeen);
        }
      }
      for (; errSeen < err.size(); errSeen++) {
        if (wanted.test(err.get(errSeen))) {
          return err.get(errSeen);
        }
      }
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (openStreams == 0 || left <= 0) {
        throw new AssertionError(
            command
                + (openStreams == 0 ? " ended without that line" : " printed no such line in time")
                + describe());
      }
      wait(left);
    }
  }

  /**
   * Waits for the command's end and all its output.
   *
   * @return the exit code
   * @throws AssertionError if it runs for longer; it is killed then
   */
  public int awaitEnd(Duration patience) throws InterruptedException {
    if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(command + " did not end within " + patience + describe());
    }
    // A child that it left behind may hold its output open for ever.
    for (Thread reader : readers) {
      reader.join(TimeUnit.SECONDS.toMillis(PATIENCE_TO_STOP_SECONDS));
    }
    return process.exitValue();
  }

  /** Asks the command to end (SIGTERM), and makes it if it does not. */
  public int stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(PATIENCE_TO_STOP_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return awaitEnd(Duration.ofSeconds(PATIENCE_TO_STOP_SECONDS));
  }

  synchronized String describe() {
    return "\nstdout: "
        + String.join("\n        ", out)
        + "\nstderr: "
        + String.join("\n        ", err);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
