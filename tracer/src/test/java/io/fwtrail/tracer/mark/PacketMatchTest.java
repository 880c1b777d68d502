package io.fwtrail.tracer.mark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fwtrail.tracer.mark.PacketMatch.PortRange;
import io.fwtrail.tracer.mark.PacketMatch.Rate;
import io.fwtrail.tracer.mark.PacketMatch.Sample;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacketMatchTest {
  private static PacketMatch between(String in, String out, boolean bothWays) {
    return new PacketMatch(
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(in),
        List.of(out),
        bothWays,
        null,
        Sample.ALL,
        Rate.UNLIMITED);
  }

  @ParameterizedTest
  @CsvSource({
    "lan0, wan0, true",
    "lan0, lan0, false",
    "wan0, lan0, false",
    "wan0, wan0, false",
    ", wan0, false",
    "lan0, , false",
  })
  void aPacketMustComeInAndLeaveAsAskedFor(String in, String out, boolean fits) {
    assertThat(between("lan0", "wan0", false).leadsOut(in, out)).isEqualTo(fits);
  }

  @ParameterizedTest
  @CsvSource({"lan0, wan0, true", "wan0, lan0, true", "lan0, lan0, false"})
  void bothWaysTheAnswersFitToo(String in, String out, boolean fits) {
    assertThat(between("lan0", "wan0", true).leadsOut(in, out)).isEqualTo(fits);
  }

  @ParameterizedTest
  @CsvSource({
    "eth0, eth0, true",
    "eth0, eth01, false",
    "eth0, eth, false",
    "eth+, eth0, true",
    "eth+, eth, true",
    "eth+, et, false",
    "+, anything, true",
    "+, , false",
  })
  void aPlusAtTheEndStandsForAnything(String pattern, String name, boolean fits) {
    assertThat(PacketMatch.fitsInterface(List.of(pattern), name)).isEqualTo(fits);
  }

  @Test
  void whereNoneIsAskedForAnyFits() {
    assertThat(PacketMatch.fitsInterface(List.of(), null)).isTrue();
    assertThat(PacketMatch.ALL.leadsOut("eth0", null)).isTrue();
  }

  @Test
  void ofSeveralOneMustFit() {
    assertThat(PacketMatch.fitsInterface(List.of("lo", "eth+"), "eth3")).isTrue();
    assertThat(PacketMatch.fitsInterface(List.of("lo", "eth+"), "wlan0")).isFalse();
  }

  @Test
  void reversedSourceAndDestinationChangeOver() {
    PacketMatch match =
        new PacketMatch(
            List.of(6),
            List.of(Prefix.parse("10.0.0.1")),
            List.of(Prefix.parse("10.0.0.2")),
            List.of(new PortRange(1, 1)),
            List.of(new PortRange(2, 2)),
            List.of("in"),
            List.of("out"),
            true,
            "tcp flags syn",
            Sample.packets(10),
            new Rate(5, 60));
    assertThat(match.reversed())
        .isEqualTo(
            new PacketMatch(
                List.of(6),
                List.of(Prefix.parse("10.0.0.2")),
                List.of(Prefix.parse("10.0.0.1")),
                List.of(new PortRange(2, 2)),
                List.of(new PortRange(1, 1)),
                List.of("out"),
                List.of("in"),
                false,
                "tcp flags syn",
                Sample.packets(10),
                new Rate(5, 60)));
  }

  @Test
  void aSampleOrARateHoldsBack() {
    assertThat(PacketMatch.ALL.holdsBack()).isFalse();
    PacketMatch all = PacketMatch.ALL;
    assertThat(
            new PacketMatch(
                    all.protocols(),
                    all.src(),
                    all.dst(),
                    all.sports(),
                    all.dports(),
                    all.in(),
                    all.out(),
                    false,
                    null,
                    Sample.packets(2),
                    Rate.UNLIMITED)
                .holdsBack())
        .isTrue();
    assertThat(new Rate(1, 3600).limited()).isTrue();
    assertThat(Rate.UNLIMITED.limited()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"-1, 5", "0, 65536", "6, 5"})
  void portsHaveTheirBounds(int from, int to) {
    assertThatIllegalArgumentException().isThrownBy(() -> new PortRange(from, to));
  }

  @Test
  void laterChangesOfAListAreNotSeen() {
    List<String> in = new java.util.ArrayList<>(List.of("eth0"));
    PacketMatch match =
        new PacketMatch(
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            in,
            List.of(),
            false,
            null,
            Sample.ALL,
            Rate.UNLIMITED);
    in.add("eth1");
    assertThat(match.in()).containsExactly("eth0");
  }

  @Test
  void otherFlowsAreChosenEachTime() {
    Set<Integer> residues = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      residues.add(Sample.flows(1_000_000).residue());
    }
    assertThat(residues.size()).isGreaterThan(1);
    assertThatIllegalArgumentException().isThrownBy(() -> new Sample(3, true, 3));
  }
}
