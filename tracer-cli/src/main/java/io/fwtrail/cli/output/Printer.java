package io.fwtrail.cli.output;

import io.fwtrail.tracer.trail.TrailListener;

/** Shows hops or trails in one of the forms that {@link OutputForm} lists. */
public interface Printer extends TrailListener {
  /** All that had arrived was handed over: what is ready goes out. */
  void flush();
}
