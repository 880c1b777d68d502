package io.fwtrail.tracer.trail;

import org.jspecify.annotations.Nullable;

/**
 * Open trails, linked with each other in the order in which they were added. A trail is in one list
 * at most. Not for use by several threads.
 */
final class TrailList {
  private @Nullable OpenTrail oldest;
  private @Nullable OpenTrail newest;

  @Nullable OpenTrail oldest() {
    return oldest;
  }

  @Nullable OpenTrail newest() {
    return newest;
  }

  /** The newest of those that {@code count} others were added after; null where there is none. */
  @Nullable OpenTrail overtakenBy(int count) {
    OpenTrail trail = newest;
    for (int i = 0; i < count && trail != null; i++) {
      trail = trail.older;
    }
    return trail;
  }

  /** Adds one that is in no list. */
  void add(OpenTrail trail) {
    trail.older = newest;
    if (newest == null) {
      oldest = trail;
    } else {
      newest.newer = trail;
    }
    newest = trail;
  }

  /** Removes one that is in this list or in none. */
  void remove(OpenTrail trail) {
    OpenTrail older = trail.older;
    OpenTrail newer = trail.newer;
    if (older != null) {
      older.newer = newer;
    } else if (oldest == trail) {
      oldest = newer;
    }
    if (newer != null) {
      newer.older = older;
    } else if (newest == trail) {
      newest = older;
    }
    trail.older = null;
    trail.newer = null;
  }
}
