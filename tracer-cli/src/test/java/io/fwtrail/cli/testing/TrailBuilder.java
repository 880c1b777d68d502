package io.fwtrail.cli.testing;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes trails for tests: of a UDP packet from 10.0.0.1:1000 to 10.0.0.2:53 that comes in by lan0
 * at 1970-01-01T00:00:01Z, in tables of family inet, unless told otherwise.
 */
public final class TrailBuilder {
  public static final long TIME = 1_000_000_000L;

  private final long number;
  private final List<Hop> hops = new ArrayList<>();
  private final List<Trail.Change> changes = new ArrayList<>();
  private final List<String> hints = new ArrayList<>();
  private Packet packet = udp("10.0.0.1", 1000, "10.0.0.2", 53);
  private Hook hook = Hook.PREROUTING;
  private NfFamily family = NfFamily.INET;
  private String table = "t";
  private String chain = "c";
  private String in = "lan0";
  private String out;
  private String netns;
  private long mark;
  private Conntrack conntrack;
  private Hop decidedBy;
  private Verdict verdict;
  private Ending ending;
  private String why;
  private Connection connection;

  private TrailBuilder(long number) {
    this.number = number;
  }

  public static TrailBuilder trail(long number) {
    return new TrailBuilder(number);
  }

  public static TrailBuilder trail() {
    return new TrailBuilder(1);
  }

  public static IpAddress ip(String dotted) {
    int bits = 0;
    for (String part : dotted.split("\\.", -1)) {
      bits = bits << 8 | Integer.parseInt(part);
    }
    return IpAddress.v4(bits);
  }

  public static Packet udp(String src, int sport, String dst, int dport) {
    return packet("udp", ip(src), sport, ip(dst), dport, null, null);
  }

  public static Packet syn(String src, int sport, String dst, int dport) {
    Packet.Tcp tcp = new Packet.Tcp(7, 0, 64_240, Packet.Tcp.flagBit("SYN"));
    return packet("tcp", ip(src), sport, ip(dst), dport, tcp, null);
  }

  public static Packet echo(String src, String dst) {
    Packet.Icmp icmp = new Packet.Icmp(8, 0, 5, 1);
    return packet("icmp", ip(src), Packet.ABSENT, ip(dst), Packet.ABSENT, null, icmp);
  }

  public static Packet packet(
      String protocol,
      IpAddress src,
      int sport,
      IpAddress dst,
      int dport,
      Packet.Tcp tcp,
      Packet.Icmp icmp) {
    return new Packet(
        src.version(),
        src,
        dst,
        protocol,
        60,
        0,
        64,
        src.version() == 4 ? 1 : Packet.ABSENT,
        false,
        null,
        Packet.ABSENT,
        sport,
        dport,
        tcp,
        icmp,
        null,
        null);
  }

  /** What the hops from here on show. */
  public TrailBuilder of(Packet value) {
    packet = value;
    return this;
  }

  /** Where the hops from here on are. */
  public TrailBuilder at(Hook where, String tableName, String chainName) {
    hook = where;
    table = tableName;
    chain = chainName;
    return this;
  }

  public TrailBuilder family(NfFamily value) {
    family = value;
    return this;
  }

  public TrailBuilder chain(String name) {
    chain = name;
    return this;
  }

  public TrailBuilder in(String name) {
    in = name;
    return this;
  }

  public TrailBuilder out(String name) {
    out = name;
    return this;
  }

  public TrailBuilder netns(String name) {
    netns = name;
    return this;
  }

  public TrailBuilder state(long id, String direction, String state) {
    conntrack = new Conntrack(id, direction, state);
    return this;
  }

  public TrailBuilder rule(int place, String text, Verdict says) {
    return rule(new Rule(place, place + 100, text, null), says, null);
  }

  public TrailBuilder jump(int place, String text, String target) {
    return rule(new Rule(place, place + 100, text, null), Verdict.JUMP, target);
  }

  public TrailBuilder rule(Rule rule, Verdict says, String target) {
    return hop(Hop.Kind.RULE, rule, says, target);
  }

  public TrailBuilder policy(Verdict says) {
    return hop(Hop.Kind.POLICY, null, says, null);
  }

  /** The end of a chain that was called. */
  public TrailBuilder end() {
    return hop(Hop.Kind.RETURN, null, Verdict.CONTINUE, null);
  }

  private TrailBuilder hop(Hop.Kind kind, Rule rule, Verdict says, String target) {
    hops.add(
        new Hop(
            TIME + hops.size(),
            Hop.Clock.RECEIVE,
            Hop.Source.NFTRACE,
            number,
            family,
            table,
            chain,
            hook,
            kind,
            rule,
            says,
            target,
            says == null ? null : Hop.VerdictFrom.KERNEL,
            in,
            out,
            mark,
            conntrack,
            Hop.Surroundings.of(null, null, -1, -1, netns, null),
            packet));
    return this;
  }

  /** The last hop decided. */
  public TrailBuilder decided() {
    decidedBy = hops.get(hops.size() - 1);
    return this;
  }

  /** The last hop shows a new value. */
  public TrailBuilder changed(String field, Object from, Object to) {
    changes.add(new Trail.Change(hops.size(), field, from, to));
    return this;
  }

  public TrailBuilder hint(String text) {
    hints.add(text);
    return this;
  }

  public TrailBuilder why(String text) {
    why = text;
    return this;
  }

  public TrailBuilder connection(Connection value) {
    connection = value;
    return this;
  }

  public TrailBuilder ending(Ending.Kind kind, String detail) {
    ending = new Ending(kind, detail);
    return this;
  }

  public Trail accepted() {
    verdict = Verdict.ACCEPT;
    return build();
  }

  public Trail dropped() {
    verdict = Verdict.DROP;
    return decided().build();
  }

  /** With the verdict of the last hop, where it is one that ends a trail. */
  public Trail ends(Verdict how) {
    verdict = how;
    return build();
  }

  /** Without an end. */
  public Trail build() {
    return new Trail(
        number,
        TIME,
        TIME + hops.size(),
        verdict,
        why,
        decidedBy,
        hops.isEmpty() ? packet : hops.get(0).packet(),
        List.copyOf(changes),
        List.copyOf(hops),
        ending,
        connection,
        List.copyOf(hints));
  }
}
