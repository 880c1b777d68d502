package io.fwtrail.cli.output;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Between the event loop, which must never wait, and standard output, whose reader may be slow: a
 * queue with a bound, and a thread that writes. What does not fit is dropped and counted.
 */
public final class OutputQueue implements AutoCloseable {
  /** Some 40,000 lines of JSON: more than a second of what a reader can miss. */
  private static final int MOST_BYTES = 16 * 1024 * 1024;

  private final OutputStream out;
  private final Runnable onClosed;
  private final boolean waits;
  private final Thread writer = new Thread(this::write, "fwtrail-output");
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
  private final ByteArrayOutputStream chunk = new ByteArrayOutputStream(64 * 1024);
  private int records;
  private long queuedBytes;
  private long dropped;
  private boolean ending;
  private boolean broken;
  private boolean writing;

  /**
   * Writes to {@code out}.
   *
   * @param onClosed runs once, when nobody reads {@code out} any more or it cannot be written
   */
  public OutputQueue(OutputStream out, Runnable onClosed) {
    this(out, onClosed, false);
  }

  /**
   * Writes to {@code out}.
   *
   * @param waits whether {@link #flush} waits for a slow reader rather than drop: where the source
   *     can wait too, as a file can
   */
  public OutputQueue(OutputStream out, Runnable onClosed, boolean waits) {
    this.out = out;
    this.onClosed = onClosed;
    this.waits = waits;
    writer.setDaemon(true);
    writer.start();
  }

  /** Where records are put together, on the event loop's thread alone. */
  public ByteArrayOutputStream chunk() {
    return chunk;
  }

  /** Adds a record of text. */
  public void add(CharSequence record) {
    byte[] bytes = record.toString().getBytes(StandardCharsets.UTF_8);
    chunk.write(bytes, 0, bytes.length);
    endRecord();
  }

  /** A record is complete. */
  public void endRecord() {
    records++;
  }

  /** Hands over what was put together; waits for the reader only if this queue is made to. */
  public void flush() {
    if (chunk.size() == 0) {
      return;
    }
    byte[] bytes = chunk.toByteArray();
    chunk.reset();
    lock.lock();
    try {
      while (waits && !broken && queuedBytes > MOST_BYTES / 4) {
        changed.awaitUninterruptibly();
      }
      if (broken || queuedBytes + bytes.length > MOST_BYTES) {
        dropped += records;
      } else {
        chunks.add(bytes);
        queuedBytes += bytes.length;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    records = 0;
  }

  /** How many records were dropped because they did not fit. */
  public long dropped() {
    lock.lock();
    try {
      return broken ? 0 : dropped;
    } finally {
      lock.unlock();
    }
  }

  private void write() {
    while (true) {
      byte[] next;
      lock.lock();
      try {
        while (chunks.isEmpty() && !ending) {
          changed.awaitUninterruptibly();
        }
        next = chunks.poll();
        writing = next != null;
      } finally {
        lock.unlock();
      }
      if (next == null) {
        return;
      }
      try {
        out.write(next);
      } catch (IOException e) {
        fail();
        return;
      }
      lock.lock();
      try {
        writing = false;
        queuedBytes -= next.length;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void fail() {
    lock.lock();
    try {
      broken = true;
      writing = false;
      chunks.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    onClosed.run();
  }

  /** Writes what is left, unless nobody takes it. */
  @Override
  public void close() {
    flush();
    lock.lock();
    try {
      ending = true;
      changed.signalAll();
      while (!broken && (writing || !chunks.isEmpty())) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
