package io.fwtrail.tracer.trail;

import static io.fwtrail.tracer.hop.PacketBuilder.tcp;
import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.PacketBuilder;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetBuilder;
import org.junit.jupiter.api.Test;

/** The kernel gives a trace id to the next packet as soon as the buffer of the last one is free. */
class TraceIdReuseTest {
  private static final RuleSet RULES = rules().build();

  private static RuleSetBuilder rules() {
    return ruleSet()
        .table(NfFamily.INET, Bench.OWN_TABLE)
        .base("mark-in", Hook.PREROUTING, -301)
        .base("mark-out", Hook.OUTPUT, -301)
        .table(NfFamily.INET, "t")
        .base("pre", Hook.PREROUTING, 0)
        .base("in", Hook.INPUT, 0)
        .base("late", Hook.INPUT, 10)
        .base("forward", Hook.FORWARD, 0)
        .base("out", Hook.OUTPUT, 0)
        .base("post", Hook.POSTROUTING, 0)
        .chain("user");
  }

  private final Bench bench = Bench.with(RULES);

  /** Two packets in a row under one key, the first of which vanished between two chains. */
  private static String vanished(String hops, Hook after) {
    return hops + " (not seen again after " + after.keyword() + ")";
  }

  @Test
  void theSameChainAgainIsTheNextPacket() {
    bench.packet(1).at("pre").rule(1, Verdict.ACCEPT);
    bench.packet(1).at("pre").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(vanished("pre:1:accept", Hook.PREROUTING), "pre:2:drop => drop");
  }

  @Test
  void theSameChainAgainIsTheNextPacketThoughTheFirstWasInTheMiddleOfIt() {
    bench.packet(1).at("pre").rule(1);
    bench.packet(1).at("pre").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(vanished("pre:1:continue", Hook.PREROUTING), "pre:2:drop => drop");
  }

  @Test
  void anEarlierHookIsTheNextPacket() {
    bench.packet(1).at("forward").rule(1, Verdict.ACCEPT);
    bench.packet(1).at("pre").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(vanished("forward:1:accept", Hook.FORWARD), "pre:2:drop => drop");
  }

  @Test
  void aHookOfAnotherWayIsTheNextPacket() {
    bench.packet(1).at("in").rule(1, Verdict.ACCEPT);
    bench.packet(1).at("forward").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(vanished("in:1:accept", Hook.INPUT), "forward:2:drop => drop");
  }

  @Test
  void aPacketThatIsMadeHereDoesNotFollowOneThatCameIn() {
    bench.packet(1).at("pre").rule(1, Verdict.ACCEPT);
    bench.packet(1).at("out").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(vanished("pre:1:accept", Hook.PREROUTING), "out:2:drop => drop");
  }

  @Test
  void otherHeadersAreTheNextPacket() {
    bench.packet(1, udp().id(1)).at("pre").rule(1, Verdict.ACCEPT);
    bench.packet(1, udp().id(2)).at("in").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(vanished("pre:1:accept", Hook.PREROUTING), "in:2:drop => drop");
  }

  @Test
  void ofIpv6WhereThereIsNoIdTheSequenceNumberTells() {
    bench.packet(1, tcp(1).v6()).at("pre").rule(1, Verdict.ACCEPT);
    bench.packet(1, tcp(2).v6()).at("in").rule(2, Verdict.DROP);
    assertThat(bench.out.trails()).hasSize(2);
  }

  @Test
  void ofEqualHeadersWithoutAnIdTheFirstChainTells() {
    for (PacketBuilder packet : new PacketBuilder[] {udp().id(0).dontFragment(), udp().v6()}) {
      Bench fresh = Bench.with(RULES);
      fresh.packet(1, packet).at("pre").rule(1, Verdict.ACCEPT).at("in").rule(2, Verdict.ACCEPT);
      fresh.packet(1, packet).at("pre").rule(3, Verdict.ACCEPT).at("in").rule(4, Verdict.DROP);
      assertThat(fresh.out.texts())
          .containsExactly(
              vanished("pre:1:accept, in:2:accept", Hook.INPUT), "pre:3:accept, in:4:drop => drop");
    }
  }

  @Test
  void natBetweenTwoChainsIsTheSamePacket() {
    bench
        .packet(1)
        .at("pre")
        .rule(1, Verdict.ACCEPT)
        .becomes(udp().dst("192.168.0.9").dport(5353))
        .at("in")
        .rule(2, Verdict.DROP);
    assertThat(bench.out.texts()).containsExactly("pre:1:accept, in:2:drop => drop");
  }

  @Test
  void afterADropTheKeyIsFreeAtOnce() {
    bench.packet(1).at("pre").rule(1, Verdict.DROP);
    bench.packet(1).at("in").rule(2, Verdict.DROP);
    assertThat(bench.out.texts()).containsExactly("pre:1:drop => drop", "in:2:drop => drop");
  }

  @Test
  void aPacketThatBeginsToBeTracedInAUserChainIsTheNextOne() {
    bench.packet(1).at("pre").rule(1, Verdict.ACCEPT);
    bench.packet(1).tracedFrom("user", "in").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(vanished("pre:1:accept", Hook.PREROUTING), "user:2:drop => drop");
  }

  @Test
  void packetsThatWereMarkedOneAfterTheOtherAreTwo() {
    Bench marked = Bench.onlyMarked(RULES);
    marked.packet(1).tracersMark("mark-in").at("pre").passes().at("in").rule(1, Verdict.ACCEPT);
    marked.packet(1).tracersMark("mark-in").at("pre").passes().at("in").rule(1, Verdict.DROP);
    assertThat(marked.out.texts())
        .containsExactly(
            vanished("pre:policy:accept, in:1:accept", Hook.INPUT),
            "pre:policy:accept, in:1:drop => drop");
  }

  /** A program that drops what it gets tells nobody; the buffer is free for the flow's next one. */
  @Test
  void thePacketAfterOneThatUserSpaceKeptIsAnother() {
    bench.packet(1).at("pre").passes().at("in").rule(1, Verdict.QUEUE);
    bench.packet(1).at("pre").passes().at("in").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "pre:policy:accept, in:1:queue => queue (queued to user space, not seen again)",
            "pre:policy:accept, in:2:drop => drop");
  }

  @Test
  void thePacketAfterOneThatUserSpaceKeptIsAnotherInTheSameChainToo() {
    bench.packet(1, udp().id(1)).at("in").rule(1, Verdict.QUEUE);
    bench.packet(1, udp().id(2)).at("in").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "in:1:queue => queue (queued to user space, not seen again)", "in:2:drop => drop");
  }

  /** NF_REPEAT of linux/netfilter.h. */
  @Test
  void userSpaceMaySendAPacketThroughTheSameChainAgain() {
    bench
        .packet(1)
        .at("pre")
        .passes()
        .at("in")
        .rule(1, Verdict.QUEUE)
        .at("in")
        .rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly("pre:policy:accept, in:1:queue, in:2:drop => drop");
  }

  @Test
  void aChainThatANewRuleSetHasInItsPlaceIsTheSameChain() {
    bench.packet(1).at("pre").rule(1, Verdict.ACCEPT).at("in").rule(1, Verdict.ACCEPT);
    bench.replaceRules(rules().generation(2).build());
    bench.packet(1).at("pre").rule(2, Verdict.ACCEPT).at("in").rule(2, Verdict.DROP);
    assertThat(bench.out.trails()).hasSize(2);
  }

  @Test
  void aChainOfAnEarlierVisitThatWasReplacedIsTheSameChain() {
    bench.packet(1).at("in").rule(1, Verdict.ACCEPT).at("late").rule(1);
    bench.replaceRules(rules().generation(2).build());
    bench.packet(1).at("in").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(vanished("in:1:accept, late:1:continue", Hook.INPUT), "in:2:drop => drop");
  }

  @Test
  void withoutARuleSetTheSameFirstChainAgainIsTheNextPacket() {
    Bench blind = Bench.with(RuleSet.EMPTY);
    blind.packet(1).at("pre").rule(1, Verdict.ACCEPT);
    blind.packet(1).at("pre").rule(2, Verdict.DROP);
    assertThat(blind.out.texts()).containsExactly("pre:1:accept => accept", "pre:2:drop => drop");
  }

  /** While a table is replaced, its old and its new base chain are both hooked in for a moment. */
  @Test
  void aBaseChainIsMetTwiceWhileItsTableIsReplaced() {
    bench
        .packet(1)
        .at("pre")
        .rule(1, Verdict.ACCEPT)
        .whileRulesChange()
        .at("in")
        .passes()
        .underRules(rules().generation(2).build())
        .at("in")
        .rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly("pre:1:accept, in:policy:accept, in:2:drop => drop");
  }
}
