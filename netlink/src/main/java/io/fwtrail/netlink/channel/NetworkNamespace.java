package io.fwtrail.netlink.channel;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace, in which sockets can be opened and code can be run. Threads of one process
 * may be in different ones (setns(2)); a socket stays in the one where it was made.
 *
 * <p>Equal where device and inode of the namespace's file are.
 */
public final class NetworkNamespace implements Closeable {
  private static final Path DIRECTORY = Path.of("/run/netns");

  private final String name;
  private final Path path;
  private final Object identity;

  /** An open descriptor that keeps an anonymous namespace alive, or -1. */
  private int keeper;

  private final boolean isCurrent;

  private NetworkNamespace(String name, Path path, int keeper, boolean isCurrent)
      throws IOException {
    this.name = name;
    this.path = path;
    this.keeper = keeper;
    this.isCurrent = isCurrent;
    this.identity = identity(path);
  }

  private static Object identity(Path path) throws IOException {
    return Files.readAttributes(path, "unix:dev,ino");
  }

  /** The one that this process is in. */
  public static NetworkNamespace current() throws IOException {
    return new NetworkNamespace("(current)", Path.of("/proc/self/ns/net"), -1, true);
  }

  /**
   * The one that {@code ip netns} knows by a name.
   *
   * @throws IOException if there is none; the message says where was looked
   */
  public static NetworkNamespace named(String name) throws IOException {
    if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0) {
      throw new IOException("'" + name + "' cannot be the name of a network namespace");
    }
    Path path = DIRECTORY.resolve(name);
    if (!Files.exists(path)) {
      throw new IOException(
          "no network namespace named '" + name + "' (looked in " + DIRECTORY + ")");
    }
    return new NetworkNamespace(name, path, -1, false);
  }

  /**
   * The one that a file stands for, such as /proc/PID/ns/net.
   *
   * @throws IOException if there is no such file
   */
  public static NetworkNamespace at(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new IOException("no network namespace at " + path);
    }
    return new NetworkNamespace(path.toString(), path, -1, false);
  }

  /**
   * The one that a process is in.
   *
   * @throws IOException if there is no such process, or it may not be looked at
   */
  public static NetworkNamespace ofProcess(long pid) throws IOException {
    return new NetworkNamespace("pid " + pid, Path.of("/proc/" + pid + "/ns/net"), -1, false);
  }

  /**
   * A new one, with nothing in it but a loopback device that is down. It lasts until it is closed
   * and nothing else uses it.
   *
   * @throws IOException if the kernel refuses (it needs CAP_SYS_ADMIN)
   */
  public static NetworkNamespace create() throws IOException {
    return onNewThread(
        () -> {
          if (LibC.unshare(LibC.CLONE_NEWNET) != 0) {
            throw NetlinkSocketException.last("making a network namespace");
          }
          int fd = LibC.open("/proc/thread-self/ns/net", LibC.O_RDONLY | LibC.O_CLOEXEC);
          if (fd < 0) {
            throw NetlinkSocketException.last("opening a network namespace");
          }
          return new NetworkNamespace("(new)", Path.of("/proc/self/fd/" + fd), fd, false);
        });
  }

  /** What it was found by. */
  public String name() {
    return name;
  }

  /** A file that stands for it, for programs that take one ({@code nsenter --net=}). */
  public Path path() {
    return path;
  }

  /**
   * Runs a task inside, on a thread of its own that ends with it; the caller waits.
   *
   * @throws IOException if the namespace cannot be entered, or the task throws one
   */
  public <T> T call(Callable<T> task) throws IOException {
    if (isCurrent) {
      return unwrap(task);
    }
    return onNewThread(
        () -> {
          int fd = LibC.open(path.toString(), LibC.O_RDONLY | LibC.O_CLOEXEC);
          if (fd < 0) {
            throw NetlinkSocketException.last("opening the network namespace " + name);
          }
          try {
            if (LibC.setns(fd, LibC.CLONE_NEWNET) != 0) {
              throw NetlinkSocketException.last("entering the network namespace " + name);
            }
          } finally {
            int unused = LibC.close(fd);
          }
          return task.call();
        });
  }

  private static <T> T unwrap(Callable<T> task) throws IOException {
    try {
      return task.call();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private static <T> T onNewThread(Callable<T> task) throws IOException {
    AtomicReference<@Nullable T> result = new AtomicReference<>();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.set(task.call());
              } catch (Throwable t) {
                failure.set(t);
              }
            },
            "netns");
    thread.setDaemon(true);
    thread.start();
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      return unwrap(
          () -> {
            if (thrown instanceof Exception e) {
              throw e;
            }
            throw new IOException(thrown);
          });
    }
    return Objects.requireNonNull(result.get());
  }

  @Override
  public synchronized void close() {
    if (keeper >= 0) {
      int unused = LibC.close(keeper);
      keeper = -1;
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NetworkNamespace that && identity.equals(that.identity);
  }

  @Override
  public int hashCode() {
    return identity.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
