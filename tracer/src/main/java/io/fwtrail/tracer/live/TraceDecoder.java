package io.fwtrail.tracer.live;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Conntrack;
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
  private final NameCache names = new NameCache();
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
    s.family = NfFamily.of(m.family());
    s.table = table(m);
    s.chain = chain(m);
    s.ruleSet = rules;
    s.chainInfo = rules.chain(s.family, s.table, s.chain);
    s.mark = m.mark();
    s.hidden = own.hides(s.family, s.table);
    fillOutcome(s, m);
    if (m.hasPacket()) {
      fillPacket(s, m);
    }
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

  private void fillOutcome(Sighting s, TraceMessage m) {
    s.verdictFrom = Hop.VerdictFrom.KERNEL;
    if (m.type() == TraceMessage.TYPE_POLICY) {
      s.kind = Hop.Kind.POLICY;
      s.verdict = m.policy() < 0 ? null : Verdict.ofCode(m.policy());
    } else if (m.hasHandle()) {
      s.kind = Hop.Kind.RULE;
      s.verdict = Verdict.ofCode(m.verdictCode());
      s.rule = rule(s.chainInfo, m.handle());
      s.marks = own.marks(s.family, s.table, m.handle());
      if (m.targetEnd() > m.targetStart()) {
        s.target = target(m);
      }
    } else {
      fillEndOfChain(s, m);
    }
    if (s.verdict == null) {
      s.verdictFrom = null;
    }
  }

  /**
   * The end of a chain. Of a base chain it is no hop, since the policy's message follows; of
   * another chain it is the return to where the packet came from. Kernel 6.4 and later send it as a
   * rule without a handle, older ones as a return; either way the verdict in it is "continue".
   */
  private static void fillEndOfChain(Sighting s, TraceMessage m) {
    Chain chain = s.chainInfo;
    boolean base = chain != null ? chain.isBase() : m.hasPacket();
    s.kind = base ? null : Hop.Kind.RETURN;
    s.verdict =
        m.verdictCode() == NfTables.VERDICT_CONTINUE
            ? (base ? null : Verdict.RETURN)
            : Verdict.ofCode(m.verdictCode());
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
    s.packet =
        PacketDecoder.decode(
            m.buffer(),
            m.linkStart(),
            m.linkLength(),
            m.iifType(),
            m.networkStart(),
            m.networkLength(),
            m.transportStart(),
            m.transportLength(),
            switch (NfFamily.of(m.protocolFamily())) {
              case IP -> PacketDecoder.Network.IPV4;
              case IP6 -> PacketDecoder.Network.IPV6;
              case ARP -> PacketDecoder.Network.ARP;
              default -> PacketDecoder.Network.UNKNOWN;
            });
    if (m.hasConntrack()) {
      s.conntrack = Conntrack.of(m.ctId(), m.ctDirection(), m.ctState());
    }
  }
}
