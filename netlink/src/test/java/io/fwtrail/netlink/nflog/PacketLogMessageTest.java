package io.fwtrail.netlink.nflog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fixtures.Mangling;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PacketLogMessageTest {
  private static final long SEED = 20260101;

  /** One object for all messages, as its user has it. */
  private final PacketLogMessage log = new PacketLogMessage();

  private static String hex(PacketLogMessage m, int start, int length) {
    return ByteBufUtil.hexDump(m.buffer(), start, length);
  }

  private static String prefix(PacketLogMessage m) {
    int length = m.prefixEnd() - m.prefixStart();
    return m.buffer().toString(m.prefixStart(), length, StandardCharsets.UTF_8);
  }

  /** All that a message says but for times, in one line. */
  private static String describe(PacketLogMessage m) {
    StringBuilder line = new StringBuilder();
    line.append(m.sequence()).append('/').append(m.globalSequence());
    line.append(" family ").append(m.family()).append(" hook ").append(m.hook());
    line.append(" type ").append(Integer.toHexString(m.protocol()));
    line.append(" '").append(prefix(m)).append('\'');
    line.append(" from ").append(m.indev()).append('/').append(m.physIndev());
    line.append(" to ").append(m.outdev()).append('/').append(m.physOutdev());
    line.append(" headers ").append(m.hardwareHeaderLength()).append('+').append(m.payloadLength());
    if (m.hardwareType() >= 0) {
      line.append(" device ").append(m.hardwareType()).append('/').append(m.hardwareLength());
    }
    if (m.hardwareAddressLength() > 0) {
      line.append(" address ").append(hex(m, m.hardwareAddressStart(), m.hardwareAddressLength()));
    }
    if (m.mark() != 0) {
      line.append(" mark ").append(Long.toHexString(m.mark()));
    }
    if (m.uid() >= 0) {
      line.append(" uid ").append(m.uid()).append(" gid ").append(m.gid());
    }
    if (m.vlanTci() >= 0) {
      line.append(" vlan ").append(Integer.toHexString(m.vlanProtocol())).append('/');
      line.append(Integer.toHexString(m.vlanTci()));
    }
    if (m.layer2Length() > 0) {
      line.append(" frame ").append(hex(m, m.layer2Start(), m.layer2Length()));
    }
    return line.append(m.time() < 0 ? "" : " timed").toString();
  }

  private List<String> describe(String fixture) {
    return Fixture.read(fixture).decode(message -> describe(log.decode(message)));
  }

  @Test
  void forwarded() {
    String in = " from 2/0 to 0/0 headers 14+32 device 1/14 address 020000001102";
    String through = " from 2/0 to 3/0 headers 14+32 device 1/14 address 020000001102";
    assertThat(describe("nflog/forward"))
        .containsExactly(
            "0/1 family 2 hook 0 type 800 'TRACE: raw:PREROUTING:policy:2 '" + in + " timed",
            "1/2 family 2 hook 0 type 800 'TRACE: mangle:PREROUTING:rule:1 '" + in + " timed",
            "2/3 family 2 hook 0 type 800 'TRACE: mangle:PREROUTING:policy:2 '"
                + in
                + " mark deadbeef timed",
            "3/4 family 2 hook 2 type 800 'TRACE: mangle:FORWARD:policy:1 '"
                + through
                + " mark deadbeef timed",
            "4/5 family 2 hook 2 type 800 'TRACE: filter:FORWARD:rule:1 '"
                + through
                + " mark deadbeef timed",
            "5/6 family 2 hook 2 type 800 'TRACE: filter:odd::rule:1:rule:1 '"
                + through
                + " mark deadbeef timed",
            "6/7 family 2 hook 2 type 800 'TRACE: filter:odd::rule:1:return:2 '"
                + through
                + " mark deadbeef timed",
            "7/8 family 2 hook 2 type 800 'TRACE: filter:FORWARD:policy:2 '"
                + through
                + " mark deadbeef timed",
            "8/9 family 2 hook 4 type 800 'TRACE: mangle:POSTROUTING:policy:1 '"
                + through
                + " mark deadbeef");
  }

  @Test
  void ip6() {
    assertThat(describe("nflog/forward6"))
        .containsExactly(
            "0/1 family 10 hook 0 type 86dd 'TRACE: raw:PREROUTING:policy:2 ' from 2/0 to 0/0"
                + " headers 14+52 device 1/14 address 020000001102 timed",
            "1/2 family 10 hook 2 type 86dd 'TRACE: filter:FORWARD:rule:1 ' from 2/0 to 3/0"
                + " headers 14+52 device 1/14 address 020000001102 timed");
  }

  @Test
  void ownPacketThroughLoopback() {
    String in = " from 1/0 to 0/0 headers 14+32 device 772/14 address 000000000000 timed";
    assertThat(describe("nflog/loopback"))
        .containsExactly(
            "0/1 family 2 hook 3 type 800 'TRACE: raw:OUTPUT:policy:2 ' from 0/0 to 1/0"
                + " headers 0+32 uid 0 gid 0",
            "1/2 family 2 hook 0 type 800 'TRACE: raw:PREROUTING:rule:1 '" + in,
            "2/3 family 2 hook 0 type 800 'TRACE: raw:PREROUTING:policy:2 '" + in);
  }

  @Test
  void portsOfABridge() {
    List<String> lines = describe("nflog/bridge-ports");

    assertThat(lines.get(3))
        .isEqualTo(
            "3/4 family 2 hook 2 type 800 'TRACE: filter:FORWARD:rule:1 ' from 4/2 to 4/3"
                + " headers 14+32 device 1/14 address 020000001102 timed");
    assertThat(lines.get(5))
        .isEqualTo(
            "5/6 family 2 hook 4 type 800 'TRACE: mangle:POSTROUTING:rule:1 ' from 0/0 to 4/3"
                + " headers 0+32");
  }

  @Test
  void vlanTagAndFrame() {
    assertThat(describe("nflog/bridge-vlan"))
        .containsExactly(
            "0/1 family 7 hook 2 type 800 'no trace' from 4/2 to 4/3 headers 14+28 device 1/14"
                + " address 020000001102 uid 0 gid 0 vlan 8100/6007"
                + " frame 0200000012020200000011020800 timed");
  }

  /** Where there is no link-layer header, the kernel sends the IP header's first bytes for it. */
  @Test
  void outOfATunnel() {
    List<String> headers =
        Fixture.read("nflog/tunnel")
            .decode(
                message -> {
                  PacketLogMessage m = log.decode(message);
                  return m.hook()
                      + " "
                      + m.hardwareType()
                      + " "
                      + m.hardwareAddressLength()
                      + " "
                      + hex(m, m.hardwareHeaderStart(), m.hardwareHeaderLength());
                });

    assertThat(headers)
        .containsExactly(
            "0 65534 0 ",
            "0 65534 0 ",
            "2 65534 0 ",
            "4 1 0 4500001c000140003f1127b40a0d",
            "4 1 0 4500001c000140003f1127b40a0d");
  }

  @Test
  void positions() {
    PacketLogMessage m = log.decode(Fixture.first(datagram("nflog/forward", 0)));

    assertThat(hex(m, m.hardwareHeaderStart(), m.hardwareHeaderLength()))
        .isEqualTo("020000001101" + "020000001102" + "0800");
    assertThat(hex(m, m.payloadStart(), m.payloadLength()))
        .isEqualTo("45000020acfa4000401179b80a0b00020a0c0002" + "9c401388000c1438" + "01020304");
    assertThat(m.time()).isEqualTo(1_795_445_329_104_315_000L);
    assertThat(m.group()).isZero();
  }

  private static byte[] datagram(String fixture, int index) {
    return Fixture.read(fixture).datagrams().get(index);
  }

  private static byte[] message(Consumer<MessageWriter> attributes) {
    ByteBuf buffer = Unpooled.buffer();
    MessageWriter writer =
        new MessageWriter(buffer)
            .begin(Nflog.TYPE_PACKET, 0, 0)
            .raw((byte) 2, (byte) 0, (byte) 0xff, (byte) 0xfe);
    attributes.accept(writer);
    writer.end();
    return ByteBufUtil.getBytes(buffer);
  }

  private PacketLogMessage decode(Consumer<MessageWriter> attributes) {
    return log.decode(Fixture.first(message(attributes)));
  }

  /** Positions must not be those of the message before, which may be beyond this buffer's end. */
  @Test
  void nothingIsLeftOfTheMessageBefore() {
    PacketLogMessage unused = log.decode(Fixture.first(datagram("nflog/bridge-vlan", 0)));
    unused = decode(w -> connection(w, 1, 3, 1));
    PacketLogMessage m = decode(w -> {});

    assertThat(describe(m))
        .isEqualTo("-1/-1 family 2 hook -1 type ffffffff '' from 0/0 to 0/0 headers 0+0");
    assertThat(m.hardwareHeaderStart()).isZero();
    assertThat(m.hardwareAddressStart()).isZero();
    assertThat(m.payloadStart()).isZero();
    assertThat(m.layer2Start()).isZero();
    assertThat(m.hasConntrack()).isFalse();
    assertThat(m.ctId()).isZero();
    assertThat(m.ctStatus()).isZero();
    assertThat(m.ctState()).isZero();
    assertThat(m.ctDirection()).isEqualTo(PacketLogMessage.ABSENT);
    assertThat(m.unknownAttributes()).isZero();
  }

  @Test
  void groupHasSixteenBits() {
    assertThat(decode(w -> {}).group()).isEqualTo(0xfffe);
  }

  /**
   * As ctnetlink writes a connection (net/netfilter/nf_conntrack_netlink.c,
   * __ctnetlink_glue_build); the kernel that the fixtures are of is built without this.
   */
  private static void connection(MessageWriter w, int id, int info, int status) {
    w.beginNested(18)
        .beginNested(1)
        .beginNested(1)
        .bytes(1, (byte) 10, (byte) 0, (byte) 0, (byte) 1)
        .endNested()
        .endNested()
        .bigEndianInt(12, id)
        .bigEndianInt(3, status)
        .endNested()
        .bigEndianInt(19, info);
  }

  @Test
  void connections() {
    List<String> told = new ArrayList<>();
    for (int info = -1; info <= 8; info++) {
      int number = info;
      PacketLogMessage m = decode(w -> connection(w, -2, number, 0x18e));
      assertThat(m.hasConntrack()).isTrue();
      assertThat(m.ctId()).isEqualTo(0xffff_fffeL);
      assertThat(m.ctStatus()).isEqualTo(0x18e);
      told.add(info + ": " + m.ctDirection() + " " + m.ctState());
    }
    assertThat(told)
        .containsExactly(
            "-1: -1 0",
            "0: 0 2",
            "1: 0 4",
            "2: 0 8",
            "3: 1 2",
            "4: 1 4",
            "5: 1 8",
            "6: -1 0",
            "7: -1 0",
            "8: -1 0");
  }

  @Test
  void numbersAreUnsigned() {
    PacketLogMessage m =
        decode(
            w -> {
              for (int type : new int[] {2, 11, 12, 13, 14}) {
                w.bigEndianInt(type, -1);
              }
            });

    assertThat(List.of(m.mark(), m.uid(), m.gid(), m.sequence(), m.globalSequence()))
        .containsOnly(0xffff_ffffL);
  }

  @Test
  void timesThatAreNone() {
    for (long[] time :
        new long[][] {{-1, 0}, {0, -1}, {0, 1_000_000}, {Long.MAX_VALUE, 0}, {9_223_372_036L, 0}}) {
      byte[] value = ByteBufUtil.getBytes(Unpooled.buffer().writeLong(time[0]).writeLong(time[1]));
      assertThat(decode(w -> w.bytes(3, value)).time())
          .as("%d s and %d us", time[0], time[1])
          .isEqualTo(PacketLogMessage.ABSENT);
    }
  }

  @Test
  void hardwareAddressThatClaimsMoreThanThereIs() {
    byte[] claims = {0x7f, 0x7f, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};

    assertThat(decode(w -> w.bytes(8, claims)).hardwareAddressLength()).isEqualTo(8);
  }

  @Test
  void attributesOfANewerKernel() {
    PacketLogMessage m = decode(w -> w.bigEndianInt(22, 5).bigEndianInt(4000, 6).string(10, "p"));

    assertThat(m.unknownAttributes()).isEqualTo(2);
    assertThat(prefix(m)).isEqualTo("p");
    List<Integer> types = new ArrayList<>();
    AttributeCursor attributes = m.attributes();
    while (attributes.next()) {
      types.add(attributes.type());
    }
    assertThat(types).containsExactly(22, 4000, 10);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 17, 19})
  void valueTooShort(int type) {
    assertThatThrownBy(() -> decode(w -> w.bytes(type, (byte) 1)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("attribute " + type);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void vlanValueTooShort(int type) {
    assertThatThrownBy(() -> decode(w -> w.beginNested(20).bytes(type, (byte) 1).endNested()))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("attribute " + type);
  }

  @Test
  void messageWithoutItsHeader() {
    byte[] bare = new byte[18];
    bare[0] = 18;

    assertThatThrownBy(() -> log.decode(Fixture.first(bare)))
        .isInstanceOf(MalformedMessageException.class);
  }

  static List<String> fixtures() {
    return Fixture.names().stream().filter(name -> name.startsWith("nflog/")).toList();
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void cut(String name) {
    Fixture.read(name).datagrams().forEach(d -> Mangling.cut(d, this::endure));
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void cutWithALengthThatAgrees(String name) {
    Fixture.read(name).datagrams().forEach(d -> Mangling.cutAndMended(d, this::endure));
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void flipped(String name) {
    Fixture.read(name).datagrams().forEach(d -> Mangling.flipped(d, SEED, this::endure));
  }

  @Test
  void connectionCutAndFlipped() {
    byte[] datagram = message(w -> connection(w, 1, 3, 1));
    Mangling.cutAndMended(datagram, this::endure);
    Mangling.flipped(datagram, SEED, this::endure);
  }

  @Test
  void noise() {
    Random random = new Random(SEED);
    for (int i = 0; i < 20_000; i++) {
      endure(Mangling.noise(Nflog.TYPE_PACKET, 16 + random.nextInt(100), random));
    }
  }

  /** Whatever the bytes: a malformed message, or positions within the message. */
  private void endure(byte[] datagram) {
    MessageCursor cursor =
        new MessageCursor().reset(Unpooled.wrappedBuffer(datagram), 0, datagram.length);
    try {
      while (cursor.next()) {
        PacketLogMessage m = log.decode(cursor);
        for (int end :
            new int[] {
              m.prefixEnd(),
              m.payloadStart() + m.payloadLength(),
              m.hardwareHeaderStart() + m.hardwareHeaderLength(),
              m.hardwareAddressStart() + m.hardwareAddressLength(),
              m.layer2Start() + m.layer2Length()
            }) {
          assertThat(end).isBetween(0, cursor.end());
        }
        assertThat(m.prefixStart()).isBetween(0, m.prefixEnd());
        assertThat(m.time()).isGreaterThanOrEqualTo(PacketLogMessage.ABSENT);
      }
    } catch (MalformedMessageException e) {
      // As it should be.
    }
  }
}
