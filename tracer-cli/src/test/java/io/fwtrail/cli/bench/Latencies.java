package io.fwtrail.cli.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.HdrHistogram.Histogram;

/**
 * How long it takes from a packet to the first line about it: a thread reads the pipe that the
 * lines come by and notes when each packet was first told of.
 */
final class Latencies implements AutoCloseable {
  private static final int MOST_PACKETS = 100_000;
  private static final int ROOM = 1 << 20;

  private final InputStream lines;
  private final LineForm form;
  private final Thread reader;

  /** By packet, CLOCK_MONOTONIC in ns; 0 for none. */
  private final long[] arrived = new long[MOST_PACKETS];

  private volatile int packets;

  Latencies(InputStream lines, LineForm form) {
    this.lines = lines;
    this.form = form;
    reader = new Thread(this::read, "reader of lines");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    byte[] some = new byte[ROOM];
    int kept = 0;
    try {
      for (int read = lines.read(some, 0, ROOM); read >= 0; ) {
        long now = System.nanoTime(); // CLOCK_MONOTONIC, as the sender's
        int end = kept + read;
        int begin = 0;
        for (int i = kept; i < end; i++) {
          if (some[i] == '\n') {
            line(some, begin, i, now);
            begin = i + 1;
          }
        }
        kept = end - begin;
        System.arraycopy(some, begin, some, 0, kept);
        read = lines.read(some, kept, ROOM - kept);
      }
    } catch (IOException e) {
      // The program was ended.
    }
  }

  private synchronized void line(byte[] bytes, int begin, int end, long now) {
    int packet = form.packet(bytes, begin, end);
    if (packet >= 0 && packet < MOST_PACKETS && arrived[packet] == 0) {
      arrived[packet] = now;
      packets++;
    }
  }

  /** How many packets were told of since {@link #forget}. */
  int packets() {
    return packets;
  }

  /** Forgets what was seen so far. */
  synchronized void forget() {
    Arrays.fill(arrived, 0);
    packets = 0;
  }

  /**
   * Adds the latencies, in ns, of the packets that were told of.
   *
   * @param times when each was sent, as bench/send.c writes it
   */
  synchronized void addTo(Histogram histogram, Path times) throws IOException {
    LongBuffer sent =
        ByteBuffer.wrap(Files.readAllBytes(times)).order(ByteOrder.nativeOrder()).asLongBuffer();
    for (int i = 0; i < sent.limit(); i++) {
      if (arrived[i] != 0) {
        histogram.recordValue(arrived[i] - sent.get(i));
      }
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
