package io.fwtrail.cli.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Runs a {@link Subject} afresh, warms it up and measures it, once or several times. */
final class Measurement implements AutoCloseable {
  /** Few and slowly, so that none is lost, to learn what one packet makes. */
  private static final int SAMPLE = 200;

  private static final int SAMPLE_RATE = 1_000;
  private static final int PROBES = 600;
  private static final int PROBE_MILLIS = 50;

  private final Subject subject;
  private final Traffic traffic;
  private final Hearing hearing;
  private final int messagesPerPacket;
  private final double linesPerPacket;

  /**
   * Starts it and warms it up.
   *
   * @param folder for its output
   * @param messagesPerPacket how many messages the kernel makes of one packet
   */
  Measurement(Subject subject, Gateway gateway, Traffic traffic, Path folder, int messagesPerPacket)
      throws IOException, InterruptedException {
    this.subject = subject;
    this.traffic = traffic;
    this.messagesPerPacket = messagesPerPacket;
    hearing = Hearing.start(subject, gateway, folder);
    try {
      if (subject.ready().isEmpty()) {
        awaitFirstLine();
      }
      linesPerPacket = subject.isFloor() ? Double.NaN : sample();
      double unused = traffic.send(subject.warmUp(), subject.warmUpRate());
      hearing.awaitQuiet();
      hearing.settle();
    } catch (IOException | InterruptedException | RuntimeException e) {
      hearing.close();
      throw e;
    }
  }

  /** Of a program that does not say when it hears: it does once it tells of a packet. */
  private void awaitFirstLine() throws IOException, InterruptedException {
    for (int probe = 0; hearing.written() == 0; probe++) {
      hearing.checkAlive();
      if (probe == PROBES) {
        throw new IOException(subject.title() + " tells of no packet: " + hearing.said().strip());
      }
      double unused = traffic.send(1, Traffic.FLAT_OUT);
      Thread.sleep(PROBE_MILLIS);
    }
    hearing.awaitQuiet();
  }

  /** Lines that one packet makes. */
  private double sample() throws IOException, InterruptedException {
    long written = hearing.written();
    double unused = traffic.send(SAMPLE, SAMPLE_RATE);
    hearing.awaitQuiet();
    long lines = hearing.lines(written);
    long each = Math.round((double) lines / SAMPLE);
    // One less where an empty line stands between packets.
    if (each == 0 || Math.abs(lines - each * SAMPLE) > 1) {
      throw new IOException(
          "%d packets made %d lines of %s".formatted(SAMPLE, lines, subject.title()));
    }
    return each;
  }

  /** Sends, and measures from before the first packet until all of them are dealt with. */
  Measured measure(int packets, int perSecond) throws IOException, InterruptedException {
    long written = hearing.written();
    long dropped = hearing.dropped();
    ProcessCost before = ProcessCost.of(hearing.pid());
    double rate = traffic.send(packets, perSecond);
    hearing.awaitQuiet();
    ProcessCost spent = ProcessCost.of(hearing.pid()).since(before);
    double share =
        subject.isFloor() ? Double.NaN : hearing.lines(written) / (linesPerPacket * packets);
    long messages = (long) packets * messagesPerPacket;
    return new Measured(
        rate,
        messages,
        // Nobody counts what the kernel log loses; its lines can be counted.
        subject.hearsKernelLog() ? Math.round(messages * (1 - share)) : hearing.dropped() - dropped,
        share,
        spent.nanos() * spent.userShare(),
        spent.nanos() * (1 - spent.userShare()),
        ProcessCost.kilobytes(hearing.pid(), "status", "VmHWM:"));
  }

  /**
   * Asks the kernel how many messages one packet makes, by the floor, which counts them.
   *
   * @throws IOException if packets differ in that
   */
  static int messagesPerPacket(Subject floor, Gateway gateway, Traffic traffic, Path folder)
      throws IOException, InterruptedException {
    traffic.openConnections();
    try (Hearing hearing = Hearing.startWithPipe(floor, gateway, folder)) {
      double unused = traffic.send(SAMPLE, SAMPLE_RATE);
      hearing.awaitQuiet();
      hearing.end();
      byte[] said = hearing.stream().readAllBytes();
      String[] words = new String(said, StandardCharsets.UTF_8).split(" ", -1);
      int messages = Integer.parseInt(words[1]);
      if (messages % SAMPLE != 0 || messages == 0) {
        throw new IOException(SAMPLE + " packets made " + messages + " messages");
      }
      return messages / SAMPLE;
    }
  }

  /** Ends the subject, and returns what it said on standard error. */
  String end() throws IOException, InterruptedException {
    hearing.end();
    return hearing.said().strip();
  }

  @Override
  public void close() throws IOException {
    hearing.close();
  }
}
