package io.fwtrail.tracer.live;

import io.fwtrail.tracer.mark.Mark;
import java.io.Closeable;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The namespaces under trace, by the numbers that batches have for them. */
final class Namespaces implements Closeable {
  private final Map<Integer, NamespaceAccess> byId = new ConcurrentHashMap<>();

  /** What the marks of namespaces counted that are gone. */
  private Mark.@Nullable Counters gone;

  void add(int id, NamespaceAccess access) {
    byId.put(id, access);
  }

  /** The one of a number, or null. */
  @Nullable NamespaceAccess get(int id) {
    return byId.get(id);
  }

  /** The one whose hops show this name; null stands for the only one. */
  @Nullable NamespaceAccess named(@Nullable String name) {
    for (NamespaceAccess access : byId.values()) {
      if (Objects.equals(access.name(), name)) {
        return access;
      }
    }
    return null;
  }

  Collection<NamespaceAccess> all() {
    return byId.values();
  }

  /** Lets go of one, and of what was made in it. */
  void remove(int id) throws IOException {
    NamespaceAccess access = byId.remove(id);
    if (access != null) {
      count(access.unmark());
      access.close();
    }
  }

  /** What the marks have counted so far; null where there are none. */
  synchronized Mark.@Nullable Counters counters() {
    Mark.Counters sum = gone;
    for (NamespaceAccess access : byId.values()) {
      Mark.Counters one = access.counters();
      if (one != null) {
        sum = sum == null ? one : sum.plus(one);
      }
    }
    return sum;
  }

  /**
   * Takes all marks away.
   *
   * @return what they counted; null where there was none, or they had gone
   */
  synchronized Mark.@Nullable Counters unmark() {
    byId.values().forEach(access -> count(access.unmark()));
    return gone;
  }

  private synchronized void count(Mark.@Nullable Counters more) {
    if (more != null) {
      gone = gone == null ? more : gone.plus(more);
    }
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (NamespaceAccess access : byId.values()) {
      try {
        access.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
