package io.fwtrail.cli.file;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Compresses with the program zstd. Java has no zstd of its own, and the libraries that have come
 * with native code for each platform, for what one small program does that most hosts have.
 *
 * <p>Its output comes back by a pipe, so that one place alone writes files, whatever the
 * compression: with what it does about a full disk, and counting bytes as they reach the disk. zstd
 * holds back up to a block of 128 KiB until the end; it would be megabytes with a thread of its own
 * for compression.
 */
final class ZstdStream extends OutputStream {
  /**
   * Ctrl-C and a service manager's signals go to all processes of the group. This one ends when its
   * input does: only then is its output complete.
   */
  private static final String COMMAND = "trap '' INT HUP TERM; exec zstd -q -c --single-thread";

  private static final long PATIENCE_SECONDS = 10;
  private static final int BUFFER = 64 * 1024;

  private final Process process;
  private final OutputStream in;
  private final OutputStream to;
  private final Thread pump = new Thread(this::pump, "fwtrail-zstd");

  /** Why the output could not be passed on; written by the pump's thread. */
  private volatile @Nullable IOException failure;

  private ZstdStream(Process process, OutputStream to) {
    this.process = process;
    this.in = process.getOutputStream();
    this.to = to;
    pump.setDaemon(true);
    pump.start();
  }

  static ZstdStream start(OutputStream to) throws IOException {
    checkInstalled();
    Process process =
        new ProcessBuilder("sh", "-c", COMMAND)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return new ZstdStream(process, to);
  }

  /**
   * Asked for at the start, not when the first record is written.
   *
   * @throws IOException where the program is not there
   */
  static void checkInstalled() throws IOException {
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "" : path).split(File.pathSeparator, -1)) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, "zstd"))) {
        return;
      }
    }
    throw new IOException(
        "zstd is not installed, which compresses files that end in .zst: apt install zstd, or let"
            + " the name end in .gz");
  }

  private void pump() {
    byte[] buffer = new byte[BUFFER];
    try (InputStream out = process.getInputStream()) {
      for (int n = out.read(buffer); n >= 0; n = out.read(buffer)) {
        to.write(buffer, 0, n);
      }
    } catch (IOException e) {
      failure = e;
      // Whoever writes must not wait for it any more.
      process.destroyForcibly();
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    try {
      in.write(bytes, from, length);
    } catch (IOException e) {
      throw because(e);
    }
  }

  @Override
  public void flush() throws IOException {
    try {
      in.flush();
    } catch (IOException e) {
      throw because(e);
    }
  }

  private IOException because(IOException e) {
    IOException known = failure;
    return known != null ? known : new IOException("zstd has ended: " + e.getMessage(), e);
  }

  @Override
  public void close() throws IOException {
    try {
      in.close();
    } catch (IOException e) {
      // What it could not take any more is told of below.
    }
    int code;
    try {
      pump.join();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("zstd did not end");
      }
      code = process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while zstd was to end", e);
    }
    IOException known = failure;
    if (known != null) {
      throw known;
    }
    if (code != 0) {
      throw new IOException("zstd ended with code " + code);
    }
  }
}
