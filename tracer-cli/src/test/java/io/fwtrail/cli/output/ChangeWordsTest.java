package io.fwtrail.cli.output;

import static io.fwtrail.cli.testing.TrailBuilder.echo;
import static io.fwtrail.cli.testing.TrailBuilder.packet;
import static io.fwtrail.cli.testing.TrailBuilder.trail;
import static io.fwtrail.cli.testing.TrailBuilder.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.cli.testing.TrailBuilder;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChangeWordsTest {
  private static TrailBuilder twoHops() {
    return trail().policy(Verdict.ACCEPT).at(Hook.FORWARD, "t", "forward");
  }

  private static TrailBuilder changed(String field, Object from, Object to) {
    return twoHops().policy(Verdict.ACCEPT).changed(field, from, to);
  }

  @Test
  void addressAndPortOfOneEndAreOne() {
    TrailBuilder trail =
        twoHops()
            .of(udp("10.0.0.1", 1000, "10.0.0.5", 8443))
            .policy(Verdict.ACCEPT)
            .changed("dst", "1.2.3.4", "10.0.0.5")
            .changed("dport", 443, 8443);
    assertThat(ChangeWords.before(trail.build(), 2))
        .containsExactly("dst 1.2.3.4:443 -> 10.0.0.5:8443");
  }

  @Test
  void aPortThatStayedStandsOnBothSides() {
    TrailBuilder trail =
        twoHops()
            .of(udp("10.0.0.9", 1000, "10.0.0.5", 53))
            .policy(Verdict.ACCEPT)
            .changed("src", "10.0.0.1", "10.0.0.9");
    assertThat(ChangeWords.before(trail.build(), 2))
        .containsExactly("src 10.0.0.1:1000 -> 10.0.0.9:1000");
  }

  @Test
  void anAddressThatStayedStandsOnBothSides() {
    assertThat(ChangeWords.before(changed("dport", 80, 53).build(), 2))
        .containsExactly("dst 10.0.0.2:80 -> 10.0.0.2:53");
  }

  @Test
  void anEndWithoutPortsIsAnAddress() {
    TrailBuilder trail =
        twoHops()
            .of(echo("10.0.0.1", "10.0.0.5"))
            .policy(Verdict.ACCEPT)
            .changed("dst", "1.2.3.4", "10.0.0.5");
    assertThat(ChangeWords.before(trail.build(), 2)).containsExactly("dst 1.2.3.4 -> 10.0.0.5");
  }

  @Test
  void anIpv6AddressIsKeptApartFromItsPort() {
    IpAddress address = IpAddress.v6(0x2001_0db8_0000_0000L, 5);
    TrailBuilder trail =
        twoHops()
            .of(packet("udp", address, 1000, address, 53, null, null))
            .policy(Verdict.ACCEPT)
            .changed("dst", "2001:db8::1", "2001:db8::5");
    assertThat(ChangeWords.before(trail.build(), 2))
        .containsExactly("dst [2001:db8::1]:53 -> [2001:db8::5]:53");
  }

  @ParameterizedTest
  @CsvSource({
    "0x20, 0xb8, dscp cs1 -> ef",
    "0x00, 0x28, dscp cs0 -> af11",
    "0x98, 0x04, dscp af43 -> le",
    "0xb0, 0x08, dscp va -> 0x02",
    "0x00, 0x02, ecn not-ect -> ect0",
    "0x01, 0x03, ecn ect1 -> ce",
  })
  void theTrafficClassIsSaidInItsTwoParts(String from, String to, String said) {
    TrailBuilder trail = changed("tos", Integer.decode(from), Integer.decode(to));
    assertThat(ChangeWords.before(trail.build(), 2)).containsExactly(said);
  }

  @Test
  void bothPartsOfTheTrafficClassCanChange() {
    assertThat(ChangeWords.before(changed("tos", 0, 0xb9).build(), 2))
        .containsExactly("dscp cs0 -> ef", "ecn not-ect -> ect1");
  }

  @Test
  void oneHopLessIsNoNewsWhereThePacketIsForwarded() {
    assertThat(ChangeWords.before(changed("ttl", 64, 63).build(), 2)).isEmpty();
    assertThat(ChangeWords.before(changed("ttl", 64, 10).build(), 2))
        .containsExactly("ttl 64 -> 10");
    TrailBuilder input =
        trail()
            .policy(Verdict.ACCEPT)
            .at(Hook.INPUT, "t", "input")
            .policy(Verdict.ACCEPT)
            .changed("hopLimit", 64, 63);
    assertThat(ChangeWords.before(input.build(), 2)).containsExactly("hopLimit 64 -> 63");
  }

  @Test
  void aMarkIsOfTheRule() {
    TrailBuilder trail = changed("mark", 0L, 7L);
    assertThat(ChangeWords.before(trail.build(), 2)).isEmpty();
    assertThat(ChangeWords.by(trail.build(), 2)).containsExactly("mark 0 -> 7");
    assertThat(ChangeWords.by(trail.build(), 1)).isEmpty();
  }

  @Test
  void anInterfaceThatBecomesAnotherOneIsSaid() {
    TrailBuilder trail =
        trail().in("eth1").policy(Verdict.ACCEPT).in("br0").out("wan0").policy(Verdict.ACCEPT);
    assertThat(ChangeWords.before(trail.build(), 2)).containsExactly("in eth1 -> br0");
  }

  @Test
  void anInterfaceIsComparedWithTheLastThatWasKnown() {
    TrailBuilder trail =
        trail()
            .out("tun0")
            .policy(Verdict.ACCEPT)
            .in(null)
            .out(null)
            .policy(Verdict.ACCEPT)
            .out("wan0")
            .policy(Verdict.ACCEPT);
    assertThat(ChangeWords.before(trail.build(), 2)).isEmpty();
    assertThat(ChangeWords.before(trail.build(), 3)).containsExactly("out tun0 -> wan0");
  }

  @Test
  void anotherNamespaceIsSaidWithItsOwnInterface() {
    TrailBuilder trail =
        trail().netns("host").policy(Verdict.ACCEPT).netns("web").in("eth0").policy(Verdict.ACCEPT);
    assertThat(ChangeWords.before(trail.build(), 2))
        .containsExactly("netns host -> web", "in eth0");
  }

  @Test
  void controlCharactersAreShown() {
    TrailBuilder trail =
        trail().in("a").policy(Verdict.ACCEPT).in("b\u001b").policy(Verdict.ACCEPT);
    assertThat(ChangeWords.before(trail.build(), 2)).containsExactly("in a -> b\\x1b");
  }
}
