package io.fwtrail.cli.output;

import io.fwtrail.tracer.json.ByteBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Between the event loop, which must never wait, and standard output, whose reader may be slow: a
 * queue with a bound, and a thread that writes. What does not fit is dropped and counted.
 */
public final class OutputQueue implements AutoCloseable {
  /** Some 20,000 records of JSON: what a reader may miss for a moment. */
  private static final int MOST_BYTES = 16 * 1024 * 1024;

  /** Handed to the writer when there is so much, without waiting for {@link #flush}. */
  private static final int CHUNK_BYTES = 256 * 1024;

  private static final int MOST_SPARE = 4;

  private final OutputStream out;
  private final Runnable onClosed;
  private final boolean waits;
  private final Thread writer = new Thread(this::write, "fwtrail-output");
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Chunk> chunks = new ArrayDeque<>();

  /** Arrays that were written, to be filled again: no garbage at a busy time. */
  private final ArrayDeque<byte[]> spare = new ArrayDeque<>(MOST_SPARE);

  private final ByteBuilder chunk = new ByteBuilder(CHUNK_BYTES + CHUNK_BYTES / 4);
  private int records;
  private long queuedBytes;
  private long dropped;
  private boolean ending;
  private boolean broken;
  private boolean writing;

  private record Chunk(byte[] bytes, int length) {}

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
  public ByteBuilder chunk() {
    return chunk;
  }

  /** Adds a record of text. */
  public void add(CharSequence record) {
    chunk.append(record);
    endRecord();
  }

  /** A record is complete. */
  public void endRecord() {
    records++;
    if (chunk.size() >= CHUNK_BYTES) {
      flush();
    }
  }

  /** Hands over what was put together; waits for the reader only if this queue is made to. */
  public void flush() {
    if (chunk.size() == 0) {
      return;
    }
    lock.lock();
    try {
      while (waits && !broken && queuedBytes > MOST_BYTES / 4) {
        changed.awaitUninterruptibly();
      }
      if (broken || queuedBytes + chunk.size() > MOST_BYTES) {
        dropped += records;
        chunk.clear();
      } else {
        Chunk full = takeChunk();
        chunks.add(full);
        queuedBytes += full.bytes.length;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    records = 0;
  }

  /**
   * What was put together. A little is copied rather than handed on in its large array, or a slow
   * reader of few records would have the queue full of mostly empty ones.
   */
  private Chunk takeChunk() {
    int length = chunk.size();
    byte[] bytes = chunk.array();
    if (length < bytes.length / 8) {
      bytes = Arrays.copyOf(bytes, length);
      chunk.clear();
    } else {
      byte[] next = spare.poll();
      chunk.replaceArray(next == null ? new byte[CHUNK_BYTES + CHUNK_BYTES / 4] : next);
    }
    return new Chunk(bytes, length);
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
      Chunk next;
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
        out.write(next.bytes, 0, next.length);
      } catch (IOException e) {
        fail();
        return;
      }
      lock.lock();
      try {
        writing = false;
        queuedBytes -= next.bytes.length;
        int room = next.bytes.length;
        if (room >= CHUNK_BYTES && room <= CHUNK_BYTES * 2 && spare.size() < MOST_SPARE) {
          spare.push(next.bytes);
        }
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
