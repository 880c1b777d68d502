package io.fwtrail.tracer.outside;

import java.io.IOException;
import java.util.concurrent.Callable;

/** Runs tasks on a thread that is in the packet's network namespace, and waits for them. */
@FunctionalInterface
public interface Place {
  /**
   * Runs one.
   *
   * @return what the task returns
   * @throws IOException if the namespace cannot be entered, or the task throws one
   */
  <T> T call(Callable<T> task) throws IOException;
}
