package io.fwtrail.tracer.trail;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import org.jspecify.annotations.Nullable;

/**
 * One message of a source, before it is known which packet's it is. A source fills one object again
 * and again ({@link #clear}) and hands it to {@link TrailAssembler#see}, which keeps none of it: so
 * a message that is not shown costs no memory.
 */
public final class Sighting {
  /** What the source tells packets apart by; equal for all messages of a packet. */
  public long key;

  /**
   * Whether the source tells packets apart by nothing (legacy tables): then each message has the
   * packet, and {@link #entersBaseChain} is found out by the assembler.
   */
  public boolean keyless;

  /** The rule's or policy's place in its chain, from 1; 0 where the source does not tell it. */
  public int number;

  /** When, in nanoseconds since 1970-01-01T00:00Z. */
  public long time;

  public Hop.Clock clock = Hop.Clock.RECEIVE;
  public Hop.Source source = Hop.Source.NFTRACE;
  public NfFamily family = NfFamily.UNSPECIFIED;
  public String table = "";
  public String chain = "";

  /** The chain as the rule set has it; null where that is not known. */
  public @Nullable Chain chainInfo;

  /** The rule set that {@link #chainInfo} is of. */
  public RuleSet ruleSet = RuleSet.EMPTY;

  /** Whether the rule set was changing about then, so that a base chain may be met twice. */
  public boolean ruleSetChanging;

  /** What was met; null where the message is no hop: the end of a base chain. */
  public Hop.@Nullable Kind kind;

  public @Nullable Rule rule;
  public @Nullable Verdict verdict;
  public @Nullable String target;
  public Hop.@Nullable VerdictFrom verdictFrom;

  /** Unsigned 32 bits, 0 where none is set. */
  public long mark;

  /** Whether this is the first message of a base chain, which alone has the values below. */
  public boolean entersBaseChain;

  public @Nullable Packet packet;
  public @Nullable String in;
  public @Nullable String out;

  /** Number of the network namespace where it was. */
  public int namespace;

  /** What {@link #in} is; null where only one namespace is traced. */
  public @Nullable Device inDevice;

  /** What {@link #out} is; null where only one namespace is traced. */
  public @Nullable Device outDevice;

  /** What else is known of the packet's surroundings, or null. */
  public Hop.@Nullable Surroundings surroundings;

  public @Nullable Conntrack conntrack;

  /** Whether the packet came in by the loopback device: its way out was seen under another key. */
  public boolean fromLoopback;

  /** Whether a bridge handed it up: at the bridge's port it was seen under another key. */
  public boolean fromBridge;

  /** Whether it leaves by the loopback device, to come in again. */
  public boolean toLoopback;

  /** Whether this is of the tracer's own table, which is not shown. */
  public boolean hidden;

  /** Whether this is the rule that marks a packet for this tracer. */
  public boolean marks;

  /** Back to a message of which nothing is known. */
  public void clear() {
    key = 0;
    keyless = false;
    number = 0;
    time = 0;
    clock = Hop.Clock.RECEIVE;
    source = Hop.Source.NFTRACE;
    family = NfFamily.UNSPECIFIED;
    table = "";
    chain = "";
    chainInfo = null;
    ruleSet = RuleSet.EMPTY;
    ruleSetChanging = false;
    kind = null;
    rule = null;
    verdict = null;
    target = null;
    verdictFrom = null;
    mark = 0;
    entersBaseChain = false;
    packet = null;
    in = null;
    out = null;
    namespace = 0;
    inDevice = null;
    outDevice = null;
    surroundings = null;
    conntrack = null;
    fromLoopback = false;
    fromBridge = false;
    toLoopback = false;
    hidden = false;
    marks = false;
  }
}
