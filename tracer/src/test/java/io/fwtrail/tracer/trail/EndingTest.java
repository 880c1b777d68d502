package io.fwtrail.tracer.trail;

import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Deed;
import io.fwtrail.tracer.ruleset.RuleSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** How a way ended: what the base chains that it led through tell of it. */
class EndingTest {
  private static RuleSet rules(NfFamily family) {
    return ruleSet()
        .table(family, "t")
        .base("pre", Hook.PREROUTING, 0)
        .base("in", Hook.INPUT, 0)
        .base("fwd", Hook.FORWARD, 0)
        .base("out", Hook.OUTPUT, 0)
        .base("post", Hook.POSTROUTING, 0)
        .build();
  }

  /** The ending of a packet that these chains let pass, one after the other. */
  private static Ending through(RuleSet rules, String... chains) {
    Bench bench = Bench.with(rules);
    PacketWalk walk = bench.packet(1);
    for (String chain : chains) {
      NfFamily family =
          rules.chain(NfFamily.INET, "t", chain) == null ? NfFamily.BRIDGE : NfFamily.INET;
      walk.at(family, "t", chain).rule(1, Verdict.ACCEPT);
    }
    bench.quiet();
    return bench.out.only().ending();
  }

  private static Ending inet(String... chains) {
    return through(rules(NfFamily.INET), chains);
  }

  private static Ending of(Ending.Kind kind) {
    return new Ending(kind, null);
  }

  @Test
  void aPacketThatPassedForwardWasForwarded() {
    assertThat(inet("pre", "fwd", "post")).isEqualTo(of(Ending.Kind.FORWARDED));
  }

  @Test
  void aPacketThatPassedInputWasDelivered() {
    assertThat(inet("pre", "in")).isEqualTo(of(Ending.Kind.DELIVERED));
  }

  @Test
  void aPacketThatPassedOutputWasSent() {
    assertThat(inet("out", "post")).isEqualTo(of(Ending.Kind.SENT));
  }

  @Test
  void aPacketThatPassedPreroutingAndPostroutingWasForwarded() {
    RuleSet rules =
        ruleSet()
            .table(NfFamily.INET, "t")
            .base("pre", Hook.PREROUTING, 0)
            .base("post", Hook.POSTROUTING, 0)
            .build();
    assertThat(through(rules, "pre", "post")).isEqualTo(of(Ending.Kind.FORWARDED));
  }

  @Test
  void wherePreroutingIsAllThereIsItIsNotKnown() {
    RuleSet rules = ruleSet().table(NfFamily.INET, "t").base("pre", Hook.PREROUTING, 0).build();
    assertThat(through(rules, "pre")).isNull();
  }

  @Test
  void wherePostroutingIsAllThereIsThePacketWasForwardedIfItCameInBySomething() {
    RuleSet rules = ruleSet().table(NfFamily.INET, "t").base("post", Hook.POSTROUTING, 0).build();
    assertThat(through(rules, "post")).isNull();
    Bench bench = Bench.with(rules);
    bench.packet(1).in("lan0").out("wan0").at("post").rule(1, Verdict.ACCEPT);
    assertThat(bench.out.only().ending()).isEqualTo(of(Ending.Kind.FORWARDED));
  }

  @Test
  void aFrameThatABridgeHandsUpMayGoAnywhere() {
    assertThat(through(rules(NfFamily.BRIDGE), "pre", "in")).isNull();
  }

  /** A bridge's output sees what was routed to the bridge, too. */
  @Test
  void aRoutedPacketThatLeavesByABridgeWasForwarded() {
    RuleSet rules =
        ruleSet()
            .table(NfFamily.INET, "t")
            .base("fwd", Hook.FORWARD, 0)
            .table(NfFamily.BRIDGE, "t")
            .base("bout", Hook.OUTPUT, 0)
            .build();
    assertThat(through(rules, "fwd", "bout")).isEqualTo(of(Ending.Kind.FORWARDED));
  }

  @Test
  void aPacketThatWasNotSeenAgainIsLost() {
    assertThat(inet("pre")).isEqualTo(of(Ending.Kind.LOST));
  }

  @Test
  void aPacketOfWhichMessagesWereLostIsNotLostItself() {
    Bench bench = Bench.with(rules(NfFamily.INET));
    bench.packet(1).at("pre").rule(1, Verdict.ACCEPT);
    bench.assembler().lost(new Loss(0, Loss.Cause.RECEIVE_BUFFER, 1));
    assertThat(bench.out.only().ending()).isNull();
  }

  @Test
  void aPacketThatWasUnderWayAtTheEndIsNotLost() {
    Bench bench = Bench.with(rules(NfFamily.INET));
    bench.packet(1).at("pre").rule(1, Verdict.ACCEPT);
    bench.assembler().stop();
    assertThat(bench.out.only().ending()).isNull();
  }

  @Test
  void aRuleThatDropsDropped() {
    Bench bench = Bench.with(rules(NfFamily.INET));
    bench.packet(1).at("fwd").rule(1, Verdict.DROP);
    assertThat(bench.out.only().ending()).isEqualTo(of(Ending.Kind.DROPPED));
  }

  @Test
  void aPacketThatWasQueuedAndNotSeenAgainIsQueued() {
    Bench bench = Bench.with(rules(NfFamily.INET));
    bench.packet(1).at("fwd").rule(1, Verdict.QUEUE);
    bench.pass(Bench.LIMITS.queuedNanos());
    assertThat(bench.out.only().ending()).isEqualTo(of(Ending.Kind.QUEUED));
  }

  @ParameterizedTest(name = "{0} by a rule that can {1}: {2} {3}")
  @CsvSource({
    "DROP, REJECT, REJECTED, what",
    "DROP, QUEUE, DROPPED, ",
    "DROP, TAKE, DROPPED, what",
    "QUEUE, QUEUE, QUEUED, what",
    "QUEUE, REJECT, QUEUED, ",
    "STOLEN, TAKE, STOLEN, what",
    "STOLEN, REJECT, STOLEN, ",
  })
  void whatARuleDoesSaysWithWhat(Verdict verdict, Deed.Kind does, Ending.Kind kind, String detail) {
    assertThat(Ending.decided(verdict, new Deed(does, "what", "six"), 4))
        .isEqualTo(new Ending(kind, detail));
  }

  @Test
  void aRejectionIsToldInTheWordsOfThePacketsVersion() {
    assertThat(Ending.decided(Verdict.DROP, new Deed(Deed.Kind.REJECT, "four", "six"), 6))
        .isEqualTo(new Ending(Ending.Kind.REJECTED, "six"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Verdict.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"DROP", "QUEUE", "STOLEN"})
  void otherVerdictsEndNoWay(Verdict verdict) {
    assertThat(Ending.decided(verdict, null, 4)).isNull();
  }
}
