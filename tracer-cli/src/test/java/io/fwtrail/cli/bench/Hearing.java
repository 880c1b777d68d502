package io.fwtrail.cli.bench;

import io.fwtrail.netlink.lab.Host;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A {@link Subject} that runs on the gateway, its output going to a file or by a pipe. */
final class Hearing implements AutoCloseable {
  private static final long PATIENCE_NANOS = 120_000_000_000L;
  private static final int POLL_MILLIS = 100;
  private static final int QUIET_POLLS = 3;
  private static final int MOST_SAID = 4_000;

  /** Of CPU between two looks: a program that only waits for messages uses less. */
  private static final long IDLE_NANOS = 10_000_000L;

  private final Subject subject;
  private final Process process;
  private final @Nullable OutputFile out;
  private final Path err;
  private final @Nullable KernelLogSetting setting;

  private Hearing(
      Subject subject,
      Process process,
      @Nullable OutputFile out,
      Path err,
      @Nullable KernelLogSetting setting) {
    this.subject = subject;
    this.process = process;
    this.out = out;
    this.err = err;
    this.setting = setting;
  }

  /**
   * Starts it, its output going to a file in that folder, and returns as soon as it says that it
   * hears.
   */
  static Hearing start(Subject subject, Gateway gateway, Path folder)
      throws IOException, InterruptedException {
    OutputFile out = subject.newFile() ? OutputFile.empty(folder) : OutputFile.in(folder);
    return start(subject, gateway, out, folder, ProcessBuilder.Redirect.DISCARD);
  }

  /** The same, its output going nowhere. */
  static Hearing startWithoutOutput(Subject subject, Gateway gateway, Path folder)
      throws IOException, InterruptedException {
    return start(subject, gateway, null, folder, ProcessBuilder.Redirect.DISCARD);
  }

  /** The same, its output coming by {@link #stream}. */
  static Hearing startWithPipe(Subject subject, Gateway gateway, Path folder)
      throws IOException, InterruptedException {
    return start(subject, gateway, null, folder, ProcessBuilder.Redirect.PIPE);
  }

  private static Hearing start(
      Subject subject,
      Gateway gateway,
      @Nullable OutputFile out,
      Path folder,
      ProcessBuilder.Redirect redirect)
      throws IOException, InterruptedException {
    List<String> command = out == null ? subject.command() : out.command(subject.command());
    Path err = folder.resolve("err");
    if (subject.logger() != null) {
      gateway.setLogger(subject.logger());
    }
    KernelLogSetting setting = subject.hearsKernelLog() ? new KernelLogSetting() : null;
    Process process;
    try {
      process =
          gateway.in(
              Host.GATEWAY,
              () ->
                  new ProcessBuilder(command)
                      .redirectOutput(redirect)
                      .redirectError(err.toFile())
                      .start());
    } catch (IOException e) {
      if (setting != null) {
        setting.close();
      }
      throw e;
    }
    Hearing hearing = new Hearing(subject, process, out, err, setting);
    try {
      hearing.await(subject.ready());
    } catch (IOException | InterruptedException e) {
      hearing.close();
      throw e;
    }
    return hearing;
  }

  /** Waits for it to say something on standard error. */
  private void await(String words) throws IOException, InterruptedException {
    long until = System.nanoTime() + PATIENCE_NANOS;
    while (!said().contains(words)) {
      checkAlive(until);
      Thread.sleep(POLL_MILLIS);
    }
  }

  /** Fails if it has ended. */
  void checkAlive() throws IOException {
    checkAlive(Long.MAX_VALUE);
  }

  private void checkAlive(long until) throws IOException {
    if (!process.isAlive() || System.nanoTime() > until) {
      throw new IOException(
          subject.title()
              + (process.isAlive() ? " took longer than 120 s: " : " ended: ")
              + said().strip());
    }
  }

  long pid() {
    return process.pid();
  }

  /** What it said on standard error, the beginning of it. */
  String said() throws IOException {
    String all = Files.readString(err);
    return all.length() > MOST_SAID ? all.substring(0, MOST_SAID) + "..." : all;
  }

  /** Its output, where it is a pipe. */
  InputStream stream() {
    return process.getInputStream();
  }

  /**
   * Waits until it has dealt with all that was sent: nothing waits in its socket, nothing more is
   * written, and none of its threads has anything to do.
   */
  void awaitQuiet() throws IOException, InterruptedException {
    long until = System.nanoTime() + PATIENCE_NANOS;
    long cpu = 0;
    long size = written();
    for (int quiet = 0; quiet < QUIET_POLLS; ) {
      Thread.sleep(POLL_MILLIS);
      checkAlive(until);
      long cpuBefore = cpu;
      long sizeBefore = size;
      cpu = ProcessCost.nanos(pid());
      size = written();
      boolean idle =
          cpu - cpuBefore < IDLE_NANOS
              && size == sizeBefore
              && ProcessCost.isAsleep(pid())
              && sockets().stream().allMatch(socket -> socket.waiting == 0);
      quiet = idle ? quiet + 1 : 0;
    }
  }

  /** Has the disk take its output so far. */
  void settle() throws IOException {
    if (out != null) {
      out.settle();
    }
  }

  /** Bytes of output in its file so far; 0 where there is none. */
  long written() throws IOException {
    if (out == null) {
      return 0;
    }
    try {
      return out.written(pid());
    } catch (NoSuchFileException e) {
      checkAlive();
      throw e;
    }
  }

  /** Lines of the output from that byte on. */
  long lines(long from) throws IOException {
    return out == null ? 0 : out.lines(from, written());
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
  private record Socket(long waiting, long drops) {}

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
          sockets.add(new Socket(Long.parseLong(fields[4]), Long.parseLong(fields[8])));
        }
      }
    }
    return sockets;
  }

  /** Ends it in order, so that it says what it has to say at its end. */
  void end() throws IOException, InterruptedException {
    // Process.destroy would close its output as well.
    boolean unused = process.toHandle().destroy();
    if (!process.waitFor(PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
      throw new IOException(subject.title() + " does not end");
    }
  }

  @Override
  public void close() throws IOException {
    // The next one may want what this one holds, as an NFLOG group, until it has ended.
    process.destroyForcibly().onExit().join();
    if (setting != null) {
      setting.close();
    }
  }
}
