package io.fwtrail.tracer.log;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets a log be read on one thread while trails are made and shown on another: events go from one
 * to the other by the hundred, in objects that come back to be filled again. The filling thread
 * waits where the other is slower.
 */
public final class EventPipe implements AutoCloseable {
  private static final int EVENTS = 512;

  /** One that is filled, one that is read, one in between: more would only take room in caches. */
  private static final int BATCHES = 3;

  private final BlockingQueue<Batch> filled = new ArrayBlockingQueue<>(BATCHES + 1);
  private final BlockingQueue<Batch> free = new ArrayBlockingQueue<>(BATCHES);
  private final Consumer<LogEvent> sink;
  private final Runnable afterBatch;
  private final Thread consumer = new Thread(this::consume, "fwtrail-trails");
  private Batch current;
  private volatile @Nullable RuntimeException failure;

  private static final class Batch {
    final LogEvent[] events = new LogEvent[EVENTS];
    int size;

    Batch() {
      for (int i = 0; i < EVENTS; i++) {
        events[i] = new LogEvent();
      }
    }
  }

  /**
   * Begins.
   *
   * @param sink takes events, on the other thread, and keeps none
   * @param afterBatch runs there now and then, and at the end
   */
  public EventPipe(Consumer<LogEvent> sink, Runnable afterBatch) {
    this.sink = sink;
    this.afterBatch = afterBatch;
    for (int i = 1; i < BATCHES; i++) {
      free.add(new Batch());
    }
    this.current = new Batch();
    consumer.setDaemon(true);
    consumer.start();
  }

  /** The event to fill next. It is this one again until {@link #send}. */
  public LogEvent next() {
    return current.events[current.size];
  }

  /** The event of {@link #next} is filled. */
  public void send() {
    if (++current.size == EVENTS) {
      handOver();
    }
  }

  private void handOver() {
    try {
      filled.put(current);
      current = free.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while reading a log", e);
    }
    check();
  }

  private void check() {
    RuntimeException thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
  }

  private void consume() {
    try {
      while (true) {
        Batch batch = filled.take();
        if (failure == null) {
          try {
            for (int i = 0; i < batch.size; i++) {
              sink.accept(batch.events[i]);
            }
            afterBatch.run();
          } catch (RuntimeException e) {
            failure = e;
          }
        }
        boolean last = batch.size < EVENTS;
        batch.size = 0;
        if (last) {
          return;
        }
        free.put(batch);
      }
    } catch (InterruptedException e) {
      // Nobody interrupts this thread.
    }
  }

  /** Waits until all events have been taken. */
  @Override
  public void close() {
    try {
      filled.put(current);
      consumer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    check();
  }
}
