package io.fwtrail.netlink.fuzz;

/** Counts what {@link StepCountingLoader} puts counters into. For one thread. */
public final class Steps {
  /** Turns of loops and calls of methods so far. */
  @SuppressWarnings("NonFinalStaticField") // a field costs less than a call
  public static long taken;

  private Steps() {}
}
