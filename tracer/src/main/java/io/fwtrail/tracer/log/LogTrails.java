package io.fwtrail.tracer.log;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Sighting;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;

/**
 * Makes trails of the events of a log, whose own clock is the time that passes: a trail ends when
 * the log has gone on for a while without its packet. Not for use by several threads.
 */
public final class LogTrails {
  /**
   * In a log with the kernel's clock. A packet's way through the hooks is microseconds long, but
   * where a slow console shows the log, each line of it holds the packet up.
   */
  private static final long QUIET_NANOS = 100_000_000L;

  /** In a log that tells full seconds only. */
  private static final long QUIET_SECONDS_NANOS = 2_000_000_000L;

  /** How far the clock has to go on before trails are looked at again. */
  private static final long STEP_NANOS = 10_000_000L;

  /** A clock that goes back further has begun anew: the machine was started again. */
  private static final long RESTART_NANOS = 1_000_000_000L;

  private final LegacySightings sightings;
  private final TrailAssembler assembler;
  private final RuleSet rules;
  private final Sighting sighting = new Sighting();
  private long now;
  private long ticked;
  private long lastClock;
  private boolean kernelClock;
  private boolean begun;

  /**
   * Makes one.
   *
   * @param listener takes hops and trails, on the caller's thread
   * @param source what the hops are said to come from
   * @param clock whose clock the events' times are of
   * @param rules the rule set that the packets met; empty where it is not known
   */
  public LogTrails(TrailListener listener, Hop.Source source, Hop.Clock clock, RuleSet rules) {
    this.sightings = new LegacySightings(source, clock);
    this.rules = rules;
    this.assembler =
        new TrailAssembler(
            listener, TrailAssembler.Limits.DEFAULT.withQuietNanos(QUIET_NANOS), false);
  }

  /** What was counted. */
  public TrailAssembler.Counts counts() {
    return assembler.counts();
  }

  /** Takes the next event of the log. */
  public void take(LogEvent event) {
    boolean kernel = event.kernelMicros != LogEvent.ABSENT;
    long clock = kernel ? event.kernelMicros * 1_000 : event.time;
    long step = clock - lastClock;
    if (!begun || kernel != kernelClock || step < -RESTART_NANOS) {
      assembler.stop();
      step = 0;
      begun = true;
      kernelClock = kernel;
    }
    lastClock = clock;
    // Never back: lines of two processors may be out of order by microseconds. Where the clock
    // ticks seconds, a second is no silence.
    now += Math.max(0, kernel ? step : step * QUIET_NANOS / QUIET_SECONDS_NANOS);
    if (now - ticked >= STEP_NANOS) {
      ticked = now;
      assembler.tick(now);
    }
    sightings.fill(sighting, event, rules);
    assembler.see(sighting, now);
  }

  /** Events were lost here. */
  public void lost(long events) {
    assembler.lost(new Loss(sighting.time, Loss.Cause.LOG, events));
  }

  /** Nothing came for a while: what is open ends. */
  public void quiet() {
    now += TrailAssembler.Limits.DEFAULT.queuedNanos();
    ticked = now;
    assembler.tick(now);
  }

  /** The log is at its end. */
  public void end() {
    quiet();
    assembler.stop();
  }
}
