package io.fwtrail.tracer.trail;

import static java.util.stream.Collectors.joining;

import io.fwtrail.tracer.hop.Hop;
import java.util.ArrayList;
import java.util.List;

/** Keeps what the assembler makes. */
public final class Recorder implements TrailListener {
  private final List<Hop> hops = new ArrayList<>();
  private final List<Trail> trails = new ArrayList<>();

  @Override
  public void hop(Hop hop) {
    hops.add(hop);
  }

  @Override
  public void trail(Trail trail) {
    trails.add(trail);
  }

  /** All hops so far. */
  public List<Hop> hops() {
    return hops;
  }

  /** All trails that ended so far. */
  public List<Trail> trails() {
    return trails;
  }

  /** The one trail that ended so far. */
  public Trail only() {
    if (trails.size() != 1) {
      throw new AssertionError(trails.size() + " trails: " + texts());
    }
    return trails.get(0);
  }

  /** The trails in short, see {@link #text(Trail)}. */
  public List<String> texts() {
    return trails.stream().map(Recorder::text).toList();
  }

  /** A trail in short: its hops, and its verdict or what is missing. */
  public static String text(Trail trail) {
    String hops = trail.hops().stream().map(Recorder::text).collect(joining(", "));
    return hops
        + (trail.verdict() == null ? "" : " => " + trail.verdict().keyword())
        + (trail.why() == null ? "" : " (" + trail.why() + ")");
  }

  /** A hop in short: chain, then the rule's handle or what else was met, and the verdict. */
  public static String text(Hop hop) {
    String met = hop.rule() == null ? hop.kind().keyword() : Long.toString(hop.rule().handle());
    return hop.chain()
        + ":"
        + met
        + (hop.verdict() == null ? "" : ":" + hop.verdict().keyword())
        + (hop.target() == null ? "" : ":" + hop.target());
  }
}
