package io.fwtrail.tracer.hop;

import static io.fwtrail.tracer.hop.PacketBuilder.echo;
import static io.fwtrail.tracer.hop.PacketBuilder.tcp;
import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PacketTest {
  static Stream<Arguments> samePacketFurtherOn() {
    return Stream.of(
        Arguments.of("nothing", udp(), udp()),
        Arguments.of("destination NAT", udp(), udp().dst("192.168.0.9").dport(5353)),
        Arguments.of("source NAT", udp(), udp().src("192.168.0.9").sport(40_000)),
        Arguments.of("forwarding", udp(), udp().ttl(63)),
        Arguments.of("a DSCP rule", udp(), udp().tos(0xb8)),
        Arguments.of("NAT of an echo", echo(7, 1), echo(8, 1)),
        Arguments.of("a transport header cut off", tcp(5), tcp(5).tcp((Packet.Tcp) null)),
        Arguments.of("an echo cut off", echo(7, 1), echo(7, 1).icmp(null)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("samePacketFurtherOn")
  void canBecomeWhatTheWayMakesOfIt(String what, PacketBuilder first, PacketBuilder later) {
    assertThat(first.build().canBecome(later.build(), false)).isTrue();
  }

  static Stream<Arguments> otherPackets() {
    return Stream.of(
        Arguments.of("IP id", udp(), udp().id(2)),
        Arguments.of("length", udp(), udp().length(101)),
        Arguments.of("protocol", udp(), udp().protocol("udplite")),
        Arguments.of("IP version", udp(), udp().v6()),
        Arguments.of("fragment", udp().fragment(0, true), udp().fragment(1480, false)),
        Arguments.of("sequence number", tcp(5), tcp(6)),
        Arguments.of("TCP flags", tcp(5), tcp(5).tcp(new Packet.Tcp(5, 0, 64_240, 0x10))),
        Arguments.of("sequence number of an echo", echo(7, 1), echo(7, 2)),
        Arguments.of("ICMP type", echo(7, 1), echo(7, 1).icmp(new Packet.Icmp(0, 0, 7, 1))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("otherPackets")
  void cannotBecomeAPacketOfAnother(String what, PacketBuilder first, PacketBuilder later) {
    assertThat(first.build().canBecome(later.build(), false)).isFalse();
  }

  @Test
  void aProgramInUserSpaceMayWriteItAnewButNotInAnotherIpVersion() {
    assertThat(udp().build().canBecome(tcp(9).id(9).length(9).build(), true)).isTrue();
    assertThat(udp().build().canBecome(udp().v6().build(), true)).isFalse();
  }

  @Test
  void isTheSameAtTheOtherEndOfTheLoopbackWithOtherLinkLayerAndTtl() {
    Packet in = udp().ttl(63).link(new Packet.LinkLayer(1, 2, 0x0800, Packet.ABSENT)).build();
    assertThat(udp().build().sameIp(in)).isTrue();
  }

  static Stream<PacketBuilder> othersAtOnePoint() {
    return Stream.of(
        udp().src("10.0.0.9"), udp().dst("10.0.0.9"), udp().sport(9), udp().dport(9), udp().id(9));
  }

  @ParameterizedTest
  @MethodSource("othersAtOnePoint")
  void isNotTheSameAtOnePointWithOtherAddressesPortsOrId(PacketBuilder other) {
    assertThat(udp().build().sameIp(other.build())).isFalse();
  }

  @Test
  void namesTcpFlagsFromTheLowestBitUp() {
    assertThat(new Packet.Tcp(0, 0, 0, 0x12).flags()).containsExactly("SYN", "ACK");
    assertThat(new Packet.Tcp(0, 0, 0, 0xff).flags())
        .containsExactly("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR");
    assertThat(new Packet.Tcp(0, 0, 0, 0).flags()).isEmpty();
  }

  @Test
  void knowsTheBitOfAFlagsName() {
    for (String name : List.of("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")) {
      assertThat(new Packet.Tcp(0, 0, 0, Packet.Tcp.flagBit(name)).flags()).containsExactly(name);
    }
    assertThat(Packet.Tcp.flagBit("syn")).isZero();
  }

  @Test
  void writesAHardwareAddressInPairsOfHexDigits() {
    assertThat(Packet.LinkLayer.macText(0x0200_0000_00ffL)).isEqualTo("02:00:00:00:00:ff");
    assertThat(Packet.LinkLayer.macText(0xffff_ffff_ffffL)).isEqualTo("ff:ff:ff:ff:ff:ff");
  }
}
