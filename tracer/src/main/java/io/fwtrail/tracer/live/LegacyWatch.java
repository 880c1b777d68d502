package io.fwtrail.tracer.live;

import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Notices when the rules of iptables-legacy change, or its first table appears, of which the kernel
 * gives no notice. The rules are listed when a program has let go of the lock that all such
 * programs take, or when the kernel's numbers for a table have changed: so also where another mount
 * namespace has another lock, though a rule that replaces one of its own size does not show there.
 * On a thread of its own, as a listing takes longer than the event loop may wait. A packet that
 * comes right after a change can be shown with the rule that stood there before.
 */
final class LegacyWatch implements Closeable {
  /** How often the kernel is asked for its numbers: some ten system calls. */
  private static final int INTERVAL_MILLIS = 2_000;

  private final RuleSetReader reader;
  private final Consumer<List<RuleSet.Table>> changed;
  private final Runnable used;
  private final Thread thread;
  private volatile boolean closed;

  /** Null before the thread has begun, and where there is none to be had. */
  private volatile @Nullable XtablesLock lock;

  /**
   * Begins to look.
   *
   * @param changed gets the tables, on the watching thread, whenever they are others than those
   *     that {@code reader} read last; also the first ones, where there were none
   * @param used runs on that thread when a program has used the lock
   */
  LegacyWatch(RuleSetReader reader, Consumer<List<RuleSet.Table>> changed, Runnable used) {
    this.reader = reader;
    this.used = used;
    this.changed = changed;
    thread = new Thread(this::look, "fwtrail-legacy");
    thread.setDaemon(true);
    thread.start();
  }

  private void look() {
    String known = "";
    boolean lockUsed = false;
    try (XtablesLock made = lock()) {
      lock = made;
      while (!closed) {
        // Before the listing: what changes while that is made shows in the next round.
        String now = reader.legacyNumbers();
        if (lockUsed) {
          used.run();
        }
        if (lockUsed || !now.equals(known)) {
          known = now;
          List<RuleSet.Table> tables = reader.readLegacy();
          if (tables != null && !closed) {
            changed.accept(tables);
          }
        }
        if (made == null) {
          Thread.sleep(INTERVAL_MILLIS);
        } else {
          lockUsed = !closed && made.await(INTERVAL_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      // It is closed.
    }
  }

  private static @Nullable XtablesLock lock() {
    try {
      return XtablesLock.watch();
    } catch (IOException e) {
      return null; // the kernel's numbers have to do
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    // The thread looks at closed once more after it has made the lock.
    XtablesLock made = lock;
    if (made != null) {
      made.wake();
    }
  }
}
