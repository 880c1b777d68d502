package io.fwtrail.tracer.trail;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketBuilder;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Plays one packet's messages to an assembler, as the kernel would send them: the first message of
 * each base chain shows the packet, later ones do not.
 */
public final class PacketWalk {
  private final Bench bench;
  private RuleSet rules;
  private long key;
  private Packet packet;
  private String in;
  private String out;
  private int namespace;
  private Device inDevice;
  private Device outDevice;
  private Conntrack conntrack;
  private long mark;
  private boolean changing;
  private NfFamily family = NfFamily.UNSPECIFIED;
  private String table = "";
  private final Deque<String> callers = new ArrayDeque<>();
  private String chain = "";
  private boolean enters;
  private boolean afterGoto;

  PacketWalk(Bench bench, RuleSet rules, long key, PacketBuilder packet) {
    this.bench = bench;
    this.rules = rules;
    this.key = key;
    this.packet = packet.build();
  }

  /** It comes in by an interface. */
  public PacketWalk in(String device) {
    in = device;
    return this;
  }

  /** It leaves by an interface. */
  public PacketWalk out(String device) {
    out = device;
    return this;
  }

  /** It is in another namespace from now on, and came in there by an interface. */
  public PacketWalk arrives(int number, RuleSet there, Device by) {
    namespace = number;
    rules = there;
    inDevice = by;
    outDevice = null;
    in = "in" + by.index();
    out = null;
    conntrack = null;
    mark = 0;
    return this;
  }

  /** It leaves by an interface that leads to other namespaces. */
  public PacketWalk leaves(Device by) {
    outDevice = by;
    out = "out" + by.index();
    return this;
  }

  /** It belongs to a connection that is new, established, related... */
  public PacketWalk connection(String state) {
    conntrack = new Conntrack(7, "original", state);
    return this;
  }

  /** It bears a mark from now on. */
  public PacketWalk marked(long value) {
    mark = value;
    return this;
  }

  /** Its headers are others from now on. */
  public PacketWalk becomes(PacketBuilder now) {
    packet = now.build();
    return this;
  }

  /** It has another trace id from now on. */
  public PacketWalk underKey(long other) {
    key = other;
    return this;
  }

  /** It meets another rule set from now on, while the rule set is changing. */
  public PacketWalk underRules(RuleSet other) {
    rules = other;
    return this;
  }

  /** Whether the rule set is changing about now. */
  public PacketWalk whileRulesChange() {
    changing = true;
    return this;
  }

  /** Comes to a base chain. */
  public PacketWalk at(NfFamily of, String tableName, String baseChain) {
    family = of;
    table = tableName;
    chain = baseChain;
    callers.clear();
    enters = true;
    afterGoto = false;
    return this;
  }

  /** Comes to a base chain of an inet table "t". */
  public PacketWalk at(String baseChain) {
    return at(NfFamily.INET, "t", baseChain);
  }

  /** Begins to be traced in a chain that it was led to. */
  public PacketWalk tracedFrom(String userChain, String baseChain) {
    at(userChain);
    callers.push(baseChain);
    return this;
  }

  /** Its first messages were not seen: the next one shows no packet. */
  public PacketWalk alreadyIn(String baseChain) {
    return alreadyIn(NfFamily.INET, "t", baseChain);
  }

  /** The same in another table. */
  public PacketWalk alreadyIn(NfFamily of, String tableName, String baseChain) {
    at(of, tableName, baseChain);
    enters = false;
    return this;
  }

  /** Meets a rule and goes on. */
  public PacketWalk rule(long handle) {
    return rule(handle, Verdict.CONTINUE);
  }

  /** Meets a rule with a verdict. */
  public PacketWalk rule(long handle, Verdict verdict) {
    return send(Hop.Kind.RULE, handle, verdict, null);
  }

  /** Meets a rule that leads it to a chain, to come back. */
  public PacketWalk jump(long handle, String target) {
    send(Hop.Kind.RULE, handle, Verdict.JUMP, target);
    if (!afterGoto) {
      callers.push(chain);
    }
    afterGoto = false;
    chain = target;
    return this;
  }

  /** Meets a rule that leads it to a chain, not to come back to this one. */
  public PacketWalk goTo(long handle, String target) {
    send(Hop.Kind.RULE, handle, Verdict.GOTO, target);
    if (callers.isEmpty()) {
      callers.push(chain);
    }
    chain = target;
    return this;
  }

  /** Meets a rule that sends it back. */
  public PacketWalk returnsBy(long handle) {
    send(Hop.Kind.RULE, handle, Verdict.RETURN, null);
    return back();
  }

  /** Comes to the end of a chain that it was led to. */
  public PacketWalk returns() {
    send(Hop.Kind.RETURN, 0, Verdict.RETURN, null);
    return back();
  }

  private PacketWalk back() {
    if (!callers.isEmpty()) {
      chain = callers.pop();
    }
    return this;
  }

  /** Comes to the end of the base chain, which is no hop. */
  public PacketWalk end() {
    return send(null, 0, null, null);
  }

  /** Comes to the end of the base chain, and to its policy. */
  public PacketWalk policy(Verdict verdict) {
    end();
    return policyOnly(verdict);
  }

  /** Meets the policy behind the end of the base chain. */
  public PacketWalk policyOnly(Verdict verdict) {
    return send(Hop.Kind.POLICY, 0, verdict, null);
  }

  /** Comes to the end of the base chain, whose policy is accept. */
  public PacketWalk passes() {
    return policy(Verdict.ACCEPT);
  }

  /** Meets the rule of the tracer's own table that marks it for the tracer, and passes. */
  public PacketWalk tracersMark(String baseChain) {
    at(NfFamily.INET, Bench.OWN_TABLE, baseChain);
    rule(Bench.OWN_RULE);
    return passes();
  }

  private PacketWalk send(Hop.Kind kind, long handle, Verdict verdict, String target) {
    Sighting s = bench.sighting();
    s.key = key;
    s.namespace = namespace;
    s.family = family;
    s.table = table;
    s.chain = chain;
    s.ruleSet = rules;
    s.ruleSetChanging = changing;
    Chain known = rules.chain(family, table, chain);
    s.chainInfo = known;
    s.kind = kind;
    s.verdict = verdict;
    s.verdictFrom = verdict == null ? null : Hop.VerdictFrom.KERNEL;
    s.target = target;
    if (kind == Hop.Kind.RULE) {
      Rule rule = known == null ? null : known.rule(handle);
      s.rule = rule == null ? Rule.ofHandle(handle) : rule;
    }
    s.mark = mark;
    s.hidden = table.equals(Bench.OWN_TABLE);
    s.marks = s.hidden && handle == Bench.OWN_RULE;
    if (enters) {
      enters = false;
      s.entersBaseChain = true;
      s.packet = packet;
      s.in = in;
      s.out = out;
      s.fromLoopback = "lo".equals(in);
      s.fromBridge = in != null && in.startsWith("br");
      s.toLoopback = "lo".equals(out);
      s.conntrack = conntrack;
      s.inDevice = inDevice;
      s.outDevice = outDevice;
    }
    bench.see(s);
    return this;
  }
}
