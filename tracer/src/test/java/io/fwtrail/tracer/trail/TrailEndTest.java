package io.fwtrail.tracer.trail;

import static io.fwtrail.tracer.hop.PacketBuilder.arp;
import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When an accepted packet's trail ends: at once, after a while, or without its end being seen. */
class TrailEndTest {
  private static RuleSetBuilder inet() {
    return ruleSet().table(NfFamily.INET, "t");
  }

  /** Accepted by a rule of the base chain; what the rule's handle is, is of no importance. */
  private static Bench acceptedAt(RuleSet rules, String baseChain) {
    Bench bench = Bench.with(rules);
    bench.packet(1).at(baseChain).rule(1, Verdict.ACCEPT);
    return bench;
  }

  private static void assertEndsAtOnce(Bench bench) {
    assertThat(bench.out.trails()).as("trails that ended").hasSize(1);
    assertThat(bench.out.only().verdict()).isEqualTo(Verdict.ACCEPT);
    assertThat(bench.out.only().complete()).isTrue();
  }

  private static void assertEndsAcceptedAfterAWhile(Bench bench) {
    bench.pass(Bench.LIMITS.quietNanos() - 1);
    assertThat(bench.out.trails()).as("trails that ended too soon").isEmpty();
    bench.pass(1);
    assertEndsAtOnce(bench);
  }

  private static void assertEndsIncomplete(Bench bench, String why) {
    bench.pass(Bench.LIMITS.quietNanos() - 1);
    assertThat(bench.out.trails()).as("trails that ended too soon").isEmpty();
    bench.pass(1);
    assertThat(bench.out.only().verdict()).isNull();
    assertThat(bench.out.only().why()).isEqualTo(why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})
  void endsAtOnceWhereNoOtherChainIs(Hook hook) {
    assertEndsAtOnce(acceptedAt(inet().base("c", hook, 0).build(), "c"));
  }

  @Test
  void isIncompleteWhereALaterChainOfTheHookDidNotSeeThePacket() {
    RuleSet rules = inet().base("c", Hook.INPUT, 0).base("late", Hook.INPUT, 1).build();
    assertEndsIncomplete(acceptedAt(rules, "c"), "not seen again after input");
  }

  @Test
  void anEarlierChainOfTheHookIsNotWaitedFor() {
    RuleSet rules = inet().base("c", Hook.INPUT, 0).base("early", Hook.INPUT, -1).build();
    assertEndsAtOnce(acceptedAt(rules, "c"));
  }

  /** Of two chains of one priority the newer is run first, which the rule set does not show. */
  @Test
  void aChainOfTheSamePriorityMayHaveComeBeforeThePacketWasTraced() {
    RuleSet rules = inet().base("c", Hook.INPUT, 0).base("peer", Hook.INPUT, 0).build();
    assertEndsAcceptedAfterAWhile(acceptedAt(rules, "c"));
  }

  @Test
  void aChainOfTheSamePriorityIsToComeWhereThePacketWasTracedBefore() {
    RuleSet rules =
        inet()
            .base("pre", Hook.PREROUTING, 0)
            .base("c", Hook.INPUT, 0)
            .base("peer", Hook.INPUT, 0)
            .build();
    Bench bench = Bench.with(rules);
    bench.packet(1).at("pre").rule(1, Verdict.ACCEPT).at("c").rule(1, Verdict.ACCEPT);
    assertEndsIncomplete(bench, "not seen again after input");
  }

  @Test
  void isIncompleteWhereTheNextHooksChainDidNotSeeThePacket() {
    RuleSet rules = inet().base("c", Hook.FORWARD, 0).base("post", Hook.POSTROUTING, 0).build();
    assertEndsIncomplete(acceptedAt(rules, "c"), "not seen again after forward");
  }

  @Test
  void isIncompleteWhereEveryWayOnwardHasAChain() {
    RuleSet rules =
        inet()
            .base("c", Hook.PREROUTING, 0)
            .base("in", Hook.INPUT, 0)
            .base("post", Hook.POSTROUTING, 0)
            .build();
    assertEndsIncomplete(acceptedAt(rules, "c"), "not seen again after prerouting");
  }

  @ParameterizedTest
  @ValueSource(strings = {"INPUT", "FORWARD", "POSTROUTING"})
  void endsAfterAWhileWhereOnlySomeWaysOnwardHaveAChain(Hook hook) {
    RuleSet rules = inet().base("c", Hook.PREROUTING, 0).base("next", hook, 0).build();
    assertEndsAcceptedAfterAWhile(acceptedAt(rules, "c"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PREROUTING", "FORWARD", "OUTPUT", "POSTROUTING"})
  void nothingComesAfterInput(Hook hook) {
    RuleSet rules = inet().base("c", Hook.INPUT, 0).base("other", hook, 0).build();
    assertEndsAtOnce(acceptedAt(rules, "c"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PREROUTING", "INPUT", "FORWARD"})
  void onlyPostroutingComesAfterOutput(Hook hook) {
    RuleSet rules = inet().base("c", Hook.OUTPUT, 0).base("other", hook, 0).build();
    assertEndsAtOnce(acceptedAt(rules, "c"));
  }

  @Test
  void chainsOfTheOtherIpVersionAreNotWaitedFor() {
    RuleSet rules =
        inet()
            .base("c", Hook.FORWARD, 0)
            .table(NfFamily.IP6, "six")
            .base("post", Hook.POSTROUTING, 0)
            .build();
    assertEndsAtOnce(acceptedAt(rules, "c"));
    Bench bench = Bench.with(rules);
    bench.packet(1, udp().v6()).at("c").rule(1, Verdict.ACCEPT);
    assertEndsIncomplete(bench, "not seen again after forward");
  }

  @Test
  void aNatChainMaySeeTheFirstPacketOfAConnectionOnly() {
    RuleSet rules = inet().base("c", Hook.FORWARD, 0).nat("nat", Hook.POSTROUTING, 100).build();
    for (String state : new String[] {"new", "related"}) {
      Bench bench = Bench.with(rules);
      bench.packet(1).connection(state).at("c").rule(1, Verdict.ACCEPT);
      assertEndsAcceptedAfterAWhile(bench);
    }
    for (String state : new String[] {"established", "invalid", "untracked"}) {
      Bench bench = Bench.with(rules);
      bench.packet(1).connection(state).at("c").rule(1, Verdict.ACCEPT);
      assertEndsAtOnce(bench);
    }
  }

  @Test
  void aNatChainMaySeeAPacketWhoseConnectionIsNotTold() {
    RuleSet rules = inet().base("c", Hook.FORWARD, 0).nat("nat", Hook.POSTROUTING, 100).build();
    assertEndsAcceptedAfterAWhile(acceptedAt(rules, "c"));
  }

  /** See RuleSetTest: the kernel runs it at -100, whatever its own priority. */
  @Test
  void aFilterChainBehindNatIsWaitedForThoughTheNatChainsOwnPriorityIsHigher() {
    RuleSet rules = inet().nat("nat", Hook.OUTPUT, 0).base("filter", Hook.OUTPUT, -50).build();
    Bench bench = Bench.with(rules);
    bench
        .packet(1)
        .connection("new")
        .at("nat")
        .rule(2, Verdict.ACCEPT)
        .at("filter")
        .rule(1, Verdict.ACCEPT);
    assertThat(bench.out.texts()).containsExactly("nat:2:accept, filter:1:accept => accept");
  }

  @Test
  void aPacketOfWhichTheLastRuleDecidedNothingIsIncomplete() {
    Bench bench = Bench.with(inet().base("c", Hook.INPUT, 0).build());
    bench.packet(1).at("c").rule(1);
    assertEndsIncomplete(bench, "not seen again after input");
  }

  @Test
  void aPolicyAloneIsWaitedBehindForAMoment() {
    Bench bench = Bench.with(inet().base("c", Hook.INPUT, 0).build());
    bench.packet(1).at("c").passes();
    assertThat(bench.out.trails()).isEmpty();
    bench.aMoment();
    assertEndsAtOnce(bench);
  }

  @Test
  void silenceIsCountedFromTheLastMessage() {
    RuleSet rules = inet().base("pre", Hook.PREROUTING, 0).base("in", Hook.INPUT, 0).build();
    Bench bench = Bench.with(rules);
    PacketWalk walk = bench.packet(1).at("pre").rule(1);
    bench.pass(Bench.LIMITS.quietNanos() - 1);
    walk.rule(1, Verdict.ACCEPT);
    bench.pass(Bench.LIMITS.quietNanos() - 1);
    assertThat(bench.out.trails()).isEmpty();
  }

  @Test
  void ofTwoPacketsTheOneThatIsSilentEndsFirst() {
    RuleSet rules = inet().base("pre", Hook.PREROUTING, 0).base("in", Hook.INPUT, 0).build();
    Bench bench = Bench.with(rules);
    PacketWalk first = bench.packet(1).at("pre").rule(1);
    bench.pass(Bench.MILLI);
    PacketWalk second = bench.packet(2).at("pre").rule(2);
    bench.pass(Bench.MILLI);
    first.rule(3);
    bench.pass(Bench.LIMITS.quietNanos() - Bench.MILLI);
    assertThat(bench.out.texts())
        .containsExactly("pre:2:continue (not seen again after prerouting)");
    second.rule(4);
    bench.quiet();
    assertThat(bench.out.trails()).hasSize(3);
  }

  @Test
  void aProgramInUserSpaceHasMoreTime() {
    RuleSet rules = inet().base("c", Hook.INPUT, 0).build();
    Bench bench = Bench.with(rules);
    bench.packet(1).at("c").rule(1, Verdict.QUEUE);
    bench.pass(Bench.LIMITS.queuedNanos() - 1);
    assertThat(bench.out.trails()).isEmpty();
    bench.pass(1);
    assertThat(bench.out.texts())
        .containsExactly("c:1:queue => queue (queued to user space, not seen again)");
  }

  @Test
  void aPacketThatComesBackFromUserSpaceGoesOnInItsTrail() {
    RuleSet rules = inet().base("c", Hook.INPUT, 0).base("late", Hook.INPUT, 10).build();
    Bench bench = Bench.with(rules);
    PacketWalk walk = bench.packet(1).at("c").rule(1, Verdict.QUEUE);
    bench.pass(10 * Bench.LIMITS.quietNanos());
    walk.becomes(udp().length(77)).at("late").rule(2, Verdict.ACCEPT);
    assertThat(bench.out.texts()).containsExactly("c:1:queue, late:2:accept => accept");
    assertThat(bench.out.only().changes()).containsExactly(new Trail.Change(2, "length", 100, 77));
  }

  @Test
  void oncePastTheQueueOnlyTheUsualSilenceIsWaitedFor() {
    RuleSet rules =
        inet()
            .base("c", Hook.INPUT, 0)
            .base("late", Hook.INPUT, 10)
            .base("later", Hook.INPUT, 20)
            .build();
    Bench bench = Bench.with(rules);
    bench.packet(1).at("c").rule(1, Verdict.QUEUE).at("late").rule(2, Verdict.ACCEPT);
    assertEndsIncomplete(bench, "not seen again after input");
  }

  @Test
  void egressOfTheDeviceMayFollow() {
    RuleSet rules =
        inet()
            .base("c", Hook.POSTROUTING, 0)
            .table(NfFamily.NETDEV, "dev")
            .onDevices("out", Hook.EGRESS, 0, "eth1")
            .build();
    Bench bench = Bench.with(rules);
    bench
        .packet(1)
        .out("eth1")
        .at("c")
        .rule(1, Verdict.ACCEPT)
        .at(NfFamily.NETDEV, "dev", "out")
        .rule(2, Verdict.ACCEPT);
    assertThat(bench.out.texts()).containsExactly("c:1:accept, out:2:accept => accept");
  }

  /** A VLAN device or a bridge has the device with the chain below it. */
  @Test
  void egressOfADeviceBelowTheOneThatIsNamedMayFollow() {
    RuleSet rules =
        inet()
            .base("c", Hook.POSTROUTING, 0)
            .table(NfFamily.NETDEV, "dev")
            .onDevices("out", Hook.EGRESS, 0, "eth1")
            .build();
    Bench bench = Bench.with(rules);
    bench
        .packet(1)
        .out("eth1.10")
        .at("c")
        .rule(1, Verdict.ACCEPT)
        .out("eth1")
        .at(NfFamily.NETDEV, "dev", "out")
        .rule(2, Verdict.ACCEPT);
    assertThat(bench.out.texts()).containsExactly("c:1:accept, out:2:accept => accept");
  }

  @Test
  void aPacketMayLeaveByTwoDevicesOneOnTopOfTheOther() {
    RuleSet rules =
        ruleSet()
            .table(NfFamily.NETDEV, "dev")
            .onDevices("out", Hook.EGRESS, 0, "eth1.10", "eth1")
            .build();
    Bench bench = Bench.with(rules);
    bench
        .packet(1)
        .out("eth1.10")
        .at(NfFamily.NETDEV, "dev", "out")
        .rule(1, Verdict.ACCEPT)
        .out("eth1")
        .at(NfFamily.NETDEV, "dev", "out")
        .rule(2, Verdict.ACCEPT);
    bench.quiet();
    assertThat(bench.out.texts()).containsExactly("out:1:accept, out:2:accept => accept");
  }

  @Test
  void ingressComesBeforeTheHooksOfTheIpVersion() {
    RuleSet rules =
        inet()
            .base("in", Hook.INPUT, 0)
            .base("forward", Hook.FORWARD, 0)
            .table(NfFamily.NETDEV, "dev")
            .onDevices("ingress", Hook.INGRESS, 0, "eth0")
            .build();
    Bench bench = Bench.with(rules);
    bench
        .packet(1)
        .in("eth0")
        .at(NfFamily.NETDEV, "dev", "ingress")
        .rule(1, Verdict.ACCEPT)
        .at("in")
        .rule(2, Verdict.ACCEPT);
    assertThat(bench.out.texts()).containsExactly("ingress:1:accept, in:2:accept => accept");
  }

  @Test
  void arpEndsAfterItsOwnChains() {
    RuleSet rules =
        inet().base("in", Hook.INPUT, 0).table(NfFamily.ARP, "a").base("c", Hook.INPUT, 0).build();
    Bench bench = Bench.with(rules);
    bench.packet(1, arp()).at(NfFamily.ARP, "a", "c").rule(1, Verdict.ACCEPT);
    assertEndsAtOnce(bench);
  }

  @Test
  void arpFromIngressMeetsOnlyArpChains() {
    RuleSet rules =
        inet()
            .base("in", Hook.PREROUTING, 0)
            .table(NfFamily.NETDEV, "dev")
            .onDevices("ingress", Hook.INGRESS, 0, "eth0")
            .build();
    Bench bench = Bench.with(rules);
    bench.packet(1, arp()).in("eth0").at(NfFamily.NETDEV, "dev", "ingress").rule(1, Verdict.ACCEPT);
    assertEndsAtOnce(bench);
  }

  @Test
  void chainsThatANewRuleSetHasInTheirPlaceAreNotWaitedForAgain() {
    RuleSetBuilder one = inet().base("c", Hook.INPUT, 0).base("late", Hook.INPUT, 5);
    RuleSetBuilder two = inet().base("c", Hook.INPUT, 5).base("late", Hook.INPUT, 5);
    Bench bench = Bench.with(one.build());
    bench
        .packet(1)
        .at("c")
        .rule(1, Verdict.ACCEPT)
        .underRules(two.generation(2).build())
        .at("late")
        .rule(1, Verdict.ACCEPT);
    assertEndsAtOnce(bench);
  }

  @Test
  void atTheEndOfTracingWhatMayHaveEndedDidAndWhatCannotHaveIsIncomplete() {
    RuleSet rules =
        inet()
            .base("pre", Hook.PREROUTING, 0)
            .base("in", Hook.INPUT, 0)
            .base("late", Hook.INPUT, 10)
            .build();
    Bench bench = Bench.with(rules);
    bench.packet(1, udp().id(1)).at("pre").rule(1, Verdict.ACCEPT);
    bench.packet(2, udp().id(2)).at("in").rule(1, Verdict.ACCEPT);
    bench.packet(3, udp().id(3)).at("in").rule(1, Verdict.QUEUE);
    bench.assembler().stop();
    assertThat(bench.out.texts())
        .containsExactly(
            "pre:1:accept => accept",
            "in:1:accept (tracing ended before its end was seen after input)",
            "in:1:queue => queue (queued to user space, not seen again)");
    assertThat(bench.assembler().openTrails()).isZero();
  }
}
