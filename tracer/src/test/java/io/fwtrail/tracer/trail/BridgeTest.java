package io.fwtrail.tracer.trail;

import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetBuilder;
import org.junit.jupiter.api.Test;

/**
 * Bridges: their own hooks, around those of the routed packet, which br_netfilter runs in between.
 */
class BridgeTest {
  private static final NfFamily BRIDGE = NfFamily.BRIDGE;
  private static final NfFamily IP = NfFamily.IP;

  private static RuleSetBuilder bridge(Hook... hooks) {
    RuleSetBuilder rules = ruleSet().table(BRIDGE, "b");
    for (Hook hook : hooks) {
      rules.base(hook.keyword(), hook, 0);
    }
    return rules;
  }

  private static RuleSet rules(Hook[] bridge, Hook... ip) {
    RuleSetBuilder rules = bridge(bridge).table(IP, "t");
    for (Hook hook : ip) {
      rules.base(hook.keyword(), hook, 0);
    }
    return rules.build();
  }

  private static PacketWalk meets(PacketWalk walk, NfFamily family, Hook hook) {
    return walk.at(family, family == BRIDGE ? "b" : "t", hook.keyword()).rule(1, Verdict.ACCEPT);
  }

  @Test
  void aFrameThatIsForwardedMeetsTheBridgesHooksInOrder() {
    Bench bench = Bench.with(bridge(Hook.PREROUTING, Hook.FORWARD, Hook.POSTROUTING).build());
    PacketWalk walk = bench.packet(1).in("port0");
    meets(walk, BRIDGE, Hook.PREROUTING);
    meets(walk.out("port1"), BRIDGE, Hook.FORWARD);
    meets(walk, BRIDGE, Hook.POSTROUTING);
    assertThat(bench.out.texts())
        .containsExactly("prerouting:1:accept, forward:1:accept, postrouting:1:accept => accept");
  }

  /** The order that Linux 6.18 with br_netfilter shows for a frame to the host. */
  @Test
  void brNetfilterRunsTheRoutedPacketsPreroutingBetweenTheBridges() {
    Bench bench =
        Bench.with(rules(new Hook[] {Hook.PREROUTING, Hook.INPUT}, Hook.PREROUTING, Hook.INPUT));
    PacketWalk walk = bench.packet(1).in("port0");
    meets(walk, BRIDGE, Hook.PREROUTING);
    meets(walk.in("br0"), IP, Hook.PREROUTING);
    meets(walk.in("port0"), BRIDGE, Hook.INPUT);
    meets(walk.in("br0"), IP, Hook.INPUT);
    assertThat(bench.out.texts())
        .containsExactly(
            "prerouting:1:accept, prerouting:1:accept, input:1:accept, input:1:accept => accept");
  }

  /**
   * As Linux 6.18 shows it: the trace id is a hash over the interface of arrival, too, which is the
   * port for the bridge's chains and br_netfilter's prerouting, and the bridge behind them.
   */
  @Test
  void whatABridgeHandsUpIsTheSamePacketUnderAnotherKey() {
    Bench bench =
        Bench.with(rules(new Hook[] {Hook.PREROUTING, Hook.INPUT}, Hook.PREROUTING, Hook.INPUT));
    PacketWalk walk = bench.packet(1).in("port0");
    meets(walk, BRIDGE, Hook.PREROUTING);
    meets(walk.in("br0"), IP, Hook.PREROUTING);
    meets(walk.in("port0"), BRIDGE, Hook.INPUT);
    meets(walk.in("br0").underKey(2), IP, Hook.INPUT);
    assertThat(bench.out.only().hops()).hasSize(4);
    assertThat(bench.out.only().complete()).isTrue();
  }

  /** With br_netfilter and no chain of the bridge itself, as with Docker. */
  @Test
  void aRoutedPacketFromABridgeHasAnotherKeyBehindPrerouting() {
    Bench bench = Bench.with(rules(new Hook[0], Hook.PREROUTING, Hook.FORWARD));
    PacketWalk walk = bench.packet(1).in("br0");
    meets(walk, IP, Hook.PREROUTING);
    meets(walk.underKey(2).out("eth0"), IP, Hook.FORWARD);
    assertThat(bench.out.texts())
        .containsExactly("prerouting:1:accept, forward:1:accept => accept");
  }

  @Test
  void aRoutedPacketFromABridgeIsKnownAgainBehindNat() {
    Bench bench = Bench.with(rules(new Hook[0], Hook.PREROUTING, Hook.FORWARD));
    PacketWalk walk = bench.packet(1, udp().id(9)).in("br0");
    meets(walk, IP, Hook.PREROUTING);
    walk.underKey(2).out("eth0").becomes(udp().id(9).dst("192.168.0.9"));
    meets(walk, IP, Hook.FORWARD);
    assertThat(bench.out.only().hops()).hasSize(2);
  }

  @Test
  void aPacketFromAnotherInterfaceIsAnother() {
    Bench bench = Bench.with(rules(new Hook[0], Hook.PREROUTING, Hook.FORWARD));
    meets(bench.packet(1).in("br0"), IP, Hook.PREROUTING);
    meets(bench.packet(2).in("br1"), IP, Hook.FORWARD);
    bench.quiet();
    assertThat(bench.out.trails()).hasSize(2);
  }

  @Test
  void brNetfilterRunsForwardAndPostroutingToo() {
    Hook[] hooks = {Hook.PREROUTING, Hook.FORWARD, Hook.POSTROUTING};
    Bench bench = Bench.with(rules(hooks, hooks));
    PacketWalk walk = bench.packet(1).in("port0");
    for (Hook hook : hooks) {
      meets(walk, BRIDGE, hook);
      meets(walk, IP, hook);
    }
    bench.quiet();
    assertThat(bench.out.only().hops()).hasSize(6);
    assertThat(bench.out.only().verdict()).isEqualTo(Verdict.ACCEPT);
  }

  @Test
  void brNetfilterMayRunOnlyThePreroutingOfARoutedPacket() {
    Bench bench = Bench.with(rules(new Hook[] {Hook.FORWARD}, Hook.PREROUTING));
    PacketWalk walk = bench.packet(1).in("br0");
    meets(walk, IP, Hook.PREROUTING);
    meets(walk.in("port0"), BRIDGE, Hook.FORWARD);
    bench.quiet();
    assertThat(bench.out.texts())
        .containsExactly("prerouting:1:accept, forward:1:accept => accept");
  }

  @Test
  void aRoutedPacketThatLeavesByABridgeMeetsItsOutput() {
    Bench bench =
        Bench.with(
            rules(
                new Hook[] {Hook.OUTPUT, Hook.POSTROUTING},
                Hook.PREROUTING,
                Hook.FORWARD,
                Hook.POSTROUTING));
    PacketWalk walk = bench.packet(1).in("eth0");
    meets(walk, IP, Hook.PREROUTING);
    meets(walk.out("br0"), IP, Hook.FORWARD);
    meets(walk, IP, Hook.POSTROUTING);
    meets(walk, BRIDGE, Hook.OUTPUT);
    meets(walk, BRIDGE, Hook.POSTROUTING);
    bench.quiet();
    assertThat(bench.out.only().hops()).hasSize(5);
    assertThat(bench.out.only().complete()).isTrue();
  }

  @Test
  void aRoutedPacketMayMeetABridgesOutputAfterPreroutingAlone() {
    Bench bench = Bench.with(rules(new Hook[] {Hook.OUTPUT}, Hook.PREROUTING));
    PacketWalk walk = bench.packet(1).in("eth0");
    meets(walk, IP, Hook.PREROUTING);
    meets(walk.out("br0"), BRIDGE, Hook.OUTPUT);
    bench.quiet();
    assertThat(bench.out.texts()).containsExactly("prerouting:1:accept, output:1:accept => accept");
  }

  @Test
  void aPacketThatIsMadeHereMayLeaveByABridge() {
    Bench bench = Bench.with(rules(new Hook[] {Hook.OUTPUT}, Hook.OUTPUT));
    PacketWalk walk = bench.packet(1).out("br0");
    meets(walk, IP, Hook.OUTPUT);
    meets(walk, BRIDGE, Hook.OUTPUT);
    bench.quiet();
    assertThat(bench.out.only().hops()).hasSize(2);
  }

  @Test
  void ingressOfAPortMayGoOnInTheBridge() {
    RuleSet rules =
        bridge(Hook.FORWARD, Hook.PREROUTING)
            .table(NfFamily.NETDEV, "dev")
            .onDevices("ingress", Hook.INGRESS, 0, "port0")
            .build();
    Bench bench = Bench.with(rules);
    PacketWalk walk =
        bench.packet(1).in("port0").at(NfFamily.NETDEV, "dev", "ingress").rule(1, Verdict.ACCEPT);
    meets(walk, BRIDGE, Hook.PREROUTING);
    meets(walk, BRIDGE, Hook.FORWARD);
    assertThat(bench.out.texts())
        .containsExactly("ingress:1:accept, prerouting:1:accept, forward:1:accept => accept");
  }

  @Test
  void aFrameForTheHostEndsAfterAWhileWhereOnlyRoutedChainsMayFollow() {
    Bench bench = Bench.with(rules(new Hook[] {Hook.INPUT}, Hook.INPUT));
    meets(bench.packet(1).in("port0"), BRIDGE, Hook.INPUT);
    assertThat(bench.out.trails()).isEmpty();
    bench.quiet();
    assertThat(bench.out.texts()).containsExactly("input:1:accept => accept");
  }
}
