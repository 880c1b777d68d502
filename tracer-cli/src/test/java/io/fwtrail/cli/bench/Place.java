package io.fwtrail.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A folder for what is measured to write to, on the disk that the tree is on. It is gone at the
 * end, and so are all processes that were started, also where the end is a signal.
 */
final class Place implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 5_000;

  private final Path folder;
  private volatile boolean closed;

  Place() throws IOException {
    // The property is bin/bench's way to say so, by the script that starts the kernel tests.
    String namespaces = System.getProperty("fwtrail.kernel-tests", "no: start it by bin/bench");
    if (!namespaces.equals("yes")) {
      throw new IOException("it needs namespaces of its own: " + namespaces);
    }
    folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "bench-");
    Thread worker = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> clear(worker), "clearing away"));
  }

  Path folder() {
    return folder;
  }

  private void clear(Thread worker) {
    killAll();
    if (!closed) {
      try {
        // It fails for want of what was killed, and may just have started another one.
        worker.join(PATIENCE_MILLIS);
        killAll();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      System.err.println("bench: " + folder + " is left: " + e);
    }
  }

  private static void killAll() {
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
  }

  @Override
  public void close() {
    killAll();
    closed = true;
  }
}
