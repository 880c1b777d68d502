package io.fwtrail.tracer.live;

import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks the kernel for what trace messages do not tell of a packet, once its trail is at its end:
 * its connection, and what lies outside netfilter where it did not go on. That takes time, so it is
 * done for the trails that are shown.
 */
public final class LookUps {
  /** There once nf_conntrack is loaded, in all namespaces alike. */
  private static final Path CONNTRACK = Path.of("/proc/sys/net/netfilter/nf_conntrack_max");

  private final Namespaces namespaces;
  private boolean tracked;

  LookUps(Namespaces namespaces) {
    this.namespaces = namespaces;
  }

  /**
   * Whether the kernel has connections at all. To ask where it has none would make it load the
   * module that tracks them, from then on those of every packet.
   */
  private boolean isTracked() {
    tracked = tracked || Files.exists(CONNTRACK);
    return tracked;
  }

  /**
   * Why nothing is known of connections, or how many trails were shown without, as too many came at
   * once; empty where nothing is missing.
   */
  public List<String> notices() {
    List<String> notices = new ArrayList<>();
    long skipped = 0;
    for (NamespaceAccess access : namespaces.all()) {
      String refusal = access.connections().refusal();
      if (refusal != null && notices.isEmpty()) {
        notices.add("connections are not shown: " + refusal);
      }
      skipped += access.connections().skipped();
    }
    long unchecked =
        namespaces.all().stream().mapToLong(access -> access.outside().skipped()).sum();
    if (unchecked > 0) {
      notices.add(
          unchecked + " packets were not looked after outside netfilter, as too many came at once");
    }
    if (skipped > 0) {
      notices.add(skipped + " trails are shown without their connection, as too many came at once");
    }
    return notices;
  }

  /** The same trail with what was found. For the thread that the trace calls its listener on. */
  public Trail complete(Trail trail) {
    List<Hop> hops = trail.hops();
    if (hops.isEmpty()) {
      return trail;
    }
    NamespaceAccess first = namespaces.named(hops.get(0).netns());
    NamespaceAccess last = namespaces.named(hops.get(hops.size() - 1).netns());
    Connection connection = first == null || !isTracked() ? null : first.connections().of(trail);
    List<String> hints = last == null ? List.of() : last.outside().hints(trail);
    return connection == null && hints.isEmpty()
        ? trail
        : trail.with(connection, hints, ending(trail, hints));
  }

  /**
   * Where no chain is left that would have seen the packet, only what was found tells that it did
   * not go on.
   */
  private static @Nullable Ending ending(Trail trail, List<String> hints) {
    return trail.ending() == null && trail.verdict() == Verdict.ACCEPT && !hints.isEmpty()
        ? new Ending(Ending.Kind.LOST, null)
        : trail.ending();
  }
}
