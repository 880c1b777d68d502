package io.fwtrail.tracer.trail;

import io.fwtrail.tracer.hop.Hop;

/** Takes what the assembler makes, on the assembler's thread. */
public interface TrailListener {
  /** A hop, as soon as it was seen. */
  void hop(Hop hop);

  /** A trail, as soon as its end is certain, or nothing more of it is to be expected. */
  void trail(Trail trail);

  /**
   * Something is missing here. Messages: the trails that may lack them have been handed on just
   * before, as incomplete. It is counted elsewhere, too, for those who do not show it where it is.
   */
  default void lost(Loss loss) {}
}
