package io.fwtrail.cli.filter;

import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;

/** The ends of trails that can be asked for; each trail has one. */
public enum TrailEnd {
  ACCEPT("accept"),
  /** Dropped without a word. */
  DROP("drop"),
  /** Dropped, and the sender told. */
  REJECT("reject"),
  QUEUE("queue"),
  STOLEN("stolen"),
  /** The end was not seen, or nothing tells it. */
  LOST("lost");

  private final String keyword;

  TrailEnd(String keyword) {
    this.keyword = keyword;
  }

  /** The end of a trail. */
  public static TrailEnd of(Trail trail) {
    Verdict verdict = trail.verdict();
    if (verdict == null) {
      return LOST;
    }
    Ending ending = trail.ending();
    return switch (verdict) {
      case ACCEPT -> ending != null && ending.kind() == Ending.Kind.LOST ? LOST : ACCEPT;
      case DROP -> ending != null && ending.kind() == Ending.Kind.REJECTED ? REJECT : DROP;
      case QUEUE -> QUEUE;
      case STOLEN -> STOLEN;
      default -> LOST;
    };
  }

  /** The word on the command line, and in records. */
  @Override
  public String toString() {
    return keyword;
  }
}
