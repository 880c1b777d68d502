package io.fwtrail.cli.output;

import io.fwtrail.tracer.trail.TrailListener;

/** Shows hops or trails in one of the forms that {@link OutputForm} lists. */
public interface Printer extends TrailListener, AutoCloseable {
  /** All that had arrived was handed over: what is ready goes out. */
  void flush();

  /** The last trail has come: what is shown only at the end is ready now. */
  default void end() {}

  /** Puts the terminal in order, whatever happened; may be called again. */
  @Override
  default void close() {}
}
