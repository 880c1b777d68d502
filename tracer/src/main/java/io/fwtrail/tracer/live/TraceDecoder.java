package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.NameCache;
import io.fwtrail.tracer.hop.PacketDecoder;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.mark.OwnTables;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import org.jspecify.annotations.Nullable;

/** Says of one trace message what it means: which rule, which verdict, which packet. */
final class TraceDecoder {
  /** As many as most rule sets have rules and chains; a power of two. */
  private static final int KEPT_OUTCOMES = 8_192;

  private final NameCache names = new NameCache();
  private final SeenPackets packets = new SeenPackets();

  /** By their hash. What comes for every packet is worked out once. */
  private final @Nullable Outcome[] outcomes = new Outcome[KEPT_OUTCOMES];

  /** Of the message before, and of the one that was read as what was expected behind it. */
  private @Nullable Outcome last;

  private @Nullable Outcome guessed;

  private final Interfaces interfaces;
  private final OwnTables own;

  /** The same for all hops; null where only one namespace is traced. */
  private Hop.@Nullable Surroundings surroundings;

  /** One for the only namespace that is traced. */
  TraceDecoder(Interfaces interfaces, OwnTables own) {
    this(interfaces, own, null);
  }

  /**
   * One of several.
   *
   * @param netns the namespace's name, to be shown with its hops; null where it is the only one
   */
  TraceDecoder(Interfaces interfaces, OwnTables own, @Nullable String netns) {
    this.interfaces = interfaces;
    this.own = own;
    this.surroundings = Hop.Surroundings.of(null, null, -1, -1, netns, null);
  }

  /** The table's name, without a new String for each message. */
  String table(TraceMessage m) {
    return names.get(m.buffer(), m.tableStart(), m.tableEnd());
  }

  /** The chain's name. */
  String chain(TraceMessage m) {
    return names.get(m.buffer(), m.chainStart(), m.chainEnd());
  }

  /** The name of the chain that a jump or goto leads to; empty where there is none. */
  String target(TraceMessage m) {
    return names.get(m.buffer(), m.targetStart(), m.targetEnd());
  }

  /**
   * Fills a sighting.
   *
   * @param m the message
   * @param rules the rule set that the packet met
   * @param namespace number of the network namespace, -1 for the tracer's own
   * @param time nanoseconds since 1970-01-01T00:00Z
   */
  void fill(Sighting s, TraceMessage m, RuleSet rules, int namespace, long time) {
    s.clear();
    s.key = (long) namespace << 32 | (m.id() & 0xffff_ffffL);
    s.namespace = namespace;
    s.time = time;
    outcome(m, rules).fill(s);
    s.mark = m.mark();
    if (m.hasPacket()) {
      fillPacket(s, m);
    }
  }

  /**
   * Reads a message, which {@link #fill} then tells the meaning of. The message behind another one
   * is mostly the one that came behind it the last time: packets take the same ways.
   *
   * @throws io.fwtrail.netlink.MalformedMessageException as {@link TraceMessage#decode}
   */
  void decode(TraceMessage into, MessageCursor message) {
    Outcome guess = last == null ? null : last.next;
    guessed = guess != null && guess.decode(into, message) ? guess : null;
    if (guessed == null) {
      TraceMessage unused = into.decode(message);
    }
  }

  private Outcome outcome(TraceMessage m, RuleSet rules) {
    Outcome outcome = guessed;
    guessed = null;
    if (outcome == null || !outcome.meansSame(m, rules)) {
      outcome = find(m, rules);
      if (last != null) {
        last.next = outcome;
      }
    }
    last = outcome;
    return outcome;
  }

  private Outcome find(TraceMessage m, RuleSet rules) {
    int slot = m.outcomeHash() & (KEPT_OUTCOMES - 1);
    Outcome known = outcomes[slot];
    if (known == null || !known.isOf(m, rules)) {
      known = workOut(m, rules);
      outcomes[slot] = known;
    }
    return known;
  }

  /** The namespace is known by another name from now on. */
  void rename(String netns) {
    surroundings = Hop.Surroundings.of(null, null, -1, -1, netns, null);
  }

  /** Adds the namespace's name to what another decoder has filled. */
  void claim(Sighting s) {
    if (surroundings != null) {
      Hop.Surroundings known = s.surroundings;
      s.surroundings = known == null ? surroundings : known.in(surroundings.netns());
    }
  }

  /** Takes back what was said of the rule, where only its handle is certain. */
  void forgetRule(Sighting s) {
    if (s.rule != null) {
      s.rule = Rule.ofHandle(s.rule.handle());
    }
  }

  private Outcome workOut(TraceMessage m, RuleSet rules) {
    NfFamily family = NfFamily.of(m.family());
    String table = table(m);
    String chain = chain(m);
    Chain info = rules.chain(family, table, chain);
    Hop.Kind kind;
    Verdict verdict;
    Rule rule = null;
    String target = null;
    if (m.type() == TraceMessage.TYPE_POLICY) {
      kind = Hop.Kind.POLICY;
      verdict = m.policy() < 0 ? null : Verdict.ofCode(m.policy());
    } else if (m.hasHandle()) {
      kind = Hop.Kind.RULE;
      verdict = Verdict.ofCode(m.verdictCode());
      rule = rule(info, m.handle());
      if (m.targetEnd() > m.targetStart()) {
        target = target(m);
      }
    } else {
      boolean base = info != null ? info.isBase() : m.hasPacket();
      kind = base ? null : Hop.Kind.RETURN;
      verdict = verdictAtEnd(m, base);
    }
    return new Outcome(
        m,
        rules,
        family,
        table,
        chain,
        info,
        kind,
        rule,
        verdict,
        target,
        own.hides(family, table),
        kind == Hop.Kind.RULE && own.marks(family, table, m.handle()));
  }

  /**
   * At the end of a chain. Of a base chain it is no hop, since the policy's message follows; of
   * another chain it is the return to where the packet came from. Kernel 6.4 and later send it as a
   * rule without a handle, older ones as a return; either way the verdict in it is "continue".
   */
  private static @Nullable Verdict verdictAtEnd(TraceMessage m, boolean base) {
    if (m.verdictCode() != NfTables.VERDICT_CONTINUE) {
      return Verdict.ofCode(m.verdictCode());
    }
    return base ? null : Verdict.RETURN;
  }

  private static Rule rule(@Nullable Chain chain, long handle) {
    Rule rule = chain == null ? null : chain.rule(handle);
    return rule == null ? Rule.ofHandle(handle) : rule;
  }

  private void fillPacket(Sighting s, TraceMessage m) {
    s.entersBaseChain = true;
    s.in = interfaces.name(m.iif());
    s.out = interfaces.name(m.oif());
    s.fromLoopback = m.iifType() == PacketDecoder.DEVICE_LOOPBACK;
    s.fromBridge = interfaces.isBridge(m.iif());
    s.toLoopback = m.oifType() == PacketDecoder.DEVICE_LOOPBACK;
    if (surroundings != null) {
      s.surroundings = surroundings;
      s.inDevice = interfaces.device(m.iif());
      s.outDevice = interfaces.device(m.oif());
    }
    s.packet = packets.packet(m);
    s.conntrack = packets.conntrack(m);
  }
}
