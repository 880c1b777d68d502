package io.fwtrail.tracer.log;

import static io.fwtrail.tracer.hop.PacketBuilder.ip;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.nflog.PacketLogMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The messages are of Linux 6.18: the fixtures nflog/ of the module netlink. */
class NflogDecoderTest {
  /** A forwarded packet meets a rule of the chain {@code odd::rule:1}. */
  private static final String RULE =
      """
      d8000000 00040000 00000000 00000000 02000000 08000100 08000200 26000a00
      54524143 453a2066 696c7465 723a6f64 643a3a72 756c653a 313a7275 6c653a31
      20000000 08000400 00000002 08000500 00000003 08000200 deadbeef 10000800
      00060000 02000000 11020000 06000f00 00010000 06001100 000e0000 12001000
      02000000 11010200 00001102 08000000 14000300 00000000 6b045251 00000000
      000197dc 08000c00 00000005 08000d00 00000006 24000900 45000020 acfa4000
      3f117ab8 0a0b0002 0a0c0002 9c401388 000c1438 01020304
      """;

  /** A packet made here, at output. */
  private static final String OUTPUT =
      """
      88000000 00040000 00000000 00000000 02000000 08000100 08000300 20000a00
      54524143 453a2072 61773a4f 55545055 543a706f 6c696379 3a322000 08000500
      00000001 08000b00 00000000 08000e00 00000000 08000c00 00000000 08000d00
      00000001 24000900 45000020 01a54000 4011250f 0a0b0002 0a0b0002 9c401388
      000c1437 01020304
      """;

  /** From one port of a bridge to the other. */
  private static final String BRIDGE =
      """
      dc000000 00040000 00000000 00000000 02000000 08000100 08000200 22000a00
      54524143 453a2066 696c7465 723a464f 52574152 443a7275 6c653a31 20000000
      08000400 00000004 08000600 00000002 08000500 00000004 08000700 00000003
      10000800 00060000 02000000 11020000 06000f00 00010000 06001100 000e0000
      12001000 02000000 12020200 00001102 08000000 14000300 00000000 6b045251
      00000000 00088015 08000c00 00000003 08000d00 00000004 24000900 45000020
      6d144000 4011b954 0a0b0002 0a0b004d 9c401388 000c1482 01020304
      """;

  /** At postrouting, out of a tun device and to a veth device. */
  private static final String TUNNEL =
      """
      a8000000 00040000 00000000 00000000 02000000 08000100 08000400 26000a00
      54524143 453a206d 616e676c 653a504f 5354524f 5554494e 473a7275 6c653a31
      20000000 08000400 00000004 08000500 00000003 06000f00 00010000 06001100
      000e0000 12001000 4500001c 00014000 3f1127b4 0a0d0000 08000c00 00000003
      08000d00 00000004 20000900 4500001c 00014000 3f1127b4 0a0d0002 0a0c0002
      9c401388 00080000
      """;

  /** An IPv6 packet. */
  private static final String IP6 =
      """
      e0000000 00040000 00000000 00000000 0a000000 08000100 86dd0200 22000a00
      54524143 453a2066 696c7465 723a464f 52574152 443a7275 6c653a31 20000000
      08000400 00000002 08000500 00000003 10000800 00060000 02000000 11020000
      06000f00 00010000 06001100 000e0000 12001000 02000000 11010200 00001102
      86dd0000 14000300 00000000 6b045251 00000000 0004f082 08000c00 00000001
      08000d00 00000002 38000900 6003f538 000c113f 20010db8 00110000 00000000
      00000002 20010db8 00120000 00000000 00000002 9c401388 000c5bb6 01020304
      """;

  private static final String IPV4_UDP =
      "4500001e00010000401100000a0000010a000002" + "9c401388000a0000" + "6869";

  private static final long NOW = 123;

  private final NflogDecoder decoder = new NflogDecoder(index -> index == 0 ? null : "if" + index);
  private final PacketLogMessage message = new PacketLogMessage();
  private final LogEvent event = new LogEvent();

  private boolean fill(byte[] datagram) {
    MessageCursor cursor =
        new MessageCursor().reset(Unpooled.wrappedBuffer(datagram), 0, datagram.length);
    return cursor.next() && decoder.fill(event, message.decode(cursor), NOW);
  }

  private LogEvent real(String hex) {
    assertThat(fill(bytes(hex))).isTrue();
    return event;
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
  }

  private static byte[] datagram(NfFamily family, Consumer<MessageWriter> attributes) {
    ByteBuf buffer = Unpooled.buffer();
    MessageWriter writer =
        new MessageWriter(buffer)
            .begin(0x400, 0, 0)
            .raw((byte) family.number(), (byte) 0, (byte) 0, (byte) 0);
    attributes.accept(writer);
    writer.end();
    return ByteBufUtil.getBytes(buffer);
  }

  private boolean prefixIsTrace(String prefix) {
    return fill(datagram(NfFamily.IP, w -> w.string(10, prefix)));
  }

  private Packet packet(NfFamily family, String payload) {
    assertThat(
            fill(
                datagram(
                    family,
                    w -> w.string(10, "TRACE: raw:OUTPUT:rule:1 ").bytes(9, bytes(payload)))))
        .isTrue();
    return event.packet;
  }

  @Test
  void aRuleThatAForwardedPacketMeets() {
    LogEvent e = real(RULE);
    assertThat(e.family).isEqualTo(NfFamily.IP);
    assertThat(e.table).isEqualTo("filter");
    assertThat(e.chain).isEqualTo("odd::rule:1");
    assertThat(e.kind).isEqualTo(Hop.Kind.RULE);
    assertThat(e.number).isEqualTo(1);
    assertThat(e.in).isEqualTo("if2");
    assertThat(e.out).isEqualTo("if3");
    assertThat(e.physIn).isNull();
    assertThat(e.physOut).isNull();
    assertThat(e.mark).isEqualTo(0xdead_beefL);
    assertThat(e.uid).isEqualTo(LogEvent.ABSENT);
    assertThat(e.gid).isEqualTo(LogEvent.ABSENT);
    assertThat(e.conntrack).isNull();
    assertThat(e.time).isEqualTo(1_795_445_329_104_412_000L);
    assertThat(e.kernelMicros).isEqualTo(LogEvent.ABSENT);
  }

  @Test
  void thePacketIsRead() {
    Packet p = real(RULE).packet;
    assertThat(p.src()).isEqualTo(ip("10.11.0.2"));
    assertThat(p.dst()).isEqualTo(ip("10.12.0.2"));
    assertThat(p.protocol()).isEqualTo("udp");
    assertThat(p.length()).isEqualTo(32);
    assertThat(p.ttl()).isEqualTo(63);
    assertThat(p.sport()).isEqualTo(40_000);
    assertThat(p.dport()).isEqualTo(5000);
    assertThat(p.link())
        .isEqualTo(new Packet.LinkLayer(0x0200_0000_1102L, 0x0200_0000_1101L, 0x0800, -1));
  }

  @Test
  void aPacketMadeHereHasItsUserAndTheCallersTime() {
    LogEvent e = real(OUTPUT);
    assertThat(e.uid).isZero();
    assertThat(e.gid).isZero();
    assertThat(e.time).isEqualTo(NOW);
    assertThat(e.kind).isEqualTo(Hop.Kind.POLICY);
    assertThat(e.number).isEqualTo(2);
    assertThat(e.in).isNull();
    assertThat(e.out).isEqualTo("if1");
    assertThat(e.packet.link()).isNull();
  }

  @Test
  void aBridgesPortsAreToldBesideTheBridge() {
    LogEvent e = real(BRIDGE);
    assertThat(e.in).isEqualTo("if4");
    assertThat(e.out).isEqualTo("if4");
    assertThat(e.physIn).isEqualTo("if2");
    assertThat(e.physOut).isEqualTo("if3");
  }

  /** What the kernel sends as its hardware header is the beginning of its IP header. */
  @Test
  void aPacketOutOfATunnelHasNoLinkLayer() {
    LogEvent e = real(TUNNEL);
    assertThat(e.chain).isEqualTo("POSTROUTING");
    assertThat(e.packet.link()).isNull();
    assertThat(e.packet.src()).isEqualTo(ip("10.13.0.2"));
  }

  @Test
  void anIpv6Packet() {
    LogEvent e = real(IP6);
    assertThat(e.family).isEqualTo(NfFamily.IP6);
    assertThat(e.packet.src()).hasToString("2001:db8:11::2");
    assertThat(e.packet.dport()).isEqualTo(5000);
    assertThat(e.packet.length()).isEqualTo(52);
    assertThat(e.packet.link().etherType()).isEqualTo(0x86dd);
  }

  @Test
  void nothingIsLeftOfTheEventBefore() {
    LogEvent unused = real(BRIDGE);
    unused = real(RULE);
    LogEvent e = real(OUTPUT);
    assertThat(e.mark).isZero();
    assertThat(e.physIn).isNull();
    assertThat(e.physOut).isNull();
    LogEvent next = real(RULE);
    assertThat(next.uid).isEqualTo(LogEvent.ABSENT);
  }

  @Test
  void equalNamesAreOneObject() {
    String table = real(RULE).table;
    String chain = event.chain;
    assertThat(real(RULE).table).isSameAs(table);
    assertThat(event.chain).isSameAs(chain);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TRACE: filter:FORWARD:rule:2 | filter | FORWARD | RULE | 2",
        "TRACE: nat:a b:policy:1 | nat | a b | POLICY | 1",
        "TRACE: raw:x:return:4294967 | raw | x | RETURN | 4294967",
        "TRACE: raw:::rule:1 | raw | : | RULE | 1",
        "TRACE: raw::rule:2:rule:1 | raw | :rule:2 | RULE | 1",
        "TRACE: raw:rule:rule:2147483647 | raw | rule | RULE | 2147483647",
        "TRACE: raw:TRACE: raw:y:return:3 | raw | TRACE: raw:y | RETURN | 3",
      })
  void prefixes(String prefix, String table, String chain, Hop.Kind kind, int number) {
    assertThat(prefixIsTrace(prefix + " ")).isTrue();
    assertThat(event.table).isEqualTo(table);
    assertThat(event.chain).isEqualTo(chain);
    assertThat(event.kind).isEqualTo(kind);
    assertThat(event.number).isEqualTo(number);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "TRACE",
        "TRACE: ",
        "TRACE:  ",
        "dropped: ",
        "trace: filter:FORWARD:rule:2 ",
        "TRACE: filter:FORWARD:rule:2",
        "TRACE: filter:FORWARD:rule: ",
        "TRACE: filter:FORWARD:rule:0 ",
        "TRACE: filter:FORWARD:rule:2147483648 ",
        "TRACE: filter:FORWARD:rule:99999999999999999999999999999999 ",
        "TRACE: filter:FORWARD:rule:-1 ",
        "TRACE: filter:FORWARD:rule:1x ",
        "TRACE: filter:FORWARD:rule 2 ",
        "TRACE: filter:FORWARD:rules:2 ",
        "TRACE: filter:FORWARD:rul:2 ",
        "TRACE: filter:FORWARD::2 ",
        "TRACE: filter::rule:2 ",
        "TRACE: :FORWARD:rule:2 ",
        "TRACE: filter:rule:2 ",
        "TRACE: rule:2 ",
        "TRACE: 2 ",
      })
  void otherPrefixesAreNoTraceAndAreCounted(String prefix) {
    assertThat(prefixIsTrace("TRACE: filter:FORWARD:rule:7 ")).isTrue();

    assertThat(prefixIsTrace(prefix)).isFalse();

    assertThat(decoder.others()).isEqualTo(1);
    assertThat(event.number).as("of the event before").isEqualTo(7);
  }

  @Test
  void aPrefixLongerThanTheKernelsIsNoTrace() {
    String longest = "TRACE: filter:" + "c".repeat(127 - 14 - 8) + ":rule:1 ";
    assertThat(longest).hasSize(127);
    assertThat(prefixIsTrace(longest)).isTrue();
    assertThat(prefixIsTrace(longest.replace("c:", "cc:"))).isFalse();
  }

  @Test
  void aMessageWithoutPrefixIsNoTrace() {
    assertThat(fill(datagram(NfFamily.IP, w -> w.bytes(9, bytes(IPV4_UDP))))).isFalse();
    assertThat(decoder.others()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ARP", "BRIDGE", "NETDEV", "OTHER"})
  void otherFamiliesHaveNoTrace(NfFamily family) {
    assertThat(fill(datagram(family, w -> w.string(10, "TRACE: filter:FORWARD:rule:2 "))))
        .isFalse();
    assertThat(decoder.others()).isEqualTo(1);
  }

  @Test
  void theTransportHeaderIsFoundBehindIpv4Options() {
    String plain = "4500002c00010000400600000a0000010a000002";
    String options = "4800003800010000400600000a0000010a000002" + "07070400000000000000000000";
    String tcp = "9c4000500000000700000009" + "5012fffe00000000";
    Packet p = packet(NfFamily.IP, options.substring(0, 64) + tcp);
    assertThat(p.sport()).isEqualTo(40_000);
    assertThat(p.dport()).isEqualTo(80);
    assertThat(p.tcp()).isEqualTo(packet(NfFamily.IP, plain + tcp).tcp());
    assertThat(p.tcp()).isEqualTo(new Packet.Tcp(7, 9, 0xfffe, 0x12));
  }

  /** nf_tables shows no more, and both have to tell the same of one packet. */
  @Test
  void ofAnIpv6PacketWithExtensionHeadersTheFirstIsTold() {
    String addresses = "20010db8000000000000000000000001" + "20010db8000000000000000000000002";
    String hopByHop = "1100050200000000";
    Packet p =
        packet(NfFamily.IP6, "6000000000120040" + addresses + hopByHop + "9c401388000a00006869");
    assertThat(p.protocol()).isEqualTo("0");
    assertThat(p.dport()).isEqualTo(Packet.ABSENT);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 19, 20, 21, 23, 24, 28, 30})
  void aPayloadThatIsCut(int length) {
    Packet p = packet(NfFamily.IP, IPV4_UDP.substring(0, length * 2));
    assertThat(p.version()).isEqualTo(length < 20 ? Packet.ABSENT : 4);
    assertThat(p.sport()).isEqualTo(length < 22 ? Packet.ABSENT : 40_000);
    assertThat(p.dport()).isEqualTo(length < 24 ? Packet.ABSENT : 5000);
  }

  @Test
  void aHeaderLengthThatIsTooSmallOrTooLarge() {
    assertThat(packet(NfFamily.IP, "40" + IPV4_UDP.substring(2)).dport()).isEqualTo(5000);
    assertThat(packet(NfFamily.IP, "4f" + IPV4_UDP.substring(2)).dport()).isEqualTo(Packet.ABSENT);
  }

  @Test
  void aHardwareHeaderThatIsNotOfThePacketsProtocolIsNone() {
    byte[] datagram = bytes(RULE);
    String frame = "0200000011010200000011020800";
    int at = HexFormat.of().formatHex(datagram).indexOf(frame) / 2;
    datagram[at + 13] = 1;
    assertThat(fill(datagram)).isTrue();
    assertThat(event.packet.link()).isNull();
  }

  private void connection(int id, int info) {
    connection(id, info, 0);
  }

  private void connection(int id, int info, int status) {
    assertThat(
            fill(
                datagram(
                    NfFamily.IP,
                    w ->
                        w.string(10, "TRACE: raw:OUTPUT:rule:1 ")
                            .beginNested(18)
                            .bigEndianInt(12, id)
                            .bigEndianInt(3, status)
                            .endNested()
                            .bigEndianInt(19, info))))
        .isTrue();
  }

  @Test
  void connections() {
    connection(-1, 2);
    assertThat(event.conntrack).isEqualTo(new Conntrack(0xffff_ffffL, "original", "new"));
    connection(-1, 3);
    assertThat(event.conntrack).isEqualTo(new Conntrack(0xffff_ffffL, "reply", "established"));
    connection(-1, 4);
    assertThat(event.conntrack).isEqualTo(new Conntrack(0xffff_ffffL, "reply", "related"));
    connection(1, 4);
    assertThat(event.conntrack).isEqualTo(new Conntrack(1, "reply", "related"));
    connection(1, 77);
    assertThat(event.conntrack).isEqualTo(new Conntrack(1, null, null));
    assertThat(real(RULE).conntrack).isNull();
  }

  /** IPS_SRC_NAT_DONE, which tells that no nat chain on the way out is to come any more. */
  @Test
  void itsStatusAsItIsAtEachMessage() {
    connection(5, 2, 0x100);
    assertThat(event.conntrack.mayMeetNat(Hook.POSTROUTING)).isTrue();
    connection(5, 2, 0x180);
    assertThat(event.conntrack.mayMeetNat(Hook.POSTROUTING)).isFalse();
  }

  @Test
  void oneConnectionIsOneObject() {
    connection(5, 0);
    Conntrack first = event.conntrack;
    connection(5, 0);
    assertThat(event.conntrack).isSameAs(first);
  }

  @Test
  void messagesCutAtEveryLengthAndFlippedBytes() {
    Random random = new Random(20260101);
    for (String hex : new String[] {RULE, OUTPUT, BRIDGE, TUNNEL, IP6}) {
      byte[] whole = bytes(hex);
      for (int length = 0; length < whole.length; length++) {
        byte[] cut = Arrays.copyOf(whole, length);
        if (length > 1) {
          cut[0] = (byte) length;
          cut[1] = 0;
        }
        endure(cut);
        for (int n = 0; n < 20; n++) {
          byte[] flipped = whole.clone();
          flipped[length] ^= (byte) (1 + random.nextInt(255));
          endure(flipped);
        }
      }
    }
  }

  private void endure(byte[] datagram) {
    try {
      if (fill(datagram)) {
        assertThat(event.packet).isNotNull();
        assertThat(event.number).isPositive();
        assertThat(event.table).isNotEmpty();
        assertThat(event.chain).isNotEmpty();
      }
    } catch (MalformedMessageException e) {
      // As it should be.
    }
  }
}
