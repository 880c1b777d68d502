package io.fwtrail.tracer.live;

/** What the live source counts; written on its event loop. */
public final class LiveCounts {
  /** Trace messages read, shown or not. */
  public long messages;

  /** Messages that are not what their header says. */
  public long malformed;

  /** How often the rule set changed while it was traced. */
  public long ruleSetChanges;

  /** How often the kernel could not be asked for the rule set. */
  public long ruleSetFailures;
}
