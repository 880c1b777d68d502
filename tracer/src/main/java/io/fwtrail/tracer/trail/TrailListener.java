package io.fwtrail.tracer.trail;

import io.fwtrail.tracer.hop.Hop;

/** Takes what the assembler makes, on the assembler's thread. */
public interface TrailListener {
  /** A hop, as soon as it was seen. */
  void hop(Hop hop);

  /** A trail, as soon as its end is certain, or nothing more of it is to be expected. */
  void trail(Trail trail);
}
