package io.fwtrail.tracer.trail;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.Deed;
import io.fwtrail.tracer.ruleset.RuleSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A trail whose end was not seen yet, and where in the rule set its packet stands. */
final class OpenTrail {
  /** The neighbours in the list that the trail is in; only {@link TrailList} sets them. */
  @Nullable OpenTrail older;

  @Nullable OpenTrail newer;

  final long begin;
  final List<Hop> hops = new ArrayList<>(16);
  final List<Trail.Change> changes = new ArrayList<>(2);

  /** The source's key; another one when the packet comes back by the loopback device. */
  long key;

  /** Whether the key is made up, as only sources without keys have told of the packet so far. */
  boolean keyless;

  /** 0 until the first hop is shown: a trail that shows none has no number. */
  long number;

  /** When the last message came, in nanoseconds of the monotonic clock. */
  long touched;

  long end;
  @Nullable String why;
  boolean marked;

  /** Whether a program in user space has, or had, the packet. */
  boolean queued;

  /** Whether the present base chain let the packet pass. */
  boolean passed;

  /**
   * Whether nothing is to come any more but, perhaps, a twin of the present base chain. It says
   * which of the assembler's lists the trail is in.
   */
  boolean ending;

  boolean toLoopback;

  /** Number of the network namespace that the packet is in. */
  int namespace;

  /** What {@link #out} is; null where only one namespace is traced. */
  @Nullable Device outDevice;

  /** Whether it is among {@link Crossings}. */
  boolean crossing;

  @Nullable Packet first;
  @Nullable Packet packet;

  /** Of {@link #packet}; see {@link Packet#fingerprint}. */
  int fingerprint;

  @Nullable String in;
  @Nullable String out;
  @Nullable Conntrack conntrack;
  Hop.@Nullable Surroundings surroundings;
  RuleSet ruleSet = RuleSet.EMPTY;

  /** The base chain that the packet is in; null where its message named another chain first. */
  @Nullable Chain base;

  private final List<Chain> visited = new ArrayList<>(8);
  private String table = "";
  private String firstChain = "";
  private NfFamily family = NfFamily.UNSPECIFIED;
  private int passages;

  /** Whether a rule was met in the present base chain. */
  private boolean ruleMet;

  private long mark;
  private boolean markKnown;
  private @Nullable Hook hook;

  private final int mostChanges;

  /** Where in the present table the packet stands, if that is a legacy one. */
  private @Nullable LegacyPlace place;

  /** The last hop, kept or not, and of those with verdict accept the one of highest rank. */
  private @Nullable Hop last;

  private @Nullable Hop accepting;
  private int acceptingRank;

  OpenTrail(long key, long begin, int mostChanges) {
    this.key = key;
    this.begin = begin;
    this.mostChanges = mostChanges;
  }

  /**
   * Whether the first message of a base chain begins another packet's trail, though it bears this
   * one's key: the kernel gives a buffer, and so its trace id, to the next packet at once.
   */
  boolean isEndedBy(Sighting s) {
    Packet now = s.packet;
    if (packet != null && now != null && !packet.canBecome(now, queued)) {
      return true;
    }
    Chain chain = s.chainInfo;
    if (chain == null) {
      // The rule set is not known: the same chain again is the only sign.
      return firstChain.equals(s.chain) && table.equals(s.table);
    }
    if (!chain.isBase()) {
      // Were the packet traced before, a base chain would have told of it first: here in the middle
      // of one, a rule has just begun to trace it.
      return true;
    }
    Hook next = Objects.requireNonNull(chain.hook());
    if (Way.contains(visited, chain)) {
      // A program in user space may send the packet through the same base chain again (NF_REPEAT),
      // but not through one before it. Mostly it is the next packet, in the buffer of one that the
      // program dropped.
      boolean repeated =
          queued && isTwinOfBase(chain) && packet != null && now != null && packet.sameIp(now);
      return !repeated && !meetsTwice(chain, next, s);
    }
    return hook != null && !Way.canFollow(family, hook, chain.family(), next);
  }

  /**
   * Whether one packet can meet a base chain again. It may leave by two devices, one on top of the
   * other. And while a table is replaced, its old and its new chain are both hooked in until the
   * change is complete (Linux 6.18, nf_tables_addchain, nf_tables_commit): mostly one of the two is
   * still, or already, without rules, so that only its policy is met.
   */
  private boolean meetsTwice(Chain chain, Hook next, Sighting s) {
    if (next == Hook.EGRESS && !Objects.equals(out, s.out)) {
      return true;
    }
    if (!isTwinOfBase(chain)
        || !passed
        || packet == null
        || s.packet == null
        || !packet.sameIp(s.packet)
        || packet.ttl() != s.packet.ttl()) {
      return false;
    }
    if (s.ruleSetChanging && packet.id() > 0) {
      return true;
    }
    // Two packets with nothing to tell them apart: but a rule has to begin to trace the second.
    boolean oneIsEmpty = !ruleMet || s.rule == null;
    return oneIsEmpty && passages > 1;
  }

  /** Whether a chain is the present base chain, perhaps in another generation of the rule set. */
  private boolean isTwinOfBase(Chain chain) {
    return base != null && base.isNamedAs(chain);
  }

  private void visit(Chain chain) {
    if (!Way.contains(visited, chain)) {
      visited.add(chain);
    }
  }

  /** Whether a message that shows no packet fits where the packet stands. */
  boolean continuesWith(Sighting s) {
    return isTakenAway(s) || (!passed && table.equals(s.table) && family == s.family);
  }

  /**
   * Whether the first rule that the packet met in a base chain took it away: it is gone when the
   * kernel tells of it, so that the message cannot show it as those of other base chains do
   * (net/netfilter/nf_tables_trace.c; seen with synproxy on Linux 6.18).
   */
  boolean isTakenAway(Sighting s) {
    return passed && !s.entersBaseChain && s.verdict == Verdict.STOLEN;
  }

  /** Takes the one message of a base chain that took the packet away. */
  void enterUnshown(Sighting s) {
    table = s.table;
    family = s.family;
    ruleSet = s.ruleSet;
    base = s.chainInfo != null && s.chainInfo.isBase() ? s.chainInfo : null;
    hook = base == null ? null : base.hook();
    passed = false;
  }

  /** Whether nothing told what the last hop did to the packet. */
  boolean endsUntold() {
    return last != null && last.verdict() == null;
  }

  /** Whether a message shows the headers that the packet had last. */
  boolean hasSameHeaders(Sighting s) {
    return packet != null && s.packet != null && packet.sameIp(s.packet);
  }

  /**
   * Whether it can be of this packet in the base chain that it is in: nothing but marks and the
   * like has changed.
   */
  boolean isFurtherHere(Sighting s) {
    return place != null
        && !passed
        && family == s.family
        && table.equals(s.table)
        && (base == null || !isAnotherBaseChain(s))
        && Objects.equals(in, s.in)
        && Objects.equals(out, s.out)
        && hasSameHeaders(s)
        && isOnHost(s)
        && place.canReach(s.chain, s.number, last);
  }

  private boolean isAnotherBaseChain(Sighting s) {
    Chain chain = s.chainInfo;
    return chain != null && chain.isBase() && !isTwinOfBase(chain);
  }

  /** Whether it can be of this packet in a base chain that is still to come. */
  boolean isBeyond(Sighting s) {
    Chain chain = s.chainInfo;
    Hook next = chain == null ? null : chain.hook();
    Packet now = s.packet;
    boolean mayHavePassed = passed || endsUntold();
    if (chain == null
        || next == null
        || packet == null
        || now == null
        || !mayHavePassed
        || !isOnHost(s)) {
      return false;
    }
    if (hook == null || base == null) {
      // It was traced from the middle of a base chain on, which told no hook: as by the mark.
      return packet.sameIp(now);
    }
    if (next == hook) {
      return chain.runsAt() >= base.runsAt() && !Way.contains(visited, chain) && packet.sameIp(now);
    }
    return Way.canFollow(family, hook, chain.family(), next)
        && (packet.sameIp(now) || packet.mayBeTranslatedTo(now));
  }

  /** A log of several machines may show one packet on its way through two of them. */
  private boolean isOnHost(Sighting s) {
    return Objects.equals(
        surroundings == null ? null : surroundings.host(),
        s.surroundings == null ? null : s.surroundings.host());
  }

  /** Whether the packet has left for other namespaces, as far as can be told. */
  boolean mayHaveLeft() {
    return passed
        && outDevice != null
        && outDevice.mayLeadElsewhere()
        && hereAhead() != Way.Ahead.SURELY;
  }

  /** Whether what was just seen in another namespace is this packet, as it has left here. */
  boolean comesOutAs(Sighting s) {
    Packet now = s.packet;
    return namespace != s.namespace
        && packet != null
        && now != null
        && packet.sameIp(now)
        && packet.ttl() == now.ttl();
  }

  /** Goes on in another namespace, whose hooks and rules are others. */
  void cross() {
    visited.clear();
    base = null;
    hook = null;
    place = null;
    conntrack = null;
    toLoopback = false;
  }

  /** Takes the first message of a trail whose beginning was not seen. */
  void beginInMiddle(Sighting s) {
    table = s.table;
    family = s.family;
    ruleSet = s.ruleSet;
  }

  /** Takes the first message of a base chain. */
  void enter(Sighting s) {
    Chain chain = s.chainInfo;
    table = s.table;
    firstChain = s.chain;
    family = s.family;
    ruleSet = s.ruleSet;
    base = chain != null && chain.isBase() ? chain : null;
    if (base != null) {
      hook = base.hook();
      visit(base);
    } else {
      hook = null;
    }
    passed = false;
    queued = false;
    ruleMet = false;
    passages++;
    if (namespace == s.namespace) {
      interfaceChange("in", in, s.in);
      interfaceChange("out", out, s.out);
    }
    in = s.in;
    out = s.out;
    surroundings = s.surroundings;
    if (s.keyless) {
      place = place == null ? new LegacyPlace() : place;
      place.begin(s.chain, s.number);
    } else {
      place = null;
    }
    toLoopback = s.toLoopback;
    namespace = s.namespace;
    outDevice = s.outDevice;
    if (s.conntrack != null) {
      conntrack = s.conntrack;
    }
    changeTo(s.packet);
  }

  /** A bridge hands up what its port got; a rule may have sent a packet another way. */
  private void interfaceChange(String field, @Nullable String from, @Nullable String to) {
    if (from != null && to != null && !from.equals(to) && changes.size() < mostChanges) {
      changes.add(new Trail.Change(hops.size() + 1, field, from, to));
    }
  }

  @SuppressWarnings("ReferenceEquality") // a source hands on the same object for the same headers
  private void changeTo(@Nullable Packet now) {
    if (now == null || now == packet) {
      return;
    }
    if (first == null) {
      first = now;
    } else if (packet != null && changes.size() < mostChanges) {
      Changes.between(packet, now, hops.size() + 1, changes);
    }
    packet = now;
    fingerprint = now.fingerprint();
  }

  /**
   * The changes that a hop shows. The end of a base chain is no hop, and may be the first message
   * that shows what changed; where the policy's is lost behind it, no hop does.
   */
  List<Trail.Change> shownChanges() {
    int count = changes.size();
    while (count > 0 && changes.get(count - 1).hop() > hops.size()) {
      count--;
    }
    return count == changes.size() ? changes : changes.subList(0, count);
  }

  /** Takes any message after {@link #enter}. */
  void note(Sighting s) {
    end = s.time;
    if (place != null && s.keyless && !s.entersBaseChain) {
      place.step(s.chain, s.number);
      changeTo(s.packet);
    }
    ruleMet |= s.rule != null;
    if (base == null && s.chainInfo != null && s.chainInfo.isBase()) {
      // The policy's message names the base chain at last.
      base = s.chainInfo;
      hook = base.hook();
      visit(base);
    }
    if (!markKnown) {
      mark = s.mark;
      markKnown = true;
    } else if (s.mark != mark && s.kind != null && !s.hidden) {
      if (changes.size() < mostChanges) {
        changes.add(new Trail.Change(hops.size() + 1, "mark", mark, s.mark));
      }
      mark = s.mark;
    }
  }

  /** The family of the table that the packet is in. */
  NfFamily family() {
    return family;
  }

  /** The hook that the packet is at; null where it is not known. */
  @Nullable Hook hook() {
    return hook;
  }

  /**
   * Whether the end is near but for one thing: where a base chain showed its policy only, it may be
   * that of a table that is just being made, whose older twin comes next (see {@link #meetsTwice}).
   */
  boolean mayHaveTwin(Sighting s) {
    return !ruleMet || s.ruleSetChanging;
  }

  /** What is still to come. */
  Way.Ahead ahead() {
    Way.Ahead here = hereAhead();
    return here == Way.Ahead.NOTHING && mayHaveLeft() ? Way.Ahead.PERHAPS : here;
  }

  private Way.Ahead hereAhead() {
    if (base == null || hook == null) {
      return Way.Ahead.PERHAPS;
    }
    return Way.after(ruleSet, base, hook, packet, out, visited, conntrack);
  }

  /** Takes a hop into account for {@link #decidedBy}. */
  void weigh(Hop hop) {
    last = hop;
    if (hop.verdict() == Verdict.ACCEPT) {
      int rank = rank(hop);
      if (rank >= acceptingRank) {
        accepting = hop;
        acceptingRank = rank;
      }
    }
  }

  /**
   * The hop that the verdict hangs on. For a drop that is the last one. An accepted packet was let
   * pass by every base chain; what people mean is the filter rule that let it in or through, then
   * the filter's policy, then whatever came last.
   */
  @Nullable Hop decidedBy(@Nullable Verdict verdict) {
    if (verdict == null) {
      return null;
    }
    return verdict == Verdict.ACCEPT ? accepting : last;
  }

  /**
   * How its way ended; null where that is not known.
   *
   * @param verdict as the trail has it
   * @param lost whether it passed what it met and was not seen where it should have come next
   */
  @Nullable Ending ending(@Nullable Verdict verdict, boolean lost) {
    if (verdict == null) {
      return lost ? new Ending(Ending.Kind.LOST, null) : null;
    }
    if (verdict == Verdict.ACCEPT) {
      return base == null ? null : Ending.accepted(visited, in);
    }
    return Ending.decided(verdict, lastDeed(), packet == null ? Packet.ABSENT : packet.version());
  }

  private @Nullable Deed lastDeed() {
    if (last == null || last.rule() == null) {
      return null;
    }
    Chain chain =
        last.source() == Hop.Source.NFTRACE
            ? ruleSet.chain(last.family(), last.table(), last.chain())
            : ruleSet.legacyChain(last.family(), last.table(), last.chain());
    return chain == null ? null : chain.deed(last.rule());
  }

  private int rank(Hop hop) {
    Hook at = hop.hook();
    boolean filterHook = at == Hook.INPUT || at == Hook.FORWARD || at == Hook.OUTPUT;
    boolean rule = hop.kind() == Hop.Kind.RULE;
    if (base != null && base.isNat()) {
      return 1;
    }
    if (filterHook) {
      return rule ? 5 : 4;
    }
    return rule ? 3 : 2;
  }
}
