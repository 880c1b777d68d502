package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.WallClock;
import io.fwtrail.tracer.json.ByteBuilder;
import io.fwtrail.tracer.trail.Loss;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Between the event loop, which must never wait, and standard output, whose reader may be slow: a
 * queue with a bound, and a thread that writes. What does not fit is dropped and counted, and where
 * it is missing the output says so. What it says of other losses is never dropped, or the losses of
 * a busy time would not add up in an output that is read slowly: those that come amid what is
 * dropped are told of behind it, all of one cause together.
 */
public final class OutputQueue implements AutoCloseable {
  /** Some 20,000 records of JSON: what a reader may miss for a moment. */
  private static final int MOST_BYTES = 16 * 1024 * 1024;

  /** Handed to the writer when there is so much, without waiting for {@link #flush}. */
  private static final int CHUNK_BYTES = 256 * 1024;

  /** Room for that, and for the record that goes beyond it. */
  private static final int ARRAY_BYTES = CHUNK_BYTES + CHUNK_BYTES / 4;

  /**
   * As many as the queue holds: what a slow reader makes it hold lives long enough to be garbage of
   * the old generation, by which the heap would grow to its limit.
   */
  private static final int MOST_SPARE = MOST_BYTES / ARRAY_BYTES;

  private final OutputStream out;
  private final Runnable onClosed;
  private final boolean waits;
  private final Thread writer = new Thread(this::write, "fwtrail-output");
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Part> parts = new ArrayDeque<>();

  /** Arrays that were written, to be filled again: no garbage at a busy time. */
  private final ArrayDeque<byte[]> spare = new ArrayDeque<>();

  private final ByteBuilder chunk = new ByteBuilder(ARRAY_BYTES);
  private int records;

  /** Those that the chunk tells of. */
  private final List<Loss> losses = new ArrayList<>();

  private long queuedBytes;
  private long dropped;
  private boolean ending;
  private boolean broken;
  private long unwritten;
  private @Nullable IOException failure;
  private boolean writing;
  private Function<Loss, String> gapText = loss -> "";

  /** What is to be written: some records, or the place where some are missing. */
  private static final class Part {
    /** Null where the records were dropped. */
    final byte @Nullable [] bytes;

    final int length;
    long records;

    /** What else is missing there; only where the records were dropped. */
    final Map<Loss.Cause, Loss> losses = new EnumMap<>(Loss.Cause.class);

    Part(byte @Nullable [] bytes, int length, long records) {
      this.bytes = bytes;
      this.length = length;
      this.records = records;
    }

    int room() {
      return bytes == null ? 0 : bytes.length;
    }

    void add(Loss loss) {
      losses.merge(
          loss.cause(),
          loss,
          (sum, next) -> new Loss(sum.time(), sum.cause(), sum.count() + next.count()));
    }
  }

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

  /**
   * Has the output say where something is missing. By default it does not.
   *
   * @param text makes a loss a record of the output's form; called on any thread
   */
  public void sayWhereDropped(Function<Loss, String> text) {
    lock.lock();
    try {
      gapText = text;
    } finally {
      lock.unlock();
    }
  }

  /** Where records are put together, on the event loop's thread alone. */
  public ByteBuilder chunk() {
    return chunk;
  }

  /** Adds a record of text. */
  public void add(StringBuilder record) {
    chunk.append(record);
    endRecord();
  }

  /** Adds a record of text. */
  public void add(String record) {
    chunk.append(record);
    endRecord();
  }

  /** Says that something is missing here. */
  public void add(Loss loss) {
    losses.add(loss);
    chunk.append(text().apply(loss));
    flushIfFull();
  }

  private Function<Loss, String> text() {
    lock.lock();
    try {
      return gapText;
    } finally {
      lock.unlock();
    }
  }

  /** A record is complete. */
  public void endRecord() {
    records++;
    flushIfFull();
  }

  private void flushIfFull() {
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
      if (broken) {
        unwritten += records;
        chunk.clear();
      } else if (queuedBytes + chunk.size() > MOST_BYTES) {
        drop();
        chunk.clear();
      } else {
        Part full = takeChunk();
        parts.add(full);
        queuedBytes += full.room();
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    records = 0;
    losses.clear();
  }

  /**
   * What was put together. A little is copied rather than handed on in its large array, or a slow
   * reader of few records would have the queue full of mostly empty ones.
   */
  private Part takeChunk() {
    int length = chunk.size();
    byte[] bytes = chunk.array();
    if (length < bytes.length / 8) {
      bytes = Arrays.copyOf(bytes, length);
      chunk.clear();
    } else {
      byte[] next = spare.poll();
      chunk.replaceArray(next == null ? new byte[ARRAY_BYTES] : next);
    }
    return new Part(bytes, length, records);
  }

  /** The place of what is missing grows until something follows it. */
  private void drop() {
    dropped += records;
    Part last = parts.peekLast();
    if (last == null || last.bytes != null) {
      last = new Part(null, 0, 0);
      parts.add(last);
    }
    last.records += records;
    losses.forEach(last::add);
  }

  /** How many records were dropped because they did not fit. */
  public long dropped() {
    lock.lock();
    try {
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  /**
   * How many records were in the queue, and came to it afterwards, when {@link #failure} ended it.
   * Where somebody has closed the other end of a pipe, nobody misses them.
   */
  public long unwritten() {
    lock.lock();
    try {
      return unwritten;
    } finally {
      lock.unlock();
    }
  }

  /** Why nothing can be written any more; null where it can. */
  public @Nullable IOException failure() {
    lock.lock();
    try {
      return failure;
    } finally {
      lock.unlock();
    }
  }

  private void write() {
    while (true) {
      Part next;
      lock.lock();
      try {
        while (parts.isEmpty() && !ending) {
          changed.awaitUninterruptibly();
        }
        next = parts.poll();
        writing = next != null;
      } finally {
        lock.unlock();
      }
      if (next == null) {
        return;
      }
      try {
        if (next.bytes != null) {
          out.write(next.bytes, 0, next.length);
        } else {
          out.write(gap(next));
        }
        if (isEmpty()) {
          out.flush();
        }
      } catch (IOException e) {
        fail(next, e);
        return;
      }
      lock.lock();
      try {
        writing = false;
        queuedBytes -= next.room();
        keep(next.bytes);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Keeps an array to be filled again, if it is of the usual size; under the lock. */
  private void keep(byte @Nullable [] bytes) {
    if (bytes != null
        && bytes.length >= CHUNK_BYTES
        && bytes.length <= CHUNK_BYTES * 2
        && spare.size() < MOST_SPARE) {
      spare.push(bytes);
    }
  }

  private byte[] gap(Part part) {
    Function<Loss, String> text = text();
    StringBuilder said = new StringBuilder();
    part.losses.values().forEach(loss -> said.append(text.apply(loss)));
    if (part.records > 0) {
      said.append(text.apply(new Loss(WallClock.nanos(), Loss.Cause.OUTPUT, part.records)));
    }
    return said.toString().getBytes(StandardCharsets.UTF_8);
  }

  private boolean isEmpty() {
    lock.lock();
    try {
      return parts.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private void fail(Part first, IOException why) {
    lock.lock();
    try {
      broken = true;
      failure = why;
      // Those of gaps are counted as dropped already.
      unwritten = first.bytes == null ? 0 : first.records;
      for (Part part : parts) {
        unwritten += part.bytes == null ? 0 : part.records;
      }
      writing = false;
      parts.clear();
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
      while (!broken && (writing || !parts.isEmpty())) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
