package io.fwtrail.tracer.log;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log file as it grows, as {@code tail -F} does: also one that does not exist yet, over
 * rotation by renaming and by copying and truncating, and when it is deleted and made anew.
 *
 * <p>After a renaming the old file is read on until the new one has something in it: only then has
 * the log daemon changed over. Lines that are written between logrotate's copying and truncating
 * are lost by logrotate itself ({@code copytruncate} of logrotate(8)); those that were not read yet
 * when it truncates, at most {@link #POLL_MILLIS} old, are in the copy only. A file that comes and
 * is renamed again within that time is not seen.
 */
public final class LogFollower {
  /** How long it waits before it looks again. */
  public static final long POLL_MILLIS = 50;

  /** How long an old file may be silent before a new one that is empty is taken for its heir. */
  private static final int SILENT_POLLS = 100;

  private final Path path;
  private final LineReader reader;
  private final Runnable atEnd;
  private final CountDownLatch stop = new CountDownLatch(1);
  private @Nullable FileChannel channel;
  private @Nullable Object key;
  private int silent;

  /**
   * Makes one.
   *
   * @param reader takes what is read; a line is handed on when its end is there
   * @param atEnd runs, on the reading thread, whenever all that there was has been handed on
   */
  public LogFollower(Path path, LineReader reader, Runnable atEnd) {
    this.path = path;
    this.reader = reader;
    this.atEnd = atEnd;
  }

  /** Ends {@link #run}; from any thread. */
  public void stop() {
    stop.countDown();
  }

  /** Reads until it is stopped. */
  public void run() throws IOException, InterruptedException {
    try {
      do {
        poll();
        atEnd.run();
      } while (!stop.await(POLL_MILLIS, TimeUnit.MILLISECONDS));
      poll();
      reader.end();
      atEnd.run();
    } finally {
      close();
    }
  }

  private void poll() throws IOException {
    FileChannel current = channel;
    if (current == null) {
      current = open();
      if (current == null) {
        return;
      }
    }
    if (current.size() < current.position()) {
      reader.forget();
      reader.beginFile();
      current.position(0);
    }
    // What is there at the path is looked at before the end is reached: what is written to the old
    // file after that look is read by the next poll, before the change.
    boolean replaced = isReplaced();
    silent = drain(current) ? 0 : silent + 1;
    if (replaced) {
      boolean unused = drain(current);
      reader.end();
      reader.beginFile();
      close();
      FileChannel next = open();
      if (next != null) {
        silent = drain(next) ? 0 : 1;
      }
    }
  }

  /** Whether another file has taken the path, and the writer has gone over to it. */
  private boolean isReplaced() throws IOException {
    try {
      BasicFileAttributes there = Files.readAttributes(path, BasicFileAttributes.class);
      return !there.fileKey().equals(key) && (there.size() > 0 || silent >= SILENT_POLLS);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Reads all there is; false if that was nothing. */
  private boolean drain(FileChannel from) throws IOException {
    long before = from.position();
    InputStream in = Channels.newInputStream(from);
    while (reader.read(in)) {
      // Until its end.
    }
    return from.position() > before;
  }

  private @Nullable FileChannel open() throws IOException {
    try {
      while (true) {
        Object before = fileKey();
        FileChannel opened = FileChannel.open(path, StandardOpenOption.READ);
        if (before.equals(fileKey())) {
          channel = opened;
          key = before;
          return opened;
        }
        // Replaced in between: which of the two was opened is not known.
        opened.close();
      }
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private Object fileKey() throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  private void close() throws IOException {
    FileChannel current = channel;
    if (current != null) {
      current.close();
      channel = null;
      key = null;
    }
  }
}
