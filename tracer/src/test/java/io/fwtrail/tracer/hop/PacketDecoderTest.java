package io.fwtrail.tracer.hop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.fwtrail.tracer.hop.PacketDecoder.Network;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PacketDecoderTest {
  private static final String ETHERNET = "0200000000bb 0200000000aa ";

  /** From 10.11.0.2 to 10.12.0.2, 60 bytes, id 0x8ebf, DF, TTL 63, TOS 0x10, TCP. */
  private static final String IPV4 = "4510003c 8ebf4000 3f06 0000 0a0b0002 0a0c0002";

  /** From 2001:db8::1 to 2001:db8::2, class 0xb8, flow label 0xabcde, 8 bytes behind, UDP. */
  private static final String IPV6 =
      "6b8abcde 0008 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002";

  /** From port 39270 to 53, SYN and ACK. */
  private static final String TCP = "9966 0035 fffffffe 80000001 50 12 faf0 0000 0000";

  private static final String UDP = "9966 0035 0008 0000";
  private static final String ECHO = "08 00 0000 4bb4 0102";

  private static final String ARP =
      "0001 0800 06 04 0001 0200000000aa 0a0b0002 000000000000 0a0b0001";

  /** Decodes headers that lie in one buffer, each behind the other, from a device of Ethernet. */
  private static Packet decode(String link, String network, String transport, Network kind) {
    return decode(bytes(link), bytes(network), bytes(transport), 1, kind);
  }

  private static Packet decode(
      byte[] link, byte[] network, byte[] transport, int device, Network kind) {
    ByteBuf buffer = Unpooled.wrappedBuffer(link, network, transport);
    return PacketDecoder.decode(
        buffer,
        0,
        link.length,
        device,
        link.length,
        network.length,
        link.length + network.length,
        transport.length,
        kind);
  }

  private static Packet ipv4(int protocol, String transport) {
    byte[] network = bytes(IPV4);
    network[9] = (byte) protocol;
    return decode(new byte[0], network, bytes(transport), 1, Network.IPV4);
  }

  private static Packet fragment(String fragmentBits) {
    return decode("", IPV4.replace("4000", fragmentBits), TCP, Network.IPV4);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  @Test
  void readsTheIpv4Header() {
    Packet packet = decode("", IPV4, "", Network.IPV4);
    assertThat(packet.version()).isEqualTo(4);
    assertThat(packet.src()).hasToString("10.11.0.2");
    assertThat(packet.dst()).hasToString("10.12.0.2");
    assertThat(packet.protocol()).isEqualTo("tcp");
    assertThat(packet.length()).isEqualTo(60);
    assertThat(packet.tos()).isEqualTo(0x10);
    assertThat(packet.ttl()).isEqualTo(63);
    assertThat(packet.id()).isEqualTo(0x8ebf);
    assertThat(packet.dontFragment()).isTrue();
    assertThat(packet.fragment()).isNull();
    assertThat(packet.flowLabel()).isEqualTo(Packet.ABSENT);
  }

  @Test
  void readsTheIpv6Header() {
    Packet packet = decode("", IPV6, UDP, Network.IPV6);
    assertThat(packet.version()).isEqualTo(6);
    assertThat(packet.src()).hasToString("2001:db8::1");
    assertThat(packet.dst()).hasToString("2001:db8::2");
    assertThat(packet.protocol()).isEqualTo("udp");
    assertThat(packet.length()).as("with its own 40 bytes").isEqualTo(48);
    assertThat(packet.tos()).isEqualTo(0xb8);
    assertThat(packet.ttl()).isEqualTo(64);
    assertThat(packet.flowLabel()).isEqualTo(0xabcde);
    assertThat(packet.id()).isEqualTo(Packet.ABSENT);
    assertThat(packet.dport()).isEqualTo(53);
  }

  @Test
  void readsTcp() {
    Packet packet = ipv4(6, TCP);
    assertThat(packet.sport()).isEqualTo(39270);
    assertThat(packet.dport()).isEqualTo(53);
    assertThat(packet.tcp()).isEqualTo(new Packet.Tcp(0xffff_fffeL, 0x8000_0001L, 0xfaf0, 0x12));
  }

  @ParameterizedTest
  @CsvSource({"17, udp", "136, udplite", "132, sctp", "33, dccp"})
  void readsThePortsOfWhatHasPorts(int protocol, String name) {
    Packet packet = ipv4(protocol, UDP);
    assertThat(packet.protocol()).isEqualTo(name);
    assertThat(packet.sport()).isEqualTo(39270);
    assertThat(packet.dport()).isEqualTo(53);
    assertThat(packet.tcp()).isNull();
  }

  @ParameterizedTest
  @CsvSource({"08 00, 1, 8", "00 00, 1, 0"})
  void readsIdAndSequenceOfAnEcho(String typeAndCode, int protocol, int type) {
    assertThat(ipv4(protocol, typeAndCode + "0000 4bb4 0102").icmp())
        .isEqualTo(new Packet.Icmp(type, 0, 0x4bb4, 0x0102));
  }

  @ParameterizedTest
  @CsvSource({"80 00, 128", "81 00, 129"})
  void readsIdAndSequenceOfAnEchoOverIpv6(String typeAndCode, int type) {
    Packet packet =
        decode("", IPV6.replace(" 11 ", " 3a "), typeAndCode + "0000 4bb4 0102", Network.IPV6);
    assertThat(packet.protocol()).isEqualTo("icmpv6");
    assertThat(packet.icmp()).isEqualTo(new Packet.Icmp(type, 0, 0x4bb4, 0x0102));
  }

  @Test
  void anIcmpErrorHasNoIdAndNoPorts() {
    Packet packet = ipv4(1, "03 01 0000 0000 05dc");
    assertThat(packet.icmp()).isEqualTo(new Packet.Icmp(3, 1, Packet.ABSENT, Packet.ABSENT));
    assertThat(packet.sport()).isEqualTo(Packet.ABSENT);
  }

  @Test
  void type128IsNoEchoInIpv4() {
    assertThat(ipv4(1, "80 00 0000 4bb4 0102").icmp().id()).isEqualTo(Packet.ABSENT);
  }

  @Test
  void aProtocolWithoutANameIsItsNumber() {
    Packet packet = ipv4(47, UDP);
    assertThat(packet.protocol()).isEqualTo("47");
    assertThat(packet.sport()).isEqualTo(Packet.ABSENT);
  }

  @Test
  void theFirstFragmentHasTheTransportHeader() {
    Packet packet = fragment("2000");
    assertThat(packet.fragment()).isEqualTo(new Packet.Fragment(0, true));
    assertThat(packet.dport()).isEqualTo(53);
    assertThat(packet.dontFragment()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"20b9, true", "00b9, false"})
  void behindALaterFragmentsHeaderStandsNoTransportHeader(String bits, boolean more) {
    Packet packet = fragment(bits);
    assertThat(packet.fragment()).isEqualTo(new Packet.Fragment(1480, more));
    assertThat(packet.dport()).isEqualTo(Packet.ABSENT);
    assertThat(packet.tcp()).isNull();
  }

  @Test
  void anIpv6FragmentIsKnownButNotItsPlace() {
    Packet packet = decode("", IPV6.replace(" 11 ", " 2c "), UDP, Network.IPV6);
    assertThat(packet.fragment()).isEqualTo(new Packet.Fragment(Packet.ABSENT, false));
    assertThat(packet.dport()).isEqualTo(Packet.ABSENT);
  }

  @ParameterizedTest
  @CsvSource({"0001, request", "0002, reply", "0008, 8"})
  void readsArp(String operation, String word) {
    Packet packet = decode("", ARP.replace("04 0001", "04" + operation), "", Network.ARP);
    assertThat(packet.protocol()).isEqualTo("arp");
    assertThat(packet.version()).isEqualTo(Packet.ABSENT);
    assertThat(packet.arpOperation()).isEqualTo(word);
    assertThat(packet.src()).hasToString("10.11.0.2");
    assertThat(packet.dst()).hasToString("10.11.0.1");
  }

  @Test
  void arpOfOtherAddressesThanIpv4OverEthernetHasNone() {
    Packet packet = decode("", ARP.replace("06 04", "08 04"), "", Network.ARP);
    assertThat(packet.arpOperation()).isEqualTo("request");
    assertThat(packet.src()).isNull();
  }

  @Test
  void readsTheEthernetHeader() {
    Packet packet = decode(ETHERNET + "0800", IPV4, TCP, Network.IPV4);
    assertThat(packet.link())
        .isEqualTo(new Packet.LinkLayer(0x0200_0000_00aaL, 0x0200_0000_00bbL, 0x0800, -1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"8100", "88a8"})
  void readsAVlanTagAndTheEthertypeBehindIt(String tag) {
    Packet packet = decode(ETHERNET + tag + "b00a 0800", IPV4, TCP, Network.UNKNOWN);
    assertThat(packet.link().vlan()).as("without the priority bits").isEqualTo(10);
    assertThat(packet.link().etherType()).isEqualTo(0x0800);
    assertThat(packet.version()).isEqualTo(4);
  }

  @Test
  void theLoopbackDevicesHeaderTellsNothing() {
    Packet packet = decode(bytes(ETHERNET + "0800"), bytes(IPV4), bytes(TCP), 772, Network.IPV4);
    assertThat(packet.link()).isNull();
    assertThat(packet.dport()).isEqualTo(53);
  }

  @Test
  void aHeaderOfAnotherKindOfDeviceIsNotReadAsEthernet() {
    assertThat(decode(bytes(ETHERNET + "0800"), bytes(IPV4), bytes(TCP), 512, Network.IPV4).link())
        .isNull();
  }

  @ParameterizedTest
  @CsvSource({"0800, 4", "86dd, 6", "88cc, -1"})
  void theEthertypeTellsWhatTheCallerDoesNotKnow(String etherType, int version) {
    String network = version == 6 ? IPV6 : IPV4;
    assertThat(decode(ETHERNET + etherType, network, "", Network.UNKNOWN).version())
        .isEqualTo(version);
  }

  @Test
  void theEthertypeTellsArp() {
    assertThat(decode(ETHERNET + "0806", ARP, "", Network.UNKNOWN).protocol()).isEqualTo("arp");
  }

  @Test
  void withoutALinkLayerTheFirstBitsTell() {
    assertThat(decode("", IPV4, "", Network.UNKNOWN).version()).isEqualTo(4);
    assertThat(decode("", IPV6, "", Network.UNKNOWN).version()).isEqualTo(6);
    assertThat(decode("", ARP, "", Network.UNKNOWN).protocol()).isEqualTo("arp");
    assertThat(decode("", "00".repeat(40), "", Network.UNKNOWN).version()).isEqualTo(Packet.ABSENT);
  }

  /** The header under test lies at the buffer's very end: a read beyond it is an exception. */
  @Test
  void aNetworkHeaderCutAtAnyLengthIsReadAsFarAsItGoes() {
    for (Network kind : Network.values()) {
      for (String whole : new String[] {IPV4, IPV6, ARP}) {
        byte[] network = bytes(whole);
        for (int length = 0; length < network.length; length++) {
          byte[] cut = Arrays.copyOf(network, length);
          Packet packet = decode(new byte[0], cut, new byte[0], 0, kind);
          assertThat(packet.version())
              .as("%s cut to %d bytes", kind, length)
              .isIn(length < 20 ? new Integer[] {-1} : new Integer[] {-1, 4, 6});
        }
      }
    }
  }

  @Test
  void aTcpHeaderCutAtAnyLengthIsReadAsFarAsItGoes() {
    byte[] tcp = bytes(TCP);
    for (int length = 0; length < tcp.length; length++) {
      Packet packet = decode(new byte[0], bytes(IPV4), Arrays.copyOf(tcp, length), 1, Network.IPV4);
      assertThat(packet.sport()).isEqualTo(length < 2 ? Packet.ABSENT : 39270);
      assertThat(packet.dport()).isEqualTo(length < 4 ? Packet.ABSENT : 53);
      assertThat(packet.tcp() == null).as("%d bytes", length).isEqualTo(length < 16);
    }
  }

  @Test
  void anEchoCutAtAnyLengthIsReadAsFarAsItGoes() {
    byte[] echo = bytes(ECHO);
    for (int length = 0; length < echo.length; length++) {
      Packet packet = ipv4(1, HexFormat.of().formatHex(echo, 0, length));
      assertThat(packet.icmp())
          .isEqualTo(length < 2 ? null : new Packet.Icmp(8, 0, Packet.ABSENT, Packet.ABSENT));
    }
  }

  @Test
  void aLinkHeaderCutAtAnyLengthIsReadAsFarAsItGoes() {
    byte[] link = bytes(ETHERNET + "8100 000a 0800");
    for (int length = 0; length < link.length; length++) {
      ByteBuf buffer = Unpooled.wrappedBuffer(link, 0, length);
      Packet packet = PacketDecoder.decode(buffer, 0, length, 1, 0, 0, 0, 0, Network.UNKNOWN);
      assertThat(packet.link())
          .isEqualTo(
              length < 14
                  ? null
                  : new Packet.LinkLayer(0x0200_0000_00aaL, 0x0200_0000_00bbL, 0x8100, -1));
    }
  }

  @ParameterizedTest
  @EnumSource
  void noBytesWhateverMakeItThrow(Network kind) {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] link = random(random, 21);
      byte[] network = random(random, 41);
      byte[] transport = random(random, 21);
      if (network.length > 0 && random.nextBoolean()) {
        network[0] = (byte) (random.nextBoolean() ? 0x45 : 0x60);
      }
      int device = random.nextBoolean() ? 1 : random.nextInt(1000);
      assertThatCode(() -> decode(link, network, transport, device, kind))
          .as("%s %s", kind, HexFormat.of().formatHex(network))
          .doesNotThrowAnyException();
    }
  }

  private static byte[] random(Random random, int bound) {
    byte[] bytes = new byte[random.nextInt(bound)];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void movesNoIndexOfTheBuffer() {
    ByteBuf buffer = Unpooled.wrappedBuffer(bytes(IPV4), bytes(TCP));
    buffer.readerIndex(3);
    PacketDecoder.decode(buffer, 0, 0, 1, 0, 20, 20, 20, Network.IPV4);
    assertThat(buffer.readerIndex()).isEqualTo(3);
    assertThat(buffer.writerIndex()).isEqualTo(40);
  }
}
