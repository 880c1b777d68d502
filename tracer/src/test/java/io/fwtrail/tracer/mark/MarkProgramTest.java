package io.fwtrail.tracer.mark;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.mark.PacketMatch.PortRange;
import io.fwtrail.tracer.mark.PacketMatch.Rate;
import io.fwtrail.tracer.mark.PacketMatch.Sample;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class MarkProgramTest {
  private static final String LO = "6c6f0000000000000000000000000000";

  private static final MarkProgram.Entrance PREROUTING =
      new MarkProgram.Entrance(Hook.PREROUTING, -301, List.of());
  private static final MarkProgram.Entrance OUTPUT =
      new MarkProgram.Entrance(Hook.OUTPUT, -301, List.of());

  private List<Integer> protocols = List.of();
  private List<Prefix> src = List.of();
  private List<Prefix> dst = List.of();
  private List<PortRange> sports = List.of();
  private List<PortRange> dports = List.of();
  private List<String> in = List.of();
  private List<String> out = List.of();
  private boolean bothWays;
  private Sample sample = Sample.ALL;
  private Rate rate = Rate.UNLIMITED;

  private boolean following;

  private List<String> program(NfFamily family, MarkProgram.Entrance... entrances) {
    PacketMatch match =
        new PacketMatch(protocols, src, dst, sports, dports, in, out, bothWays, null, sample, rate);
    return CommandText.of(
        new MarkProgram(family, "fwtrail-7", match, following, CompiledExpression.NONE)
            .commands(2, List.of(entrances)));
  }

  /** The rules of the chains that lead to the chain "trace". */
  private List<String> ways(MarkProgram.Entrance... entrances) {
    return program(NfFamily.INET, entrances).stream()
        .filter(line -> line.contains(": ") && !line.startsWith("trace:"))
        .filter(line -> !line.contains("iifname == " + LO + " accept"))
        .toList();
  }

  private static List<Prefix> prefixes(String... texts) {
    return List.of(texts).stream().map(Prefix::parse).toList();
  }

  @Test
  void makesATableTheChainThatMarksAndTheEntrances() {
    assertThat(program(NfFamily.INET, PREROUTING, OUTPUT))
        .containsExactly(
            "table inet fwtrail-7 flags 2",
            "chain trace",
            "trace: counter",
            "trace: counter 01 meta nftrace set accept",
            "trace: accept",
            "chain prerouting hook 0 priority -301 policy 1",
            "prerouting: meta iifname == " + LO + " accept",
            "prerouting: jump trace",
            "chain output hook 3 priority -301 policy 1",
            "output: jump trace");
  }

  @Test
  void theLastRuleButOneIsTheOneThatMarks() {
    sample = Sample.packets(1000);
    rate = new Rate(100, 60);
    assertThat(program(NfFamily.INET))
        .containsExactly(
            "table inet fwtrail-7 flags 2",
            "chain trace",
            "trace: counter",
            "trace: numgen mod 1000 != 00000000 accept",
            "trace: counter",
            "trace: limit 100/60 burst 100 counter 01 meta nftrace set accept",
            "trace: accept");
  }

  @Test
  void aRateOfMoreThanABurstCanHoldHasTheLargestBurst() {
    rate = new Rate(3_000_000_000L, 1);
    assertThat(program(NfFamily.INET)).anyMatch(line -> line.contains("burst 2147483647 "));
  }

  @Test
  void whatCameInByTheLoopbackWasMarkedOnItsWayOutUnlessItIsAskedFor() {
    in = List.of("lo");
    assertThat(program(NfFamily.INET, PREROUTING))
        .contains("prerouting: meta iifname == " + LO + " jump trace")
        .doesNotContain("prerouting: meta iifname == " + LO + " accept");
  }

  @Test
  void aPatternThatFitsTheLoopbackAsksForItToo() {
    in = List.of("l+");
    assertThat(program(NfFamily.INET, PREROUTING))
        .contains("prerouting: meta iifname == 6c jump trace")
        .noneMatch(line -> line.contains(LO));
  }

  @Test
  void whatDoesNotMatchIsFollowedWhereItCameFromAnotherNamespace() {
    following = true;
    protocols = List.of(17);
    dports = List.of(new PortRange(53, 53));
    String veth = "76657468000000000000000000000000";
    assertThat(program(NfFamily.INET, PREROUTING, OUTPUT))
        .contains(
            "followed: 01 meta nftrace set accept",
            "followed: counter accept",
            "follow-protocol: meta l4proto == 11 goto followed",
            "follow: meta iifkind == " + veth + " goto follow-protocol")
        .containsSubsequence("chain followed", "chain follow", "chain trace")
        .contains("prerouting: goto follow")
        .doesNotContain("output: goto follow");
  }

  @Test
  void whatIsFollowedHasALimitOfItsOwnWhereTheMatchHasOne() {
    following = true;
    rate = new Rate(5, 3600);
    String veth = "76657468000000000000000000000000";
    assertThat(program(NfFamily.INET, PREROUTING))
        .contains(
            "followed: limit 10000/1 burst 10000 01 meta nftrace set accept",
            "followed: counter accept",
            "follow: meta iifkind == " + veth + " goto followed");
  }

  @Test
  void aFlowIsChosenByItsHash() {
    sample = new Sample(1000, true, 7);
    String seven = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? "07000000" : "00000007";
    assertThat(program(NfFamily.INET))
        .containsSubsequence(
            "trace: counter",
            "trace: symhash mod 1000 != " + seven + " accept",
            "trace: counter",
            "trace: counter 01 meta nftrace set accept",
            "trace: accept");
  }

  @Test
  void whatIsNotInTheSampleIsFollowedAllTheSame() {
    following = true;
    sample = Sample.packets(1000);
    assertThat(program(NfFamily.INET, PREROUTING))
        .contains("trace: numgen mod 1000 != 00000000 goto follow", "trace: goto follow");
  }

  @Test
  void nothingIsFollowedWhereEveryPacketMatchesAnyway() {
    following = true;
    protocols = List.of(17);
    assertThat(program(NfFamily.INET, PREROUTING, OUTPUT))
        .noneMatch(line -> line.contains("follow"));
  }

  @Test
  void singleConditionsStandInTheFirstRule() {
    protocols = List.of(17);
    src = prefixes("10.0.0.0/8");
    dst = prefixes("10.12.0.2");
    dports = List.of(new PortRange(53, 53));
    assertThat(ways(PREROUTING))
        .containsExactly(
            "prerouting: meta nfproto == 02 @nh,12,4 & ff000000 == 0a000000"
                + " meta nfproto == 02 @nh,16,4 == 0a0c0002"
                + " meta l4proto == 11 @th,2,2 == 0035 jump trace");
  }

  @Test
  void alternativesAreChainsThatLeadOnToTheNext() {
    protocols = List.of(6, 17);
    dports = List.of(new PortRange(53, 53), new PortRange(8000, 8999));
    assertThat(ways(PREROUTING))
        .containsExactly(
            "prerouting-forth-2: @th,2,2 == 0035 goto trace",
            "prerouting-forth-2: @th,2,2 1f40-2327 goto trace",
            "prerouting-forth-1: meta l4proto == 06 goto prerouting-forth-2",
            "prerouting-forth-1: meta l4proto == 11 goto prerouting-forth-2",
            "prerouting: jump prerouting-forth-1");
  }

  @Test
  void chainsAreMadeBeforeTheRulesThatLeadToThem() {
    protocols = List.of(6, 17);
    dports = List.of(new PortRange(1, 1), new PortRange(2, 2));
    src = prefixes("10.0.0.1", "10.0.0.2");
    List<String> program = program(NfFamily.INET, PREROUTING, OUTPUT);
    for (int i = 0; i < program.size(); i++) {
      for (String verb : List.of("goto ", "jump ")) {
        int at = program.get(i).indexOf(verb);
        if (at >= 0) {
          String target = "chain " + program.get(i).substring(at + verb.length());
          assertThat(program.subList(0, i)).as(program.get(i)).contains(target);
        }
      }
    }
  }

  @Test
  void ipv6AddressesLieElsewhere() {
    src = prefixes("2001:db8::1");
    dst = prefixes("2001:db8::/32");
    assertThat(ways(PREROUTING))
        .containsExactly(
            "prerouting: meta nfproto == 0a @nh,8,16 == 20010db8000000000000000000000001"
                + " meta nfproto == 0a @nh,24,16 & ffffffff000000000000000000000000"
                + " == 20010db8000000000000000000000000 jump trace");
  }

  @Test
  void portsWithoutAProtocolAreThoseOfAllThatHavePorts() {
    sports = List.of(new PortRange(53, 53));
    assertThat(ways(PREROUTING))
        .containsExactly(
            "prerouting-forth-1: meta l4proto == 06 goto trace",
            "prerouting-forth-1: meta l4proto == 11 goto trace",
            "prerouting-forth-1: meta l4proto == 21 goto trace",
            "prerouting-forth-1: meta l4proto == 84 goto trace",
            "prerouting-forth-1: meta l4proto == 88 goto trace",
            "prerouting: @th,0,2 == 0035 jump prerouting-forth-1");
  }

  @Test
  void bothWaysTheAnswersAreMarkedToo() {
    bothWays = true;
    protocols = List.of(6);
    src = prefixes("10.0.0.1");
    dports = List.of(new PortRange(80, 80));
    assertThat(ways(PREROUTING))
        .containsExactly(
            "prerouting: meta nfproto == 02 @nh,12,4 == 0a000001"
                + " meta l4proto == 06 @th,2,2 == 0050 jump trace",
            "prerouting: meta nfproto == 02 @nh,16,4 == 0a000001"
                + " meta l4proto == 06 @th,0,2 == 0050 jump trace");
  }

  @Test
  void anInterfaceIsComparedWithTheNulBytesBehindItsName() {
    in = List.of("lan0");
    assertThat(ways(PREROUTING))
        .containsExactly("prerouting: meta iifname == 6c616e30000000000000000000000000 jump trace");
  }

  @Test
  void ofAnInterfaceWithAPlusOnlyTheBeginningIsCompared() {
    in = List.of("eth+");
    assertThat(ways(PREROUTING)).containsExactly("prerouting: meta iifname == 657468 jump trace");
  }

  /** A comparison with nothing is one that the kernel refuses. */
  @Test
  void aPlusAloneIsAnyInterface() {
    in = List.of("+");
    assertThat(ways(PREROUTING)).containsExactly("prerouting: jump trace");
    in = List.of("eth0", "+");
    assertThat(ways(PREROUTING)).containsExactly("prerouting: jump trace");
  }

  @Test
  void whatIsMadeHereCameInByNoInterface() {
    in = List.of("lan0");
    assertThat(ways(OUTPUT)).isEmpty();
  }

  @Test
  void whatIsMadeHereMayBeTheAnswer() {
    in = List.of("lan0");
    bothWays = true;
    assertThat(ways(OUTPUT))
        .containsExactly("output: meta oifname == 6c616e30000000000000000000000000 jump trace");
  }

  @Test
  void whereAPacketWillLeaveIsNotKnownWhenItComesIn() {
    out = List.of("wan0");
    assertThat(ways(PREROUTING)).containsExactly("prerouting: jump trace");
    assertThat(ways(OUTPUT))
        .containsExactly("output: meta oifname == 77616e30000000000000000000000000 jump trace");
  }

  @Test
  void otherFamiliesThanInetTellTheVersionByTheEthertype() {
    src = prefixes("10.0.0.1");
    dst = prefixes("2001:db8::1");
    assertThat(program(NfFamily.BRIDGE, PREROUTING))
        .contains(
            "table bridge fwtrail-7 flags 2",
            "prerouting: meta protocol == 0800 @nh,12,4 == 0a000001"
                + " meta protocol == 86dd @nh,24,16 == 20010db8000000000000000000000001"
                + " jump trace");
  }

  @Test
  void anIngressChainStandsOnItsDevice() {
    assertThat(
            program(
                NfFamily.NETDEV,
                new MarkProgram.Entrance(Hook.INGRESS, -500, List.of("eth0")),
                new MarkProgram.Entrance(Hook.INGRESS, -500, List.of("eth1"))))
        .contains(
            "chain ingress-eth0 hook 0 priority -500 on eth0 policy 1",
            "ingress-eth0: jump trace",
            "chain ingress-eth1 hook 0 priority -500 on eth1 policy 1",
            "ingress-eth1: jump trace");
  }
}
