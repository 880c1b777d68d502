package io.fwtrail.cli.bench;

import io.fwtrail.netlink.lab.Host;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@link Subject} that runs on the gateway, its output going to a file. */
final class Hearing implements AutoCloseable {
  private static final long PATIENCE_NANOS = 120_000_000_000L;
  private static final int POLL_MILLIS = 100;
  private static final int QUIET_POLLS = 3;

  /** Of CPU between two looks: a program that only waits for messages uses less. */
  private static final long IDLE_NANOS = 10_000_000L;

  /** The bit of group 9, NFNLGRP_NFTRACE, in /proc/net/netlink. */
  private static final long TRACE_GROUP = 1 << 8;

  private final Subject subject;
  private final Process process;
  private final Path out;
  private final Path err;

  private Hearing(Subject subject, Process process, Path out, Path err) {
    this.subject = subject;
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts it, and returns as soon as it hears. */
  static Hearing start(Subject subject, Gateway gateway, Path folder)
      throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        gateway.in(
            Host.GATEWAY,
            () ->
                new ProcessBuilder(subject.command())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start());
    Hearing hearing = new Hearing(subject, process, out, err);
    try {
      hearing.awaitReady();
    } catch (IOException | InterruptedException e) {
      hearing.close();
      throw e;
    }
    return hearing;
  }

  private void awaitReady() throws IOException, InterruptedException {
    long until = System.nanoTime() + PATIENCE_NANOS;
    while (!isReady()) {
      if (!process.isAlive() || System.nanoTime() > until) {
        throw new IOException(subject.title() + " did not start: " + Files.readString(err));
      }
      Thread.sleep(20);
    }
  }

  private boolean isReady() throws IOException {
    if (!subject.ready().isEmpty()) {
      return Files.readString(err).contains(subject.ready());
    }
    return sockets().stream().anyMatch(socket -> (socket.groups & TRACE_GROUP) != 0);
  }

  long pid() {
    return process.pid();
  }

  /** Where its output goes. */
  Path out() {
    return out;
  }

  /** What it said on standard error. */
  String said() throws IOException {
    return Files.readString(err);
  }

  /**
   * Waits until it has dealt with all that was sent: nothing waits in its socket, nothing more is
   * written, and it uses no CPU.
   */
  void awaitQuiet() throws IOException, InterruptedException {
    long until = System.nanoTime() + PATIENCE_NANOS;
    long cpu = ProcessCost.nanos(pid());
    long size = Files.size(out);
    for (int quiet = 0; quiet < QUIET_POLLS; ) {
      if (System.nanoTime() > until) {
        throw new IOException(subject.title() + " is still busy after 120 s");
      }
      Thread.sleep(POLL_MILLIS);
      long cpuBefore = cpu;
      long sizeBefore = size;
      cpu = ProcessCost.nanos(pid());
      size = Files.size(out);
      boolean idle = cpu - cpuBefore < IDLE_NANOS && size == sizeBefore;
      quiet = idle && sockets().stream().allMatch(socket -> socket.waiting == 0) ? quiet + 1 : 0;
    }
  }

  /** Messages that the kernel could not hand to it so far, as its receive buffer was full. */
  long dropped() throws IOException {
    return sockets().stream().mapToLong(socket -> socket.drops).sum();
  }

  /**
   * A netfilter netlink socket.
   *
   * @param waiting bytes in its receive buffer
   */
  private record Socket(long groups, long waiting, long drops) {}

  /** Those of the gateway's namespace. Only the subject has any there. */
  private List<Socket> sockets() throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try (BufferedReader lines =
        Files.newBufferedReader(Path.of("/proc/" + pid() + "/net/netlink"))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
        String[] fields = line.strip().split("\\s+", -1);
        boolean netfilter = fields[1].equals("12");
        if (netfilter && !fields[2].equals("0")) {
          sockets.add(
              new Socket(
                  Long.parseLong(fields[3], 16),
                  Long.parseLong(fields[4]),
                  Long.parseLong(fields[8])));
        }
      }
    }
    return sockets;
  }

  /** Ends it in order, so that it says what it has to say at its end. */
  void end() throws IOException, InterruptedException {
    process.destroy();
    if (!process.waitFor(PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
      throw new IOException(subject.title() + " does not end");
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
