package io.fwtrail.cli.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs a {@link Subject} afresh, warms it up and measures it. */
final class Measurement implements AutoCloseable {
  /** Few and slowly, so that none is lost, to learn what one packet makes. */
  private static final int SAMPLE = 200;

  private static final int SAMPLE_RATE = 1_000;

  private final Traffic traffic;
  private final Hearing hearing;
  private final int messagesPerPacket;
  private final double linesPerPacket;

  /**
   * Starts it and warms it up.
   *
   * @param messagesPerPacket how many messages the kernel makes of one packet
   */
  Measurement(Subject subject, Gateway gateway, Traffic traffic, Path folder, int messagesPerPacket)
      throws IOException, InterruptedException {
    this.traffic = traffic;
    this.messagesPerPacket = messagesPerPacket;
    hearing = Hearing.start(subject, gateway, folder);
    try {
      double unused = traffic.send(SAMPLE, SAMPLE_RATE);
      hearing.awaitQuiet();
      linesPerPacket = (double) lines(0) / SAMPLE;
      double unused1 = traffic.send(subject.warmUp(), Traffic.FLAT_OUT);
      hearing.awaitQuiet();
    } catch (IOException | InterruptedException | RuntimeException e) {
      hearing.close();
      throw e;
    }
  }

  /** Sends, and measures from before the first packet until all of them are dealt with. */
  Measured measure(int packets, int perSecond) throws IOException, InterruptedException {
    long written = Files.size(hearing.out());
    long dropped = hearing.dropped();
    ProcessCost before = ProcessCost.of(hearing.pid());
    double rate = traffic.send(packets, perSecond);
    hearing.awaitQuiet();
    ProcessCost after = ProcessCost.of(hearing.pid());
    ProcessCost spent = after.since(before);
    return new Measured(
        packets,
        rate,
        (long) packets * messagesPerPacket,
        hearing.dropped() - dropped,
        linesPerPacket == 0 ? Double.NaN : lines(written) / linesPerPacket,
        spent.nanos() * spent.userShare(),
        spent.nanos() * (1 - spent.userShare()),
        ProcessCost.kilobytes(hearing.pid(), "status", "VmHWM:"));
  }

  /**
   * Asks the kernel how many messages one packet makes, by the floor, which counts them.
   *
   * @throws IOException if packets differ in that
   */
  static int messagesPerPacket(Gateway gateway, Traffic traffic, Path folder)
      throws IOException, InterruptedException {
    // The first packet of a connection makes more.
    double unused = traffic.send(SAMPLE, SAMPLE_RATE);
    double unused1 = traffic.send(SAMPLE, SAMPLE_RATE);
    try (Hearing floor = Hearing.start(Subject.floor(), gateway, folder)) {
      double unused2 = traffic.send(SAMPLE, SAMPLE_RATE);
      floor.awaitQuiet();
      floor.end();
      String[] words = Files.readString(floor.out(), StandardCharsets.UTF_8).split(" ", -1);
      int messages = Integer.parseInt(words[1]);
      if (messages % SAMPLE != 0) {
        throw new IOException(SAMPLE + " packets made " + messages + " messages");
      }
      return messages / SAMPLE;
    }
  }

  /** Lines of the output from that byte on. */
  private long lines(long from) throws IOException {
    long lines = 0;
    byte[] some = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(hearing.out())) {
      in.skipNBytes(from);
      for (int read = in.read(some); read >= 0; read = in.read(some)) {
        for (int i = 0; i < read; i++) {
          lines += some[i] == '\n' ? 1 : 0;
        }
      }
    }
    return lines;
  }

  /** What the subject said, on standard error, when it ended. */
  String end() throws IOException, InterruptedException {
    hearing.end();
    return hearing.said();
  }

  @Override
  public void close() {
    hearing.close();
  }
}
