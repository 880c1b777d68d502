package io.fwtrail.tracer.trail;

import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.RuleSet;
import org.junit.jupiter.api.Test;

/** Losses, numbers, and that nothing grows without bound. */
class TrailLimitsTest {
  private static final RuleSet RULES =
      ruleSet()
          .table(NfFamily.INET, Bench.OWN_TABLE)
          .base("mark", Hook.PREROUTING, -301)
          .rule(Bench.OWN_RULE)
          .table(NfFamily.INET, "t")
          .base("pre", Hook.PREROUTING, 0)
          .base("in", Hook.INPUT, 0)
          .build();

  private static TrailAssembler.Limits limits(int openTrails, int hopsPerTrail) {
    return new TrailAssembler.Limits(
        openTrails,
        hopsPerTrail,
        Bench.LIMITS.endingNanos(),
        Bench.LIMITS.quietNanos(),
        Bench.LIMITS.queuedNanos());
  }

  @Test
  void aLossEndsEveryTrailAsIncomplete() {
    Bench bench = Bench.with(RULES);
    bench.packet(1).at("pre").rule(1);
    bench.packet(2).at("pre").rule(2, Verdict.ACCEPT);
    bench.assembler().lost(new Loss(0, Loss.Cause.RECEIVE_BUFFER, 3));
    assertThat(bench.out.texts())
        .containsExactly(
            "pre:1:continue (messages were lost)", "pre:2:accept (messages were lost)");
    assertThat(bench.assembler().counts().lostMessages).isEqualTo(3);
    assertThat(bench.assembler().counts().incomplete).isEqualTo(2);
    assertThat(bench.assembler().openTrails()).isZero();
  }

  @Test
  void whatComesRightAfterALossMayLackItsBeginning() {
    Bench bench = Bench.with(RULES);
    PacketWalk walk = bench.packet(1).at("pre").rule(1, Verdict.ACCEPT);
    bench.assembler().lost(new Loss(0, Loss.Cause.RECEIVE_BUFFER, 1));
    walk.at("in").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "pre:1:accept (messages were lost)", "in:2:drop => drop (messages were lost)");
  }

  @Test
  void whatComesAWhileAfterALossIsWhole() {
    Bench bench = Bench.with(RULES);
    bench.assembler().lost(new Loss(0, Loss.Cause.RECEIVE_BUFFER, 1));
    bench.packet(1).at("in").rule(1, Verdict.DROP);
    bench.quiet();
    bench.packet(2).at("in").rule(2, Verdict.DROP);
    assertThat(bench.out.texts().get(1)).isEqualTo("in:2:drop => drop");
  }

  @Test
  void whatIsMarkedAfterALossIsWhole() {
    Bench bench = Bench.onlyMarked(RULES);
    bench.assembler().lost(new Loss(0, Loss.Cause.RECEIVE_BUFFER, 1));
    bench.packet(1).tracersMark("mark").at("pre").rule(1, Verdict.DROP);
    assertThat(bench.out.texts()).containsExactly("pre:1:drop => drop");
  }

  @Test
  void theTrailThatWasSilentLongestMakesRoom() {
    Bench bench = Bench.with(RULES, limits(2, 50));
    PacketWalk first = bench.packet(1).at("pre").rule(1);
    bench.packet(2).at("pre").rule(2);
    first.rule(3);
    bench.packet(3).at("pre").rule(4);
    assertThat(bench.out.texts())
        .containsExactly("pre:2:continue (evicted: more than 2 packets under way)");
    assertThat(bench.assembler().counts().evicted).isOne();
    assertThat(bench.assembler().openTrails()).isEqualTo(2);
  }

  /** No source tells here whether a nat chain is still to come; a reader that is behind cannot. */
  @Test
  void aPacketThatThousandsCameAfterIsAtItsEndThoughNoTimePassed() {
    RuleSet rules =
        ruleSet()
            .table(NfFamily.INET, "t")
            .base("c", Hook.FORWARD, 0)
            .nat("nat", Hook.POSTROUTING, 100)
            .base("late", Hook.POSTROUTING, 200)
            .build();
    RuleSet withoutLate =
        ruleSet()
            .table(NfFamily.INET, "t")
            .base("c", Hook.FORWARD, 0)
            .nat("nat", Hook.POSTROUTING, 100)
            .build();
    Bench bench = Bench.with(rules, limits(10_000, 50));
    bench.packet(1).at("c").rule(1, Verdict.ACCEPT);
    bench.packet(2).at("c").rule(1, Verdict.QUEUE);
    bench.replaceRules(withoutLate);
    for (int packet = 3; packet <= TrailAssembler.OVERTAKEN + 3; packet++) {
      bench.packet(packet).at("c").rule(1, Verdict.ACCEPT);
    }
    bench.pass(0);
    assertThat(bench.out.texts())
        .containsExactly("c:1:accept (not seen again after forward)", "c:1:accept => accept");
    assertThat(bench.assembler().counts().evicted).isZero();
  }

  @Test
  void manyHopsOfManyPacketsMakeRoomAsWell() {
    int each = 4_000;
    int packets = TrailAssembler.MOST_HOPS / each + 2;
    Bench bench = Bench.with(RULES, limits(100, each));
    for (int packet = 1; packet <= packets; packet++) {
      PacketWalk walk = bench.packet(packet).at("pre");
      for (int hop = 0; hop < each; hop++) {
        walk.rule(1);
      }
    }
    assertThat(bench.out.texts())
        .hasSize(2)
        .allMatch(text -> text.endsWith("(evicted: packets under way with more than 200000 hops)"));
    assertThat(bench.assembler().openTrails()).isEqualTo(packets - 2);
    bench.assembler().stop();
    assertThat(bench.assembler().counts().evicted).isEqualTo(2);
  }

  @Test
  void packetsAtTheirEndMakeRoomForHopsAsThoseUnderWayDo() {
    int each = 4_000;
    int packets = TrailAssembler.MOST_HOPS / each;
    Bench bench = Bench.with(RULES, limits(100, each + 2));
    for (int packet = 1; packet <= packets; packet++) {
      PacketWalk walk = bench.packet(packet).at("pre");
      for (int hop = 0; hop < each; hop++) {
        walk.rule(1);
      }
      walk.rule(2, Verdict.ACCEPT).at("in").policy(Verdict.ACCEPT);
    }
    assertThat(bench.out.texts())
        .singleElement()
        .asString()
        .endsWith("(evicted: packets under way with more than 200000 hops)");
    assertThat(bench.assembler().openTrails()).isEqualTo(packets - 1);
  }

  @Test
  void hopsBeyondTheLimitAreHandedOnButNotKept() {
    Bench bench = Bench.with(RULES, limits(100, 3));
    PacketWalk walk = bench.packet(1).at("pre");
    for (int i = 0; i < 5; i++) {
      walk.rule(1);
    }
    walk.rule(2, Verdict.DROP);
    assertThat(bench.out.hops()).hasSize(6);
    assertThat(bench.out.texts())
        .containsExactly(
            "pre:1:continue, pre:1:continue, pre:1:continue => drop (more than 3 hops)");
  }

  @Test
  void changesAreKeptNoLongerThanHops() {
    Bench bench = Bench.with(RULES, limits(100, 3));
    PacketWalk walk = bench.packet(1).at("pre");
    for (int i = 0; i < 1000; i++) {
      walk.marked(i).rule(1);
    }
    walk.rule(2, Verdict.DROP);
    assertThat(bench.out.only().changes()).hasSizeLessThan(10);
  }

  @Test
  void aPacketThatUserSpaceSendsRoundForEverStaysWithinTheLimit() {
    Bench bench = Bench.with(RULES, limits(100, 3));
    PacketWalk walk = bench.packet(1);
    for (int i = 0; i < 100_000; i++) {
      walk.becomes(udp().ttl(i & 0xff)).at("in").rule(1, Verdict.QUEUE);
    }
    bench.assembler().stop();
    assertThat(bench.out.only().hops()).hasSize(3);
    assertThat(bench.out.only().changes()).hasSizeLessThan(10);
  }

  @Test
  void aMillionPacketsLeaveNothingBehind() {
    long[] seen = {0};
    TrailListener counting =
        new TrailListener() {
          @Override
          public void hop(Hop hop) {}

          @Override
          public void trail(Trail trail) {
            seen[0]++;
          }
        };
    TrailAssembler assembler = new TrailAssembler(counting, limits(1000, 50), false);
    Sighting s = new Sighting();
    long now = 0;
    int most = 0;
    for (int i = 0; i < 1_000_000; i++) {
      s.clear();
      s.key = i * 0x9e37_79b9_7f4a_7c15L;
      s.family = NfFamily.INET;
      s.table = "t";
      s.chain = "pre";
      s.ruleSet = RULES;
      s.chainInfo = RULES.chain(s.family, s.table, s.chain);
      s.entersBaseChain = true;
      s.kind = Hop.Kind.RULE;
      s.verdict = i % 3 == 0 ? Verdict.DROP : i % 3 == 1 ? Verdict.ACCEPT : Verdict.CONTINUE;
      assembler.see(s, now);
      now += Bench.MILLI / 10;
      if (i % 100 == 0) {
        assembler.tick(now);
      }
      most = Math.max(most, assembler.openTrails());
    }
    assertThat(most).as("packets under way at once, of 1,000 in 100 ms").isLessThan(500);
    assembler.tick(now + Bench.LIMITS.quietNanos());
    assertThat(assembler.openTrails()).isZero();
    assertThat(seen[0]).isEqualTo(1_000_000);
  }

  @Test
  void trailsAreNumberedInTheOrderInWhichTheyWereFirstSeen() {
    Bench bench = Bench.with(RULES);
    PacketWalk first = bench.packet(1).at("pre").rule(1);
    bench.packet(2).at("pre").rule(1, Verdict.DROP);
    first.rule(1, Verdict.DROP);
    assertThat(bench.out.trails()).extracting(Trail::number).containsExactly(2L, 1L);
    assertThat(bench.out.trails().get(1).hops()).extracting(Hop::trail).containsOnly(1L);
  }

  @Test
  void onlyMarkedPacketsHaveNumbers() {
    Bench bench = Bench.onlyMarked(RULES);
    bench.packet(1).at("pre").rule(1, Verdict.DROP);
    bench.packet(2).tracersMark("mark").at("pre").rule(1, Verdict.DROP);
    assertThat(bench.out.hops()).extracting(Hop::trail).containsExactly(1L);
    assertThat(bench.out.only().number()).isOne();
    assertThat(bench.assembler().counts().trails).isOne();
  }

  @Test
  void theTracersOwnTableIsNotShown() {
    Bench bench = Bench.onlyMarked(RULES);
    bench.packet(1).tracersMark("mark").at("pre").rule(1, Verdict.DROP);
    assertThat(bench.out.texts()).containsExactly("pre:1:drop => drop");
  }

  @Test
  void aMarkedPacketThatMeetsNoOtherChainIsNoTrail() {
    Bench bench = Bench.onlyMarked(RULES);
    bench.packet(1).tracersMark("mark");
    bench.quiet();
    assertThat(bench.out.trails()).isEmpty();
    assertThat(bench.assembler().counts().trails).isZero();
    assertThat(bench.assembler().openTrails()).isZero();
  }

  /** A match that asks for the packet's connection stands behind the first chains. */
  @Test
  void aPacketThatIsMarkedOnItsWayIsShownFromThereOn() {
    RuleSet rules =
        ruleSet()
            .table(NfFamily.INET, "t")
            .base("raw", Hook.PREROUTING, -300)
            .base("in", Hook.INPUT, 0)
            .table(NfFamily.INET, Bench.OWN_TABLE)
            .base("mark", Hook.PREROUTING, -199)
            .build();
    Bench bench = Bench.onlyMarked(rules);
    bench
        .packet(1)
        .at("raw")
        .rule(1, Verdict.ACCEPT)
        .tracersMark("mark")
        .at("in")
        .rule(2, Verdict.DROP);
    assertThat(bench.out.texts()).containsExactly("in:2:drop => drop");
  }
}
