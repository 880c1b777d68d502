package io.fwtrail.tracer.trail;

import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.RuleSet;
import org.junit.jupiter.api.Test;

/** A packet over the loopback device goes out under one trace id and comes in under another. */
class LoopbackTest {
  private static final RuleSet RULES =
      ruleSet()
          .table(NfFamily.INET, "t")
          .base("pre", Hook.PREROUTING, 0)
          .base("in", Hook.INPUT, 0)
          .base("out", Hook.OUTPUT, 0)
          .base("post", Hook.POSTROUTING, 0)
          .table(NfFamily.INET, Bench.OWN_TABLE)
          .base("mark-out", Hook.OUTPUT, -301)
          .build();

  private final Bench bench = Bench.with(RULES);

  private PacketWalk sent(long key, int id) {
    return bench
        .packet(key, udp().id(id))
        .out("lo")
        .at("out")
        .rule(1, Verdict.ACCEPT)
        .at("post")
        .rule(2, Verdict.ACCEPT);
  }

  private static PacketWalk comesIn(PacketWalk walk, long key) {
    return walk.underKey(key).in("lo").out(null);
  }

  @Test
  void outAndInAgainIsOneTrail() {
    comesIn(sent(1, 5), 2).at("pre").rule(3, Verdict.ACCEPT).at("in").rule(4, Verdict.ACCEPT);
    assertThat(bench.out.texts())
        .containsExactly("out:1:accept, post:2:accept, pre:3:accept, in:4:accept => accept");
  }

  @Test
  void eachPacketFindsItsOwnWayIn() {
    PacketWalk first = sent(1, 5);
    PacketWalk second = sent(3, 6);
    comesIn(first, 2).at("pre").rule(3, Verdict.DROP);
    comesIn(second, 4).at("pre").rule(4, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "out:1:accept, post:2:accept, pre:3:drop => drop",
            "out:1:accept, post:2:accept, pre:4:drop => drop");
  }

  @Test
  void theKeyItWentOutUnderIsFreeForTheNextPacket() {
    PacketWalk first = comesIn(sent(1, 5), 2).at("pre").rule(3, Verdict.ACCEPT);
    sent(1, 6);
    first.at("in").rule(4, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly("out:1:accept, post:2:accept, pre:3:accept, in:4:drop => drop");
    assertThat(bench.assembler().openTrails()).isOne();
  }

  @Test
  void theKeyItComesInUnderMayBeThatOfAPacketBefore() {
    comesIn(sent(1, 5), 2).at("pre").rule(3, Verdict.ACCEPT);
    comesIn(sent(1, 6), 2).at("pre").rule(3, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "out:1:accept, post:2:accept, pre:3:accept (not seen again after prerouting)",
            "out:1:accept, post:2:accept, pre:3:drop => drop");
  }

  @Test
  void aPacketThatDidNotLeaveByTheLoopbackDoesNotComeInByIt() {
    bench.packet(1).out("eth0").at("out").rule(1, Verdict.ACCEPT);
    bench.packet(2).in("lo").at("pre").rule(2, Verdict.DROP);
    assertThat(bench.out.texts()).containsExactly("pre:2:drop => drop");
  }

  /** A rule on the way out may have switched the trace off, and one on the way in on again. */
  @Test
  void aPacketWhoseWayOutWasNotSeenToItsEndComesInAllTheSame() {
    comesIn(bench.packet(1, udp().id(5)).out("lo").at("out").rule(1), 2)
        .at("pre")
        .rule(2, Verdict.DROP);
    assertThat(bench.out.texts()).containsExactly("out:1:continue, pre:2:drop => drop");
  }

  @Test
  void aPacketThatOnlyGoesOutEndsAcceptedAfterAWhile() {
    RuleSet rules = ruleSet().table(NfFamily.INET, "t").base("out", Hook.OUTPUT, 0).build();
    Bench out = Bench.with(rules);
    out.packet(1).out("lo").at("out").rule(1, Verdict.ACCEPT);
    assertThat(out.out.trails()).isEmpty();
    out.quiet();
    assertThat(out.out.texts()).containsExactly("out:1:accept => accept");
  }

  @Test
  void whatWasMarkedOnItsWayOutIsShownOnItsWayIn() {
    Bench marked = Bench.onlyMarked(RULES);
    PacketWalk walk =
        marked.packet(1).out("lo").tracersMark("mark-out").at("out").rule(1, Verdict.ACCEPT);
    comesIn(walk, 2).at("pre").rule(3, Verdict.DROP);
    assertThat(marked.out.texts()).containsExactly("out:1:accept, pre:3:drop => drop");
  }

  @Test
  void theChangesOfTheWayOutAndInAreThoseOfOnePacket() {
    PacketWalk walk = bench.packet(1).out("lo").at("out").rule(1, Verdict.ACCEPT);
    walk.becomes(udp().dst("127.0.0.1")).at("post").rule(2, Verdict.ACCEPT);
    comesIn(walk, 2).at("pre").rule(3, Verdict.DROP);
    assertThat(bench.out.only().changes())
        .containsExactly(new Trail.Change(2, "dst", "10.0.0.2", "127.0.0.1"));
  }

  /** NAT of a connection that is known already is done without a chain that would tell of it. */
  @Test
  void aPacketIsKnownAgainThoughNatChangedItUnseen() {
    PacketWalk walk = bench.packet(1, udp().id(5)).out("lo").at("out").rule(1, Verdict.ACCEPT);
    comesIn(walk.becomes(udp().id(5).dst("127.0.0.1").dport(8080)), 2)
        .at("pre")
        .rule(3, Verdict.DROP);
    assertThat(bench.out.texts()).containsExactly("out:1:accept, pre:3:drop => drop");
  }

  @Test
  void withoutAnythingTellingOtherAddressesAreAnotherPacket() {
    bench.packet(1, udp().id(0)).out("lo").at("out").rule(1, Verdict.ACCEPT);
    bench.packet(2, udp().id(0).dst("127.0.0.1")).in("lo").at("pre").rule(3, Verdict.DROP);
    assertThat(bench.out.texts()).containsExactly("pre:3:drop => drop");
  }
}
