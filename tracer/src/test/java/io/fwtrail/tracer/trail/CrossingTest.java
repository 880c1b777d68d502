package io.fwtrail.tracer.trail;

import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.PacketBuilder;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.RuleSet;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

/** A packet that leaves a namespace and comes in again in another is still the same packet. */
class CrossingTest {
  private static final int INNER = 1;
  private static final int HOST = 2;
  private static final int OTHER = 3;

  private static final RuleSet RULES =
      ruleSet()
          .table(NfFamily.INET, "t")
          .base("pre", Hook.PREROUTING, 0)
          .base("in", Hook.INPUT, 0)
          .base("fwd", Hook.FORWARD, 0)
          .base("out", Hook.OUTPUT, 0)
          .base("post", Hook.POSTROUTING, 0)
          .table(NfFamily.INET, Bench.OWN_TABLE)
          .base("mark-out", Hook.OUTPUT, -301)
          .base("mark-pre", Hook.PREROUTING, -301)
          .build();

  /** eth0 in the inner namespace is index 2, its other end on the host 7, a port of bridge 3. */
  private static final Device INNER_END = veth(2, 7);

  private static final Device HOST_END = veth(7, 2);
  private static final Device BRIDGE = bridge(3, 7);
  private static final Device HARDWARE = new Device(5, "", 0, new BitSet());

  private final Bench bench = Bench.with(RULES);

  private static Device veth(int index, int peer) {
    return new Device(index, "veth", peer, new BitSet());
  }

  private static Device bridge(int index, int... ports) {
    BitSet set = new BitSet();
    for (int port : ports) {
      set.set(port);
    }
    return new Device(index, "bridge", 0, set);
  }

  private PacketWalk sent(long key, PacketBuilder packet, Device by) {
    return bench
        .packet(key, packet)
        .arrives(INNER, RULES, by)
        .leaves(by)
        .at("out")
        .rule(1, Verdict.ACCEPT)
        .at("post")
        .rule(2, Verdict.ACCEPT);
  }

  private PacketWalk sent(long key, int id) {
    return sent(key, udp().id(id), INNER_END);
  }

  private static PacketWalk onHost(PacketWalk walk, long key, Device by) {
    return walk.underKey(key).arrives(HOST, RULES, by).at("pre");
  }

  @Test
  void outOfOneAndIntoTheOtherIsOneTrail() {
    onHost(sent(1, 5), 2, HOST_END).rule(3, Verdict.ACCEPT).at("in").rule(4, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly("out:1:accept, post:2:accept, pre:3:accept, in:4:drop => drop");
  }

  @Test
  void overThreeNamespacesItIsOneTrail() {
    onHost(sent(1, 5), 2, HOST_END)
        .rule(3, Verdict.ACCEPT)
        .becomes(udp().id(5).ttl(63))
        .leaves(BRIDGE)
        .at("fwd")
        .rule(4, Verdict.ACCEPT)
        .at("post")
        .rule(5, Verdict.ACCEPT)
        .underKey(3)
        .arrives(OTHER, RULES, veth(2, 7))
        .at("pre")
        .rule(6, Verdict.ACCEPT)
        .at("in")
        .rule(7, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "out:1:accept, post:2:accept, pre:3:accept, fwd:4:accept, post:5:accept,"
                + " pre:6:accept, in:7:drop => drop");
  }

  @Test
  void ofPacketsThatNothingTellsApartTheFirstOutIsTheFirstIn() {
    PacketWalk first = sent(1, 0);
    PacketWalk second = sent(2, 0);
    onHost(first, 3, HOST_END).rule(3, Verdict.DROP);
    onHost(second, 4, HOST_END).rule(4, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly(
            "out:1:accept, post:2:accept, pre:3:drop => drop",
            "out:1:accept, post:2:accept, pre:4:drop => drop");
    assertThat(bench.out.trails()).extracting(Trail::number).containsExactly(1L, 2L);
  }

  @Test
  void anInterfaceThatLeadsThereComesBeforeOneThatMay() {
    sent(1, udp().id(0), veth(4, 9));
    PacketWalk second = sent(2, 0);
    onHost(second, 3, HOST_END).rule(3, Verdict.DROP);
    assertThat(bench.out.trails()).extracting(Trail::number).containsExactly(2L);
  }

  @Test
  void whatABridgeWithoutThatPortSendsIsAnotherPacket() {
    sent(1, udp().id(5), bridge(3, 8));
    onHost(bench.packet(9, udp().id(5)), 2, veth(2, 7)).rule(3, Verdict.DROP);
    bench.quiet();
    assertThat(bench.out.texts())
        .containsExactlyInAnyOrder("out:1:accept, post:2:accept => accept", "pre:3:drop => drop");
  }

  @Test
  void anotherTimeToLiveIsAnotherPacket() {
    sent(1, 5);
    onHost(bench.packet(9, udp().id(5).ttl(9)), 2, HOST_END).rule(3, Verdict.DROP);
    bench.quiet();
    assertThat(bench.out.texts())
        .containsExactlyInAnyOrder("out:1:accept, post:2:accept => accept", "pre:3:drop => drop");
  }

  @Test
  void inTheSameNamespaceItIsAnotherPacket() {
    sent(1, 5);
    bench.packet(9, udp().id(5)).arrives(INNER, RULES, HOST_END).at("pre").rule(3, Verdict.DROP);
    bench.quiet();
    assertThat(bench.out.texts())
        .containsExactlyInAnyOrder("out:1:accept, post:2:accept => accept", "pre:3:drop => drop");
  }

  @Test
  void whatIsNotSeenAgainWasAccepted() {
    sent(1, 5);
    assertThat(bench.out.trails()).isEmpty();
    bench.quiet();
    assertThat(bench.out.texts()).containsExactly("out:1:accept, post:2:accept => accept");
    assertThat(bench.out.trails()).allMatch(Trail::complete);
  }

  @Test
  void whatLeavesByHardwareIsAtItsEndAtOnce() {
    sent(1, udp().id(5), HARDWARE);
    assertThat(bench.out.texts()).containsExactly("out:1:accept, post:2:accept => accept");
  }

  @Test
  void aPacketThatEndedHasNotLeft() {
    bench
        .packet(1, udp().id(5))
        .arrives(INNER, RULES, INNER_END)
        .leaves(INNER_END)
        .at("out")
        .rule(1, Verdict.ACCEPT)
        .at("post")
        .rule(2, Verdict.DROP);
    onHost(bench.packet(9, udp().id(5)), 2, HOST_END).rule(3, Verdict.DROP);
    assertThat(bench.out.texts())
        .containsExactly("out:1:accept, post:2:drop => drop", "pre:3:drop => drop");
  }

  @Test
  void aMarkThatWasMetInOneNamespaceHoldsInTheNext() {
    Bench marked = Bench.onlyMarked(RULES);
    marked
        .packet(1, udp().id(5))
        .arrives(INNER, RULES, INNER_END)
        .leaves(INNER_END)
        .tracersMark("mark-out")
        .at("out")
        .rule(1, Verdict.ACCEPT)
        .at("post")
        .rule(2, Verdict.ACCEPT)
        .underKey(2)
        .arrives(HOST, RULES, HOST_END)
        .at(NfFamily.INET, Bench.OWN_TABLE, "mark-pre")
        .rule(5)
        .passes()
        .at("pre")
        .rule(3, Verdict.DROP);
    assertThat(marked.out.texts())
        .containsExactly("out:1:accept, post:2:accept, pre:3:drop => drop");
  }

  @Test
  void whatOnlyFollowsAndGoesOnWithNothingIsNotShown() {
    Bench marked = Bench.onlyMarked(RULES);
    marked
        .packet(1, udp().id(5))
        .arrives(HOST, RULES, HOST_END)
        .at(NfFamily.INET, Bench.OWN_TABLE, "mark-pre")
        .rule(5)
        .passes()
        .at("pre")
        .rule(3, Verdict.DROP);
    assertThat(marked.out.trails()).isEmpty();
    assertThat(marked.out.hops()).isEmpty();
  }
}
