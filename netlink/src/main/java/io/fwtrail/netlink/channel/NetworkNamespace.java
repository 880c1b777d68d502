package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace, in which sockets can be opened and code can be run. Threads of one process
 * may be in different ones (setns(2)); a socket stays in the one where it was made.
 *
 * <p>Two are equal where device and inode of the namespace are, however they were found. Only those
 * of {@link #create} and {@link #keep} have to be closed; for the others that does nothing.
 */
public final class NetworkNamespace implements Closeable {
  /** Where ip-netns(8) keeps the names. On most systems both are one directory. */
  private static final List<Path> DIRECTORIES =
      List.of(Path.of("/run/netns"), Path.of("/var/run/netns"));

  private static final Path OF_THIS_THREAD = Path.of("/proc/thread-self/ns/net");

  private final String name;
  private final Path path;
  private final Map<String, Object> identity;

  /** An open descriptor that keeps an anonymous namespace alive, or -1. */
  private int keeper;

  private NetworkNamespace(String name, Path path, int keeper) throws IOException {
    this.name = name;
    this.path = path;
    this.keeper = keeper;
    this.identity = identity(path);
  }

  private static Map<String, Object> identity(Path path) throws IOException {
    return Map.copyOf(Files.readAttributes(path, "unix:dev,ino"));
  }

  /**
   * The one that this process is in.
   *
   * @throws IOException if /proc cannot be read
   */
  public static NetworkNamespace current() throws IOException {
    return new NetworkNamespace(
        "(current)", Path.of("/proc/" + ProcessHandle.current().pid() + "/ns/net"), -1);
  }

  /**
   * The one that {@code ip netns} knows by a name.
   *
   * @throws IOException if there is none, or this can be no name; the message says where was looked
   */
  public static NetworkNamespace named(String name) throws IOException {
    if (name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || name.indexOf('/') >= 0
        || name.indexOf('\0') >= 0) {
      throw new IOException("'" + name + "' cannot be the name of a network namespace");
    }
    for (Path directory : DIRECTORIES) {
      Path path = directory.resolve(name);
      if (Files.exists(path)) {
        return new NetworkNamespace(name, path, -1);
      }
    }
    throw new IOException(
        "no network namespace named '" + name + "' (looked in " + DIRECTORIES.get(0) + ")");
  }

  /**
   * The one that a process is in.
   *
   * @throws IOException if there is no such process, or it may not be looked at
   */
  public static NetworkNamespace ofProcess(long pid) throws IOException {
    try {
      return new NetworkNamespace("of process " + pid, Path.of("/proc/" + pid + "/ns/net"), -1);
    } catch (NoSuchFileException e) {
      throw new IOException("no process " + pid + ", so no network namespace of it", e);
    }
  }

  /**
   * The one that a file stands for, such as {@code /proc/PID/ns/net} or a bind mount of it.
   *
   * @throws IOException if there is no such file
   */
  public static NetworkNamespace at(Path path) throws IOException {
    try {
      return new NetworkNamespace(path.toString(), path, -1);
    } catch (NoSuchFileException e) {
      throw new IOException("no network namespace at " + path + ": no such file", e);
    }
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
            throw new NetlinkSocketException(
                "making a network namespace", Native.getLastError(), "CAP_SYS_ADMIN");
          }
          int fd = LibC.open(OF_THIS_THREAD.toString(), LibC.O_RDONLY | LibC.O_CLOEXEC);
          if (fd < 0) {
            throw NetlinkSocketException.last("opening a new network namespace");
          }
          return new NetworkNamespace("(new)", ofDescriptor(fd), fd);
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
   * Runs a task inside: on the calling thread if that is there already, which takes no rights; else
   * on a thread of its own that ends with the task, while the caller waits, interrupted or not.
   *
   * @return what the task returns
   * @throws IOException if the namespace cannot be entered (it needs CAP_SYS_ADMIN), or the task
   *     throws one; another checked exception of the task is the cause of one
   */
  public <T extends @Nullable Object> T call(Callable<T> task) throws IOException {
    if (identity.equals(identity(OF_THIS_THREAD))) {
      return result(task);
    }
    return onNewThread(
        () -> {
          enter();
          return task.call();
        });
  }

  /**
   * As {@link #call}, for a task without a result.
   *
   * @throws IOException if the namespace cannot be entered
   */
  public void run(Runnable task) throws IOException {
    Object unused =
        call(
            () -> {
              task.run();
              return Boolean.TRUE;
            });
  }

  private void enter() throws IOException {
    try (Descriptor descriptor = open()) {
      if (LibC.setns(descriptor.number(), LibC.CLONE_NEWNET) != 0) {
        throw new NetlinkSocketException(
            "entering the network namespace " + name, Native.getLastError(), "CAP_SYS_ADMIN");
      }
    }
    if (!identity.equals(identity(OF_THIS_THREAD))) {
      throw new IOException("the network namespace " + name + " is not there any more");
    }
  }

  private static <T extends @Nullable Object> T result(Callable<T> task) throws IOException {
    try {
      return task.call();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private static <T extends @Nullable Object> T onNewThread(Callable<T> task) throws IOException {
    FutureTask<T> future = new FutureTask<>(task);
    Thread thread = new Thread(future, "netns");
    thread.setDaemon(true);
    thread.start();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      return result(
          () -> {
            if (e.getCause() instanceof Error error) {
              throw error;
            }
            throw (Exception) e.getCause();
          });
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Opens the file that stands for it, for messages that name a namespace by a descriptor. As long
   * as that is open the namespace lasts.
   *
   * @throws IOException if it is gone, or may not be opened
   */
  public Descriptor open() throws IOException {
    int fd = LibC.open(path.toString(), LibC.O_RDONLY | LibC.O_CLOEXEC);
    if (fd < 0) {
      throw NetlinkSocketException.last("opening the network namespace " + name);
    }
    return new Descriptor(fd);
  }

  /**
   * The same namespace, kept by an open descriptor: it can be entered until it is closed, even if
   * its name or its process is gone meanwhile.
   *
   * @return one to be closed
   * @throws IOException if it is gone, or may not be opened
   */
  public NetworkNamespace keep() throws IOException {
    int fd = LibC.open(path.toString(), LibC.O_RDONLY | LibC.O_CLOEXEC);
    if (fd < 0) {
      throw NetlinkSocketException.last("opening the network namespace " + name);
    }
    try {
      NetworkNamespace kept = new NetworkNamespace(name, ofDescriptor(fd), fd);
      if (!kept.equals(this)) {
        throw new IOException("the network namespace " + name + " is not there any more");
      }
      return kept;
    } catch (IOException e) {
      int unused = LibC.close(fd);
      throw e;
    }
  }

  private static Path ofDescriptor(int fd) {
    return Path.of("/proc/" + ProcessHandle.current().pid() + "/fd/" + fd);
  }

  /** An open file that stands for a namespace. */
  public static final class Descriptor implements Closeable {
    private int fd;

    private Descriptor(int fd) {
      this.fd = fd;
    }

    /** Its number in this process. */
    public synchronized int number() {
      if (fd < 0) {
        throw new IllegalStateException("the namespace's descriptor is closed");
      }
      return fd;
    }

    @Override
    public synchronized void close() {
      if (fd >= 0) {
        int unused = LibC.close(fd);
        fd = -1;
      }
    }
  }

  /**
   * Lets go of a namespace of {@link #create} or {@link #keep}, which cannot be entered after that
   * by this object.
   */
  @Override
  public synchronized void close() {
    if (keeper >= 0) {
      int unused = LibC.close(keeper);
      keeper = -1;
    }
  }

  /** The number that tells it from all others as long as it lives. */
  public long inode() {
    return ((Number) identity.getOrDefault("ino", 0L)).longValue();
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
