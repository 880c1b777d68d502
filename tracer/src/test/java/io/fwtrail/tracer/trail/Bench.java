package io.fwtrail.tracer.trail;

import io.fwtrail.tracer.hop.PacketBuilder;
import io.fwtrail.tracer.ruleset.RuleSet;

/** An assembler with its recorder and its clocks; time stands still unless told to pass. */
public final class Bench {
  static final String OWN_TABLE = "fwtrail-1";
  static final long OWN_RULE = 99;

  static final long MILLI = 1_000_000L;
  static final TrailAssembler.Limits LIMITS =
      new TrailAssembler.Limits(100, 300, 2 * MILLI, 50 * MILLI, 5_000 * MILLI);

  final Recorder out = new Recorder();
  private final Sighting sighting = new Sighting();
  private final TrailAssembler assembler;
  private RuleSet rules;
  private long now = -7_000_000_000_000L;
  private long time;

  private Bench(RuleSet rules, TrailAssembler.Limits limits, boolean onlyMarked) {
    this.rules = rules;
    this.assembler = new TrailAssembler(out, limits, onlyMarked);
  }

  static Bench with(RuleSet rules) {
    return new Bench(rules, LIMITS, false);
  }

  static Bench onlyMarked(RuleSet rules) {
    return new Bench(rules, LIMITS, true);
  }

  static Bench with(RuleSet rules, TrailAssembler.Limits limits) {
    return new Bench(rules, limits, false);
  }

  TrailAssembler assembler() {
    return assembler;
  }

  /** A packet of which no message was sent yet. */
  PacketWalk packet(long key, PacketBuilder packet) {
    return new PacketWalk(this, rules, key, packet);
  }

  /** The same with a usual packet. */
  PacketWalk packet(long key) {
    return packet(key, PacketBuilder.udp());
  }

  /** Later packets meet another rule set. */
  void replaceRules(RuleSet other) {
    rules = other;
  }

  Sighting sighting() {
    sighting.clear();
    sighting.time = ++time;
    return sighting;
  }

  /** How many messages were sent: the time of the last one. */
  long time() {
    return time;
  }

  void see(Sighting s) {
    assembler.see(s, now);
  }

  /** Time passes, and all that had come was read. */
  void pass(long nanos) {
    now += nanos;
    assembler.tick(now);
  }

  /** Long enough for whatever may end by silence, but for what is queued. */
  void quiet() {
    pass(LIMITS.quietNanos());
  }

  /** Long enough for what waits for nothing but a twin of its last chain. */
  void aMoment() {
    pass(LIMITS.endingNanos());
  }
}
