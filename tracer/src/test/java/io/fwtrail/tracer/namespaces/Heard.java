package io.fwtrail.tracer.namespaces;

import io.fwtrail.netlink.channel.NetworkNamespace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a watch told: +label, -label, =label for a new name. */
final class Heard implements NamespaceWatch.Listener {
  private static final long PATIENCE_SECONDS = 30;

  private final List<String> all = new ArrayList<>();
  private final Map<NetworkNamespace, FoundNamespace> present = new HashMap<>();
  private int awaited;

  @Override
  public void appeared(FoundNamespace found) {
    add("+", found);
  }

  @Override
  public void renamed(FoundNamespace found) {
    add("=", found);
  }

  private synchronized void add(String sign, FoundNamespace found) {
    present.put(found.namespace(), found);
    all.add(sign + found.label());
    notifyAll();
  }

  @Override
  public synchronized void vanished(NetworkNamespace namespace) {
    all.add("-" + present.remove(namespace).label());
    notifyAll();
  }

  synchronized List<String> all() {
    return List.copyOf(all);
  }

  /** Waits until it is told, after what was awaited last. */
  synchronized void await(String wanted) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (true) {
      for (; awaited < all.size(); awaited++) {
        if (all.get(awaited).equals(wanted)) {
          awaited++;
          return;
        }
      }
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (left <= 0) {
        throw new AssertionError(wanted + " was not told, but " + all);
      }
      wait(left);
    }
  }

  /** Waits until a namespace has appeared, and tells its label. */
  synchronized String awaitNamespace(NetworkNamespace namespace) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!present.containsKey(namespace)) {
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (left <= 0) {
        throw new AssertionError("no such namespace was told of, but " + all);
      }
      wait(left);
    }
    return present.get(namespace).label();
  }

  /** The namespace that is known by a label. */
  synchronized NetworkNamespace namespace(String label) {
    return present.values().stream()
        .filter(found -> found.label().equals(label))
        .findFirst()
        .orElseThrow()
        .namespace();
  }
}
