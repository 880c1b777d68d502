package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Loads what a live trace is made of (Netty's and JNA's native code, libnftables, the classes that
 * ask the kernel) while the program reads its command line: a fifth of the time until the first
 * hop. It leaves nothing open, and what it cannot load is told by whoever needs it.
 */
public final class Preparation {
  private static volatile @Nullable Thread begun;

  private Preparation() {}

  /** Begins, on a thread of its own. */
  public static void begin() {
    // No lambda: the first one of a process waits for all that lambdas are made with.
    Thread thread =
        new Thread("preparation") {
          @Override
          public void run() {
            load();
          }
        };
    thread.setDaemon(true);
    thread.start();
    begun = thread;
  }

  /** Waits for its end; not at all where it was not begun. */
  public static void awaitEnd() throws InterruptedException {
    Thread thread = begun;
    if (thread != null) {
      thread.join();
    }
  }

  private static void load() {
    try (NetworkNamespace here = NetworkNamespace.current();
        NamespaceAccess access = new NamespaceAccess(here, null, null)) {
      boolean unused = Epoll.isAvailable() && access.hasTexts();
    } catch (IOException | RuntimeException | LinkageError e) {
      // It will fail again, where somebody can be told.
    }
  }
}
