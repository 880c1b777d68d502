package io.fwtrail.tracer.namespaces;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.namespaces.NamespaceNamer.Certainty;
import io.fwtrail.tracer.namespaces.NamespaceNamer.Naming;
import io.fwtrail.tracer.namespaces.NamespaceSurvey.Scan;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells of namespaces that appear and vanish. A name is noticed at once, by inotify(7) in the
 * directories of names; a process in a namespace of its own within {@link #TICK_MILLIS}, or twice
 * that where nothing but the process names it: so that what {@code ip netns add} does on its way is
 * not taken for one.
 *
 * <p>A namespace is gone when it has no name and no process any more, although descriptors may keep
 * it alive: the listener's own do. It should let go of them then. As long as it has one, the inode
 * cannot become another namespace's; without one, a namespace that vanishes and another that
 * appears with its inode between two looks are taken for one.
 */
public final class NamespaceWatch implements Closeable {
  /** How often processes are looked at. */
  public static final long TICK_MILLIS = 500;

  /** Each so many ticks all processes are looked at, in case one has moved. */
  private static final int TICKS_PER_FULL_SCAN = 20;

  /** How soon a name is looked at again that is no namespace yet. */
  private static final long RETRY_MILLIS = 5;

  /** How long after a change in a directory it is looked at that often. */
  private static final long HURRY_MILLIS = 1_000;

  /** For how long a better name is looked for. */
  private static final long NAMING_SECONDS = 30;

  private final NamespaceSurvey survey;
  private final NamespaceNamer namer;
  private final Labels labels = new Labels();
  private final Listener listener;
  private final @Nullable WatchService watcher;
  private final Map<Path, WatchKey> watched = new HashMap<>();
  private final Map<Long, Known> known = new LinkedHashMap<>();
  private final Map<Long, Long> candidates = new HashMap<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "namespaces");
  private volatile int unreadable;

  /** Hears of changes, one at a time. What it throws ends the watch. */
  public interface Listener {
    /** A namespace is there. */
    void appeared(FoundNamespace found);

    /** A namespace has neither a name nor a process any more. */
    void vanished(NetworkNamespace namespace);

    /**
     * A namespace has a better name than the one it appeared with: a pod's namespace is there
     * before the pod.
     */
    default void renamed(FoundNamespace found) {}
  }

  private record Known(FoundNamespace found, Certainty certainty, long since) {}

  private NamespaceWatch(Path root, Listener listener) throws IOException {
    this.survey = new NamespaceSurvey(root);
    this.namer = new NamespaceNamer(root);
    this.listener = listener;
    this.watcher = watchService();
    thread.setDaemon(true);
  }

  /**
   * Tells of all namespaces that there are, on the calling thread; after that on a thread of its
   * own of what changes.
   *
   * @param root where run, var and proc are: /
   * @throws IOException if processes or names cannot be listed
   */
  public static NamespaceWatch start(Path root, Listener listener) throws IOException {
    NamespaceWatch watch = new NamespaceWatch(root, listener);
    try {
      watch.watchDirectories();
      watch.update(watch.survey.look(Scan.ALL_PROCESSES), true, false);
      watch.unreadable = watch.survey.unreadable();
      watch.thread.start();
      return watch;
    } catch (IOException | RuntimeException e) {
      watch.close();
      throw e;
    }
  }

  /** As {@link NamespaceFinder#unreadableProcesses}; from any thread. */
  public int unreadableProcesses() {
    return unreadable;
  }

  /** Null where the user has no inotify left (fs.inotify.max_user_instances): a tick has to do. */
  private static @Nullable WatchService watchService() {
    try {
      return FileSystems.getDefault().newWatchService();
    } catch (IOException e) {
      return null;
    }
  }

  private void run() {
    try {
      long tickAt = System.nanoTime();
      long hurryUntil = tickAt;
      int ticks = 0;
      boolean changed = false;
      while (true) {
        long now = System.nanoTime();
        Scan scan = Scan.NAMES;
        if (now - tickAt >= 0) {
          tickAt = now + TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS);
          scan = ++ticks % TICKS_PER_FULL_SCAN == 0 ? Scan.ALL_PROCESSES : Scan.NEW_PROCESSES;
          changed |= watchDirectories();
        }
        if (changed) {
          hurryUntil = now + TimeUnit.MILLISECONDS.toNanos(HURRY_MILLIS);
        }
        look(scan);
        long wait = Math.max(1, TimeUnit.NANOSECONDS.toMillis(tickAt - System.nanoTime()) + 1);
        if (survey.isUnfinished() && hurryUntil - System.nanoTime() > 0) {
          wait = Math.min(wait, RETRY_MILLIS);
        }
        if (stop.getCount() == 0) {
          return;
        }
        changed = await(wait);
      }
    } catch (ClosedWatchServiceException | InterruptedException e) {
      // Closed.
    }
  }

  private void look(Scan scan) {
    try {
      Map<Long, Presence> present = survey.look(scan);
      if (scan != Scan.ALL_PROCESSES && !present.keySet().containsAll(known.keySet())) {
        // Before one is given up, ask who may have come into it since the last look.
        present = survey.look(Scan.ALL_PROCESSES);
      }
      unreadable = survey.unreadable();
      update(present, false, scan != Scan.NAMES);
    } catch (IOException e) {
      // A directory that could not be read says nothing about what is in it: the next look may.
    }
  }

  private void update(Map<Long, Presence> present, boolean first, boolean tick) {
    for (long inode : List.copyOf(known.keySet())) {
      Known gone = present.containsKey(inode) ? null : known.remove(inode);
      if (gone != null && stop.getCount() > 0) {
        labels.free(gone.found);
        listener.vanished(gone.found.namespace());
      }
    }
    candidates.keySet().retainAll(present.keySet());
    for (Presence presence : present.values()) {
      if (stop.getCount() == 0) {
        return;
      }
      Known before = known.get(presence.inode());
      if (before == null) {
        appear(presence, first);
      } else if (tick
          && before.certainty != Certainty.FINAL
          && System.nanoTime() - before.since < TimeUnit.SECONDS.toNanos(NAMING_SECONDS)) {
        rename(before, presence);
      }
    }
  }

  private void appear(Presence presence, boolean first) {
    long now = System.nanoTime();
    Naming naming = namer.name(presence);
    long since = candidates.computeIfAbsent(presence.inode(), key -> now);
    if (naming.certainty() == Certainty.A_PROCESS
        && !first
        && now - since < TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS)) {
      return;
    }
    NetworkNamespace namespace = survey.open(presence);
    if (namespace != null) {
      candidates.remove(presence.inode());
      FoundNamespace found = labels.take(namespace, naming);
      known.put(presence.inode(), new Known(found, naming.certainty(), now));
      listener.appeared(found);
    }
  }

  private void rename(Known before, Presence presence) {
    Naming naming = namer.name(presence);
    if (naming.certainty().compareTo(before.certainty) <= 0) {
      return;
    }
    labels.free(before.found);
    FoundNamespace found = labels.take(before.found.namespace(), naming);
    known.put(presence.inode(), new Known(found, naming.certainty(), before.since));
    if (!found.label().equals(before.found.label())) {
      listener.renamed(found);
    }
  }

  /** Watches directories that are new; true if there are any. */
  private boolean watchDirectories() {
    if (watcher == null) {
      return false;
    }
    boolean any = false;
    watched.values().removeIf(key -> !key.isValid());
    for (Path directory : survey.directories()) {
      if (!watched.containsKey(directory) && Files.isDirectory(directory)) {
        try {
          watched.put(
              directory,
              directory.register(
                  Objects.requireNonNull(watcher),
                  StandardWatchEventKinds.ENTRY_CREATE,
                  StandardWatchEventKinds.ENTRY_DELETE));
          any = true;
        } catch (IOException e) {
          // Gone again, or no watch is left (fs.inotify.max_user_watches): a tick has to do.
        }
      }
    }
    return any;
  }

  /** Waits for a change in a directory; false if there was none for so long. */
  private boolean await(long millis) throws InterruptedException {
    if (watcher == null) {
      boolean unused = stop.await(millis, TimeUnit.MILLISECONDS);
      return false;
    }
    boolean changed = false;
    WatchKey key = watcher.poll(millis, TimeUnit.MILLISECONDS);
    while (key != null) {
      changed = true;
      key.pollEvents().clear();
      boolean unused = key.reset();
      key = watcher.poll();
    }
    return changed;
  }

  /**
   * Ends it. Once this has returned nothing more is told; it waits for what is being told, unless
   * that is what calls it.
   */
  @Override
  public void close() throws IOException {
    stop.countDown();
    if (watcher != null) {
      watcher.close();
    }
    if (Thread.currentThread() == thread) {
      return;
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
