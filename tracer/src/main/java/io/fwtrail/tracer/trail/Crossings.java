package io.fwtrail.tracer.trail;

import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Packets between two namespaces: they left one by an interface that leads to others, and were not
 * seen in the next yet. An interface keeps the order, so of packets that nothing tells apart the
 * one that left first arrives first.
 */
final class Crossings {
  private final IntObjectHashMap<ArrayDeque<OpenTrail>> byFingerprint = new IntObjectHashMap<>();

  /** Takes one whose packet has just left. */
  void add(OpenTrail trail) {
    if (trail.crossing) {
      return;
    }
    trail.crossing = true;
    ArrayDeque<OpenTrail> same = byFingerprint.get(trail.fingerprint);
    if (same == null) {
      same = new ArrayDeque<>(2);
      byFingerprint.put(trail.fingerprint, same);
    }
    same.add(trail);
  }

  /** Forgets one: it ended, or went on where it was. */
  void remove(OpenTrail trail) {
    if (!trail.crossing) {
      return;
    }
    trail.crossing = false;
    ArrayDeque<OpenTrail> same = byFingerprint.get(trail.fingerprint);
    if (same != null && same.remove(trail) && same.isEmpty()) {
      byFingerprint.remove(trail.fingerprint);
    }
  }

  /** The trail that the first message of a packet in a namespace goes on with; null for none. */
  @Nullable OpenTrail take(Sighting s) {
    if (s.packet == null || s.inDevice == null) {
      return null;
    }
    ArrayDeque<OpenTrail> same = byFingerprint.get(s.packet.fingerprint());
    OpenTrail found = same == null ? null : find(same, s);
    if (found != null) {
      remove(found);
    }
    return found;
  }

  private static @Nullable OpenTrail find(ArrayDeque<OpenTrail> candidates, Sighting s) {
    OpenTrail perhaps = null;
    for (Iterator<OpenTrail> each = candidates.iterator(); each.hasNext(); ) {
      OpenTrail trail = each.next();
      Device out = trail.outDevice;
      Device in = s.inDevice;
      if (out == null || in == null || !trail.comesOutAs(s)) {
        continue;
      }
      if (out.leadsTo(in)) {
        return trail;
      }
      if (perhaps == null && out.mayLeadTo(in)) {
        perhaps = trail;
      }
    }
    return perhaps;
  }
}
