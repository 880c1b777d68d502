package io.fwtrail.tracer.trail;

import static io.fwtrail.tracer.hop.PacketBuilder.echo;
import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.RuleSet;
import org.junit.jupiter.api.Test;

/** From messages to hops and trails, one packet at a time. */
class TrailAssemblerTest {
  private static final RuleSet RULES =
      ruleSet()
          .table(NfFamily.INET, "t")
          .base("pre", Hook.PREROUTING, 0)
          .rule(1)
          .rule(2, Verdict.ACCEPT)
          .base("in", Hook.INPUT, 0)
          .rule(3, Verdict.ACCEPT)
          .base("forward", Hook.FORWARD, 0, Verdict.DROP)
          .jump(4, "user")
          .rule(5, Verdict.ACCEPT)
          .rule(6, Verdict.QUEUE)
          .base("post", Hook.POSTROUTING, 0)
          .rule(7, Verdict.ACCEPT)
          .chain("user")
          .rule(8, Verdict.RETURN)
          .rule(9, Verdict.ACCEPT)
          .chain("other")
          .rule(10)
          .build();

  private final Bench bench = Bench.with(RULES);

  @Test
  void aPacketThatIsDroppedEndsThere() {
    bench.packet(1).at("pre").rule(1).rule(2, Verdict.DROP);
    Trail trail = bench.out.only();
    assertThat(Recorder.text(trail)).isEqualTo("pre:1:continue, pre:2:drop => drop");
    assertThat(trail.complete()).isTrue();
    assertThat(trail.decidedBy()).isSameAs(trail.hops().get(1));
    assertThat(bench.assembler().openTrails()).isZero();
  }

  @Test
  void aPacketThatIsAcceptedAtItsLastChainEndsThere() {
    bench.packet(1).at("pre").rule(2, Verdict.ACCEPT).at("in").rule(3, Verdict.ACCEPT);
    assertThat(bench.out.texts()).containsExactly("pre:2:accept, in:3:accept => accept");
  }

  @Test
  void acceptInOneChainIsNotTheEndWhereAnotherOneFollows() {
    bench.packet(1).at("pre").rule(2, Verdict.ACCEPT);
    assertThat(bench.out.trails()).isEmpty();
    assertThat(bench.assembler().openTrails()).isOne();
  }

  @Test
  void aPolicyIsAHopAndTheEndOfTheRulesBeforeItIsNone() {
    bench.packet(1).at("forward").policy(Verdict.DROP);
    assertThat(bench.out.texts()).containsExactly("forward:policy:drop => drop");
  }

  @Test
  void aStolenPacketEndsThere() {
    bench.packet(1).at("pre").rule(1, Verdict.STOLEN);
    assertThat(bench.out.texts()).containsExactly("pre:1:stolen => stolen");
  }

  @Test
  void aJumpLeadsToAnotherChainAndBack() {
    bench.packet(1).at("forward").jump(4, "user").rule(10).returns().rule(5, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "forward:4:jump:user, user:10:continue, user:return:return, forward:5:drop => drop");
  }

  @Test
  void aRuleThatReturnsIsAHopLikeAnyOther() {
    bench.packet(1).at("forward").jump(4, "user").returnsBy(8).policy(Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly("forward:4:jump:user, user:8:return, forward:policy:drop => drop");
  }

  @Test
  void afterAGotoTheWayGoesOnBehindTheCaller() {
    bench
        .packet(1)
        .at("forward")
        .jump(4, "user")
        .goTo(8, "other")
        .rule(10)
        .returns()
        .rule(5, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "forward:4:jump:user, user:8:goto:other, other:10:continue, other:return:return, "
                + "forward:5:drop => drop");
  }

  @Test
  void acceptInAChainThatWasJumpedToPassesTheBaseChain() {
    bench
        .packet(1)
        .at("forward")
        .jump(4, "user")
        .rule(9, Verdict.ACCEPT)
        .at("post")
        .rule(7, Verdict.ACCEPT);
    assertThat(bench.out.texts())
        .containsExactly("forward:4:jump:user, user:9:accept, post:7:accept => accept");
  }

  @Test
  void aHopHasWhatItsBaseChainsFirstMessageShowed() {
    bench
        .packet(1)
        .in("eth0")
        .out("eth1")
        .connection("new")
        .marked(7)
        .at("forward")
        .jump(4, "user")
        .returns();
    Hop hop = bench.out.hops().get(1);
    assertThat(hop.in()).isEqualTo("eth0");
    assertThat(hop.out()).isEqualTo("eth1");
    assertThat(hop.mark()).isEqualTo(7);
    assertThat(hop.conntrack()).isEqualTo(new Conntrack(7, "original", "new"));
    assertThat(hop.packet()).isEqualTo(udp().build());
    assertThat(hop.hook()).as("of a chain that has none itself").isEqualTo(Hook.FORWARD);
    assertThat(hop.trail()).isOne();
  }

  @Test
  void aRuleIsShownWithItsNumberAndText() {
    bench.packet(1).at("pre").rule(2, Verdict.DROP);
    assertThat(bench.out.hops().get(0).rule().number()).isEqualTo(2);
    assertThat(bench.out.hops().get(0).rule().text()).isEqualTo("rule 2");
  }

  @Test
  void hopsAreHandedOnAtOnce() {
    PacketWalk walk = bench.packet(1).at("pre").rule(1);
    assertThat(bench.out.hops()).hasSize(1);
    walk.rule(2);
    assertThat(bench.out.hops()).hasSize(2);
  }

  @Test
  void aTrailHasTheTimesOfItsFirstAndLastMessage() {
    bench.packet(1).at("pre").rule(1).passes().at("in").rule(3, Verdict.ACCEPT);
    assertThat(bench.out.only().begin()).isEqualTo(1);
    assertThat(bench.out.only().end()).isEqualTo(4);
  }

  @Test
  void aTrailShowsThePacketAsItCameInAndWhatChanged() {
    bench
        .packet(1)
        .at("pre")
        .passes()
        .becomes(udp().dst("192.168.0.9").dport(5353).ttl(63))
        .at("forward")
        .rule(5, Verdict.ACCEPT)
        .becomes(udp().src("1.2.3.4").sport(40_000).dst("192.168.0.9").dport(5353).ttl(63))
        .at("post")
        .rule(7, Verdict.ACCEPT);
    Trail trail = bench.out.only();
    assertThat(trail.packet()).isEqualTo(udp().build());
    assertThat(trail.changes())
        .containsExactly(
            new Trail.Change(2, "dst", "10.0.0.2", "192.168.0.9"),
            new Trail.Change(2, "dport", 53, 5353),
            new Trail.Change(2, "ttl", 64, 63),
            new Trail.Change(3, "src", "10.0.0.1", "1.2.3.4"),
            new Trail.Change(3, "sport", 1000, 40_000));
  }

  @Test
  void natOfAnEchoShowsInItsId() {
    bench
        .packet(1, echo(7, 1))
        .at("pre")
        .passes()
        .becomes(echo(8, 1))
        .at("in")
        .rule(3, Verdict.ACCEPT);
    assertThat(bench.out.only().changes()).containsExactly(new Trail.Change(2, "icmpId", 7, 8));
  }

  @Test
  void theHopLimitOfIpv6ChangesUnderItsOwnName() {
    bench
        .packet(1, udp().v6())
        .at("pre")
        .passes()
        .becomes(udp().v6().ttl(63))
        .at("forward")
        .rule(5, Verdict.DROP);
    assertThat(bench.out.only().changes()).containsExactly(new Trail.Change(2, "hopLimit", 64, 63));
  }

  @Test
  void aMarkThatARuleSetsIsAChangeAtThatRule() {
    bench.packet(1).at("pre").rule(1).marked(7).rule(2).rule(2, Verdict.DROP);
    assertThat(bench.out.only().changes()).containsExactly(new Trail.Change(2, "mark", 0L, 7L));
  }

  /** A rule that sets the mark and then does not match to its end sends no message. */
  @Test
  void aMarkThatWasSetUnseenIsAChangeAtTheNextHop() {
    bench.packet(1).at("pre").rule(1).marked(7).passes().at("in").rule(3, Verdict.ACCEPT);
    assertThat(bench.out.only().changes()).containsExactly(new Trail.Change(2, "mark", 0L, 7L));
  }

  /** The end of a base chain shows the packet and is no hop; the policy's message was lost. */
  @Test
  void aChangeThatNoHopShowsIsLeftOut() {
    bench.packet(1).at("pre").passes().becomes(udp().ttl(63)).at("forward").end();
    bench.quiet();
    Trail trail = bench.out.only();
    assertThat(trail.complete()).isFalse();
    assertThat(trail.hops()).hasSize(1);
    assertThat(trail.changes()).isEmpty();
  }

  @Test
  void packetsUnderWayAtOnceAreKeptApartByTheirKeys() {
    PacketWalk one = bench.packet(1).at("forward").jump(4, "user");
    PacketWalk two = bench.packet(2).at("forward").jump(4, "user");
    one.rule(10);
    two.returns();
    one.rule(9, Verdict.DROP);
    two.policy(Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "forward:4:jump:user, user:10:continue, user:9:drop => drop",
            "forward:4:jump:user, user:return:return, forward:policy:drop => drop");
  }

  @Test
  void aPacketThatIsTracedFromTheMiddleOfAChainIsOneTrail() {
    bench
        .packet(1)
        .tracedFrom("user", "forward")
        .rule(10)
        .returns()
        .rule(5, Verdict.ACCEPT)
        .at("post")
        .rule(7, Verdict.ACCEPT);
    assertThat(bench.out.texts())
        .containsExactly(
            "user:10:continue, user:return:return, forward:5:accept, post:7:accept => accept");
  }

  @Test
  void theHookIsKnownAsSoonAsTheBaseChainIsNamed() {
    bench.packet(1).tracedFrom("user", "forward").rule(10).returns().rule(5, Verdict.DROP);
    assertThat(bench.out.hops()).extracting(Hop::hook).containsExactly(null, null, Hook.FORWARD);
  }

  @Test
  void aTrailWithoutItsBeginningIsIncomplete() {
    bench.packet(1).alreadyIn("forward").rule(5, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly("forward:5:drop => drop (its beginning was not seen)");
    assertThat(bench.out.only().complete()).isFalse();
    assertThat(bench.out.only().packet()).isNull();
  }

  @Test
  void aMessageAfterTheEndIsOfAnotherPacket() {
    bench.packet(1).at("pre").rule(1, Verdict.DROP).rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly("pre:1:drop => drop", "pre:2:drop => drop (its beginning was not seen)");
  }

  @Test
  void aMessageOfAnotherTableIsOfAnotherPacket() {
    bench.packet(1).at("pre").rule(1);
    bench.packet(1).alreadyIn(NfFamily.IP, "t", "pre").rule(2, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "pre:1:continue (not seen again after prerouting)",
            "pre:2:drop => drop (its beginning was not seen)");
  }

  @Test
  void withoutARuleSetTrailsAreMadeAllTheSame() {
    Bench blind = Bench.with(RuleSet.EMPTY);
    blind.packet(1).at("pre").rule(1).passes().at("in").rule(3, Verdict.ACCEPT);
    blind.quiet();
    assertThat(blind.out.texts())
        .containsExactly("pre:1:continue, pre:policy:accept, in:3:accept => accept");
    assertThat(blind.out.hops()).extracting(Hop::hook).containsOnlyNulls();
  }

  @Test
  void countsWhatPassedThrough() {
    bench.packet(1).at("pre").rule(1).rule(2, Verdict.DROP);
    bench.packet(2).at("in").rule(3, Verdict.ACCEPT);
    bench.packet(3).alreadyIn("in").rule(3, Verdict.ACCEPT);
    bench.assembler().lost(new Loss(0, Loss.Cause.RECEIVE_BUFFER, 5));
    TrailAssembler.Counts counts = bench.assembler().counts();
    assertThat(counts.hops).isEqualTo(4);
    assertThat(counts.trails).isEqualTo(3);
    assertThat(counts.accepted).isEqualTo(2);
    assertThat(counts.dropped).isEqualTo(1);
    assertThat(counts.incomplete).isEqualTo(1);
    assertThat(counts.lostMessages).isEqualTo(5);
  }
}
