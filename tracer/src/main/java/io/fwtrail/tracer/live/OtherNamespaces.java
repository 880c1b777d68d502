package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.namespaces.FoundNamespace;
import io.fwtrail.tracer.namespaces.NamespaceFinder;
import io.fwtrail.tracer.namespaces.NamespaceWatch;
import io.netty.util.concurrent.EventExecutor;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Has all other namespaces traced, too: those that there are, and new ones as they appear. One that
 * cannot be traced is told of and left alone.
 */
final class OtherNamespaces implements NamespaceWatch.Listener, Closeable {
  private static final Path ROOT = Path.of("/");

  private final NamespaceIds ids;
  private final @Nullable PacketMatch match;
  private final Namespaces namespaces;
  private final TraceHandler handler;
  private final EventExecutor loop;
  private final LiveCounts counts;
  private final Consumer<String> notices;
  private final Map<NetworkNamespace, Integer> known = new HashMap<>();
  private @Nullable NamespaceWatch watch;

  /**
   * Makes one that traces nothing yet.
   *
   * @param own the namespace that is traced in any case
   * @param notices takes what the user should know
   */
  OtherNamespaces(
      NamespaceIds ids,
      NetworkNamespace own,
      @Nullable PacketMatch match,
      Namespaces namespaces,
      TraceHandler handler,
      EventExecutor loop,
      LiveCounts counts,
      Consumer<String> notices) {
    this.ids = ids;
    this.match = match;
    this.namespaces = namespaces;
    this.handler = handler;
    this.loop = loop;
    this.counts = counts;
    this.notices = notices;
    known.put(own, TracedNamespace.HOME);
  }

  /**
   * How the hops of the namespace are named that is traced in any case.
   *
   * @throws IOException if it cannot be found out which namespaces there are
   */
  static String ownLabel(NetworkNamespace own) throws IOException {
    for (FoundNamespace found : new NamespaceFinder(ROOT).find()) {
      if (found.namespace().equals(own)) {
        return found.label();
      }
    }
    return own.name();
  }

  /**
   * Begins: those that there are now are traced when it returns.
   *
   * @throws IOException if it cannot be found out which there are
   */
  void start() throws IOException {
    watch = NamespaceWatch.start(ROOT, this);
  }

  @Override
  public synchronized void appeared(FoundNamespace found) {
    NetworkNamespace namespace = found.namespace();
    if (known.containsKey(namespace)) {
      return;
    }
    try {
      int id = ids.idOf(namespace);
      known.put(namespace, id);
      enter(id, access(found));
    } catch (IOException | RuntimeException e) {
      notices.accept("network namespace " + found.label() + " is not traced: " + e.getMessage());
    }
  }

  /** Its name, or its only process, may be gone while packets of it are still to be read. */
  private static NamespaceAccess access(FoundNamespace found) throws IOException {
    NetworkNamespace kept = found.namespace().keep();
    try {
      return new NamespaceAccess(kept, found.label(), null);
    } catch (IOException | RuntimeException e) {
      kept.close();
      throw e;
    }
  }

  @Override
  public synchronized void renamed(FoundNamespace found) {
    Integer id = known.get(found.namespace());
    NamespaceAccess access = id == null ? null : namespaces.get(id);
    if (id == null || access == null) {
      return;
    }
    access.rename(found.label());
    int number = id;
    var unused = loop.submit(() -> handler.rename(number, found.label()));
  }

  private void enter(int id, NamespaceAccess access) throws IOException {
    try {
      if (match != null) {
        access.mark(match, true);
      }
      TracedNamespace traced = access.traced(id, counts, loop);
      namespaces.add(id, access);
      var unused = loop.submit(() -> handler.add(traced)).awaitUninterruptibly();
    } catch (IOException | RuntimeException e) {
      namespaces.remove(id);
      access.close();
      throw e;
    }
    if (access.iptables().hasLegacy()) {
      notices.accept(
          "the rules of iptables-legacy in network namespace " + access.name() + " are not shown");
    }
  }

  /** What was open there would keep it alive. */
  @Override
  public synchronized void vanished(NetworkNamespace namespace) {
    Integer id = known.remove(namespace);
    if (id == null || id == TracedNamespace.HOME) {
      return;
    }
    var unused = loop.submit(() -> handler.remove(id)).awaitUninterruptibly();
    try {
      namespaces.remove(id);
    } catch (IOException e) {
      // It is gone, and all that was in it.
    }
  }

  @Override
  public void close() {
    try {
      if (watch != null) {
        watch.close();
      }
    } catch (IOException e) {
      // Nothing more is heard of all the same.
    }
  }
}
