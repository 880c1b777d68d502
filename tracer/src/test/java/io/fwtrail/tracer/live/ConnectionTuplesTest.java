package io.fwtrail.tracer.live;

import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.conntrack.ConntrackTuple;
import io.fwtrail.netlink.conntrack.ConntrackTuple.Address;
import io.fwtrail.netlink.conntrack.ConntrackTuple.Icmp;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTuplesTest {
  private static final Address SRC = new Address(0, 0x0a00_0001);
  private static final Address DST = new Address(0, 0x0a00_0002);

  private static ConntrackTuple tuple(int protocol, int sport, int dport) {
    return new ConntrackTuple(NfFamily.IP, SRC, DST, protocol, sport, dport, null);
  }

  private static PacketBuilder of(String protocol) {
    return udp().protocol(protocol);
  }

  private static PacketBuilder withoutPorts(String protocol) {
    return of(protocol).sport(Packet.ABSENT).dport(Packet.ABSENT);
  }

  @ParameterizedTest
  @CsvSource({"tcp, 6", "udp, 17", "dccp, 33", "sctp, 132", "udplite, 136"})
  void protocolsWithPorts(String name, int number) {
    assertThat(ConnectionTuples.of(of(name).build())).isEqualTo(tuple(number, 1000, 53));
    assertThat(ConnectionTuples.of(withoutPorts(name).build())).as("ports not shown").isNull();
  }

  @Test
  void protocolsWithoutPorts() {
    assertThat(ConnectionTuples.of(withoutPorts("50").build())).isEqualTo(tuple(50, -1, -1));
  }

  @Test
  void greHasKeysOfNought() {
    assertThat(ConnectionTuples.of(withoutPorts("47").build())).isEqualTo(tuple(47, 0, 0));
  }

  @Test
  void ipv6() {
    long prefix = 0x2001_0db8_0000_0000L;
    assertThat(ConnectionTuples.of(udp().v6().build()))
        .isEqualTo(
            new ConntrackTuple(
                NfFamily.IP6, new Address(prefix, 1), new Address(prefix, 2), 17, 1000, 53, null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "43", "44", "51", "59", "60"})
  void ipv6ExtensionHeadersHideThePorts(String header) {
    assertThat(ConnectionTuples.of(withoutPorts(header).v6().build())).isNull();
  }

  @Test
  void echo() {
    assertThat(ConnectionTuples.of(PacketBuilder.echo(7, 1).build()))
        .isEqualTo(new ConntrackTuple(NfFamily.IP, SRC, DST, 1, -1, -1, new Icmp(8, 0, 7)));
  }

  @Test
  void echoOfIpv6() {
    Packet packet =
        PacketBuilder.echo(7, 1)
            .v6()
            .protocol("icmpv6")
            .icmp(new Packet.Icmp(128, 0, 7, 1))
            .build();
    ConntrackTuple tuple = ConnectionTuples.of(packet);
    assertThat(tuple).isNotNull();
    assertThat(tuple.icmp()).isEqualTo(new Icmp(128, 0, 7));
    assertThat(tuple.protocol()).isEqualTo(58);
  }

  @Test
  void icmpErrorsHaveNoConnectionOfTheirOwn() {
    Packet unreachable =
        PacketBuilder.echo(7, 1).icmp(new Packet.Icmp(3, 3, Packet.ABSENT, Packet.ABSENT)).build();
    assertThat(ConnectionTuples.of(unreachable)).isNull();
  }

  /** The kernel refuses such a tuple (EINVAL). */
  @Test
  void icmpOfTheOtherVersionIsNoEcho() {
    assertThat(ConnectionTuples.of(PacketBuilder.echo(7, 1).v6().build())).isNull();
  }

  @Test
  void arpHasNone() {
    assertThat(ConnectionTuples.of(PacketBuilder.arp().build())).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"256", "-1", "x", ""})
  void whatIsNoProtocol(String protocol) {
    assertThat(ConnectionTuples.of(of(protocol).build())).isNull();
  }

  @Test
  void inverse() {
    assertThat(ConnectionTuples.inverse(tuple(17, 1000, 53)))
        .isEqualTo(new ConntrackTuple(NfFamily.IP, DST, SRC, 17, 53, 1000, null));
  }

  @ParameterizedTest
  @CsvSource({"8, 0", "0, 8", "128, 129", "129, 128"})
  void inverseOfEcho(int type, int answer) {
    ConntrackTuple tuple =
        new ConntrackTuple(NfFamily.IP, SRC, DST, 1, -1, -1, new Icmp(type, 0, 7));
    assertThat(ConnectionTuples.inverse(tuple))
        .isEqualTo(new ConntrackTuple(NfFamily.IP, DST, SRC, 1, -1, -1, new Icmp(answer, 0, 7)));
  }

  @Test
  void matchesItsOwnDirection() {
    ConntrackTuple packet = tuple(17, 1000, 53);
    assertThat(ConnectionTuples.matches(packet, packet)).isTrue();
    assertThat(ConnectionTuples.matches(packet, ConnectionTuples.inverse(packet))).isFalse();
    assertThat(ConnectionTuples.matches(packet, tuple(17, 1000, 54))).isFalse();
    assertThat(ConnectionTuples.matches(packet, tuple(17, 1001, 53))).isFalse();
  }

  @Test
  void matchesByAddressesWhereTheKernelHasNoPorts() {
    ConntrackTuple packet = tuple(33, 1000, 53);
    ConntrackTuple kernels = tuple(33, -1, -1);
    assertThat(ConnectionTuples.matches(packet, kernels)).isTrue();
    assertThat(ConnectionTuples.matches(packet, ConnectionTuples.inverse(kernels))).isFalse();
  }

  @Test
  void shown() {
    assertThat(ConnectionTuples.shown(tuple(17, 1000, 53)))
        .isEqualTo(
            new Connection.Tuple(
                PacketBuilder.ip("10.0.0.1"),
                PacketBuilder.ip("10.0.0.2"),
                "udp",
                1000,
                53,
                Packet.ABSENT));
    assertThat(ConnectionTuples.shown(tuple(47, 0, 0)).sport()).isEqualTo(Packet.ABSENT);
  }

  @Test
  void shownIpv6Echo() {
    ConntrackTuple tuple =
        new ConntrackTuple(
            NfFamily.IP6, new Address(1, 2), new Address(3, 4), 58, -1, -1, new Icmp(128, 0, 7));
    Connection.Tuple shown = ConnectionTuples.shown(tuple);
    assertThat(shown.src()).isEqualTo(IpAddress.v6(1, 2));
    assertThat(shown.protocol()).isEqualTo("icmpv6");
    assertThat(shown.icmpId()).isEqualTo(7);
  }
}
