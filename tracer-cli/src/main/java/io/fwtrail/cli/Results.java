package io.fwtrail.cli;

import io.fwtrail.cli.file.ResultFile;
import io.fwtrail.cli.output.OutputQueue;
import io.fwtrail.cli.output.SafeText;
import io.fwtrail.tracer.trail.Loss;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where results go, behind a queue: standard output, or files. */
final class Results implements AutoCloseable {
  private static final double MEGABYTE = 1e6;

  private final OutputQueue queue;
  private final @Nullable ResultFile file;
  private final boolean readerMayLeave;
  private boolean finished;

  /**
   * Begins.
   *
   * @param onClosed runs when nothing can be written any more
   * @param waits whether the source can wait where the output is slow
   */
  Results(OutputOptions options, Runnable onClosed, boolean waits) throws IOException {
    file = options.write.open();
    readerMayLeave = file == null && Descriptors.leadsToProgram(1);
    queue =
        new OutputQueue(
            file == null ? new FileOutputStream(FileDescriptor.out) : file, onClosed, waits);
  }

  OutputQueue queue() {
    return queue;
  }

  /** A file that cannot be written is not waited for from now on; on any thread. */
  void giveUp() {
    if (file != null) {
      file.giveUp();
    }
  }

  /** Counts what was dropped so far. */
  void count(Losses losses) {
    losses.set(Loss.Cause.OUTPUT, queue.dropped());
  }

  /** How far it is, for the line that is drawn again and again. */
  String progress(Limiter limiter) {
    String line = limiter.progress();
    ResultFile to = file;
    return to == null
        ? line
        : line
            + String.format(Locale.ROOT, ", %.1f MB in ", to.bytes() / MEGABYTE)
            + SafeText.of(String.valueOf(to.path().getFileName()));
  }

  /**
   * Writes what is left, and counts what cannot be written.
   *
   * @return the exit code: 1 if the end is missing, and somebody may miss it
   */
  int finish(Losses losses) {
    finished = true;
    giveUp();
    queue.close();
    IOException failure = readerMayLeave ? null : queue.failure();
    losses.set(Loss.Cause.OUTPUT, queue.dropped() + (failure == null ? 0 : queue.unwritten()));
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      failure = failure == null ? e : failure;
    }
    if (failure == null) {
      return 0;
    }
    StandardError.say(
        "the end of "
            + (file == null ? "standard output" : SafeText.of(file.path().toString()))
            + " is missing: "
            + SafeText.of(String.valueOf(failure.getMessage())));
    return Errors.FAILED;
  }

  @Override
  public void close() {
    if (!finished) {
      int unused = finish(new Losses());
    }
  }
}
