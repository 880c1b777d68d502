package io.fwtrail.tracer.mark;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.ruleset.IptablesSave;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LegacyMarkTest {
  private static final String TAIL =
      " -m comment --comment fwtrail " + ProcessHandle.current().pid() + " -j TRACE";

  private static PacketMatch match(
      List<Integer> protocols, List<Prefix> src, List<PacketMatch.PortRange> dports) {
    return new PacketMatch(
        protocols,
        src,
        List.of(),
        List.of(),
        dports,
        List.of("lan0"),
        List.of("wan0"),
        false,
        null,
        PacketMatch.Sample.packets(10),
        new PacketMatch.Rate(60, 60));
  }

  private static List<String> rules(NfFamily family, String chain, PacketMatch match) {
    return LegacyMark.rules(family, chain, match).stream()
        .map(words -> String.join(" ", words))
        .toList();
  }

  @Test
  void eachAddressAndProtocolHasARuleOfItsOwn() {
    PacketMatch match =
        match(
            List.of(6, 17),
            List.of(Prefix.parse("10.0.0.0/8"), Prefix.parse("2001:db8::1")),
            List.of(new PacketMatch.PortRange(53, 53), new PacketMatch.PortRange(80, 90)));
    String limits = " -m statistic --mode nth --every 10 -m limit --limit 60/m --limit-burst 60";
    assertThat(rules(NfFamily.IP, "PREROUTING", match))
        .containsExactly(
            "-s 10.0.0.0/8 -i lan0 -p tcp -m multiport --dports 53,80:90" + limits + TAIL,
            "-s 10.0.0.0/8 -i lan0 -p udp -m multiport --dports 53,80:90" + limits + TAIL);
    assertThat(rules(NfFamily.IP6, "PREROUTING", match))
        .hasSize(2)
        .allMatch(rule -> rule.startsWith("-s 2001:db8::1 -i lan0"));
  }

  @Test
  void whatComesInByAnInterfaceIsNotMadeHere() {
    assertThat(rules(NfFamily.IP, "OUTPUT", match(List.of(6), List.of(), List.of()))).isEmpty();
  }

  @Test
  void portsWithoutAProtocolAreThoseOfAllThatHaveThem() {
    assertThat(
            rules(
                NfFamily.IP,
                "PREROUTING",
                match(List.of(), List.of(), List.of(new PacketMatch.PortRange(1, 1)))))
        .hasSize(5);
  }

  @ParameterizedTest
  @CsvSource({
    "fwtrail 1, TRACE, false",
    "fwtrail 2147483647, TRACE, true",
    "fwtrail 2147483647, ACCEPT, false",
    "my fwtrail 2147483647, TRACE, false",
    "fwtrail x, TRACE, false",
    ", TRACE, false"
  })
  void onlyRulesOfARunThatIsNoMoreAreLeftBehind(String comment, String target, boolean left) {
    assertThat(
            LegacyMark.isLeftBehind(
                new IptablesSave.SavedRule("", comment, -1, -1, target, false, List.of())))
        .isEqualTo(left);
  }
}
