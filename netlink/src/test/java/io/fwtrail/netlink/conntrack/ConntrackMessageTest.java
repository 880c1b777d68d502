package io.fwtrail.netlink.conntrack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.conntrack.ConntrackTuple.Address;
import io.fwtrail.netlink.conntrack.ConntrackTuple.Icmp;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fixtures.Mangling;
import io.fwtrail.netlink.nftables.NfFamily;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConntrackMessageTest {
  private static final long SEED = 20260101;

  private static final Address CLIENT = new Address(0, 0x0a0b_0002);
  private static final Address SERVER = new Address(0, 0x0a0c_0002);
  private static final Address CLIENT_V6 = new Address(0x2001_0db8_0011_0000L, 2);
  private static final Address SERVER_V6 = new Address(0x2001_0db8_0012_0000L, 2);

  private static final ConntrackTuple WEB =
      new ConntrackTuple(NfFamily.IP, CLIENT, new Address(0, 0x0a0b_0001), 6, 45588, 80, null);

  private static final int CT_GET = 0x0101;

  private static List<ConntrackMessage> real() {
    return Fixture.read("conntrack/entries").decode(ConntrackMessage::decode);
  }

  /** The one of a protocol, in the zone 0. */
  private static ConntrackMessage real(int protocol) {
    return real().stream()
        .filter(m -> m.original().protocol() == protocol && m.zone() == 0)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void realTranslatedTcp() {
    assertThat(real(6))
        .isEqualTo(
            new ConntrackMessage(
                3_937_885_664L,
                0,
                // Besides SEEN_REPLY, ASSURED, CONFIRMED and both kinds of NAT the two bits that
                // say that NAT is set up, 0x80 and 0x100.
                0x1be,
                7,
                999,
                WEB,
                new ConntrackTuple(
                    NfFamily.IP, SERVER, new Address(0, 0x0a0c_0001), 6, 8080, 45588, null),
                3));
    assertThat(
            ConntrackMessage.SEEN_REPLY
                | ConntrackMessage.ASSURED
                | ConntrackMessage.CONFIRMED
                | ConntrackMessage.SRC_NAT
                | ConntrackMessage.DST_NAT)
        .isEqualTo(0x1be & ~0x180);
  }

  @Test
  void realEcho() {
    assertThat(real(1).original())
        .isEqualTo(
            new ConntrackTuple(NfFamily.IP, CLIENT, SERVER, 1, -1, -1, new Icmp(8, 0, 0x1234)));
    assertThat(real(1).reply())
        .isEqualTo(
            new ConntrackTuple(
                NfFamily.IP,
                SERVER,
                new Address(0, 0x0a0c_0001),
                1,
                -1,
                -1,
                new Icmp(0, 0, 0x1234)));
  }

  @Test
  void realIpv6() {
    assertThat(real(17).original())
        .isEqualTo(new ConntrackTuple(NfFamily.IP6, CLIENT_V6, SERVER_V6, 17, 40_000, 53, null));
    assertThat(real(58).original())
        .isEqualTo(
            new ConntrackTuple(
                NfFamily.IP6, CLIENT_V6, SERVER_V6, 58, -1, -1, new Icmp(128, 0, 0x1234)));
  }

  @Test
  void realProtocolWithoutPorts() {
    ConntrackMessage esp = real(50);
    assertThat(esp.original())
        .isEqualTo(new ConntrackTuple(NfFamily.IP, CLIENT, SERVER, 50, -1, -1, null));
    assertThat(esp.status() & ConntrackMessage.FIXED_TIMEOUT).isNotZero();
    assertThat(esp.tcpState()).isEqualTo(-1);
  }

  /** One that holds for both directions, and one for the original alone. */
  @Test
  void realZones() {
    assertThat(real()).extracting(ConntrackMessage::zone).contains(5, 6);
  }

  /** The comment in the fixture is a listing of the same connections by conntrack(8). */
  @Test
  void saysWhatConntrackSays() {
    List<String> lines =
        Fixture.read("conntrack/entries").comment().stream()
            .filter(line -> line.contains(" use=1 id="))
            .map(ConntrackMessageTest::withoutNames)
            .toList();

    assertThat(real()).hasSize(10).extracting(ConntrackMessageTest::line).isEqualTo(lines);
  }

  /** What is left out is told by a number elsewhere in the line, or is not decoded. */
  private static String withoutNames(String line) {
    return line.replaceAll("^\\w+ +", "")
        .replaceFirst("^132 999 ESTABLISHED", "132 999")
        .replace(" use=1", "")
        .replace("0x", "")
        .replaceAll("srckey=(\\S+) dstkey", "sport=$1 dport")
        .replace("zone-orig=", "zone=");
  }

  private static String line(ConntrackMessage m) {
    // A zone of one direction stands beside that, one of both at the end.
    String zone = m.zone() == 0 ? "" : " zone=" + m.zone();
    boolean ofOneDirection = m.zone() == 6;
    return m.original().protocol()
        + " "
        + m.timeout()
        + (m.tcpState() == 3 ? " ESTABLISHED" : "")
        + tuple(m.original())
        + (ofOneDirection ? zone : "")
        + ((m.status() & ConntrackMessage.SEEN_REPLY) == 0 ? " [UNREPLIED]" : "")
        + tuple(m.reply())
        + ((m.status() & ConntrackMessage.ASSURED) == 0 ? "" : " [ASSURED]")
        + " mark="
        + m.mark()
        + (ofOneDirection ? "" : zone)
        + " id="
        + m.id();
  }

  private static String tuple(ConntrackTuple t) {
    String text = " src=" + address(t.family(), t.src()) + " dst=" + address(t.family(), t.dst());
    Icmp icmp = t.icmp();
    if (icmp != null) {
      return text + " type=" + icmp.type() + " code=" + icmp.code() + " id=" + icmp.id();
    }
    return t.sport() < 0 ? text : text + " sport=" + t.sport() + " dport=" + t.dport();
  }

  private static String address(NfFamily family, Address address) {
    try {
      return family == NfFamily.IP
          ? InetAddress.getByAddress(ByteBuffer.allocate(4).putInt((int) address.low()).array())
              .getHostAddress()
          : InetAddress.getByAddress(
                  ByteBuffer.allocate(16).putLong(address.high()).putLong(address.low()).array())
              .getHostAddress()
              .replace(":0:0:0:0:2", "::2");
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void asksAsConntrackDoes() {
    List<byte[]> questions = Fixture.read("conntrack/questions").datagrams();
    List<ConntrackTuple> tuples =
        List.of(
            WEB,
            new ConntrackTuple(NfFamily.IP6, CLIENT_V6, SERVER_V6, 17, 40_000, 53, null),
            new ConntrackTuple(NfFamily.IP, CLIENT, SERVER, 136, 40_000, 53, null),
            new ConntrackTuple(NfFamily.IP, CLIENT, SERVER, 132, 40_000, 53, null),
            new ConntrackTuple(NfFamily.IP, CLIENT, SERVER, 1, -1, -1, new Icmp(8, 0, 0x1234)),
            new ConntrackTuple(
                NfFamily.IP6, CLIENT_V6, SERVER_V6, 58, -1, -1, new Icmp(128, 0, 0x1234)));

    assertThat(tuples).hasSameSizeAs(questions);
    for (int i = 0; i < tuples.size(); i++) {
      assertThat(tree(get(tuples.get(i), 0)))
          .as(tuples.get(i).toString())
          .isEqualTo(tree(questions.get(i)));
    }
  }

  private static byte[] get(ConntrackTuple tuple, int zone) {
    return bytes(w -> ConntrackMessage.writeGet(w, 1, tuple, zone));
  }

  private static byte[] bytes(Consumer<MessageWriter> message) {
    ByteBuf buffer = Unpooled.buffer();
    message.accept(new MessageWriter(buffer));
    return ByteBufUtil.getBytes(buffer);
  }

  /** The message as text: type, family, the original tuple, whatever the order of attributes. */
  private static String tree(byte[] datagram) {
    MessageCursor message = Fixture.first(datagram);
    int start = message.payloadStart();
    AttributeCursor attributes =
        new AttributeCursor().reset(message.buffer(), start + 4, message.end());
    assertThat(attributes.next()).isTrue();
    // Behind it conntrack -G sends an empty state of TCP, which the kernel does not look at.
    return Integer.toHexString(message.type())
        + " "
        + ByteBufUtil.hexDump(message.buffer(), start, 4)
        + " "
        + attributes.type()
        + tree(new AttributeCursor().resetNested(attributes));
  }

  private static String tree(AttributeCursor attributes) {
    TreeMap<Integer, String> byType = new TreeMap<>();
    while (attributes.next()) {
      boolean nested = attributes.rawType() != attributes.type();
      String before =
          byType.put(
              attributes.type(),
              nested
                  ? tree(new AttributeCursor().resetNested(attributes))
                  : ByteBufUtil.hexDump(attributes.bytes()));
      assertThat(before).isNull();
    }
    return byType.toString();
  }

  /** CTA_ZONE, a be16, behind the tuple; without NLM_F_ACK, so that the answer is one message. */
  @Test
  void asksInAZone() {
    String hex =
        ByteBufUtil.hexDump(
            get(new ConntrackTuple(NfFamily.IP, CLIENT, SERVER, 50, -1, -1, null), 5));

    assertThat(hex)
        .isEqualTo(
            "40000000"
                + "0101"
                + "0100"
                + "01000000"
                + "00000000"
                + "02000000"
                + "24000180"
                + "14000180"
                + "080001000a0b0002"
                + "080002000a0c0002"
                + "0c000280"
                + "0500010032000000"
                + "0600120000050000");
  }

  @Test
  void tellsItsOwnMessages() {
    assertThat(ConntrackMessage.is(0x0100)).isTrue();
    assertThat(ConntrackMessage.is(CT_GET)).isFalse();
    assertThat(ConntrackMessage.is(0x0a00)).isFalse();
  }

  private static byte[] message(Consumer<MessageWriter> attributes) {
    return bytes(
        w -> {
          w.begin(0x0100, 0, 1).raw((byte) 2, (byte) 0, (byte) 0, (byte) 0);
          attributes.accept(w);
          w.end();
        });
  }

  private static ConntrackMessage decode(Consumer<MessageWriter> attributes) {
    return ConntrackMessage.decode(Fixture.first(message(attributes)));
  }

  @Test
  void whatWasNotSent() {
    assertThat(
            decode(
                w -> {
                  WEB.write(w, 1);
                  WEB.write(w, 2);
                }))
        .isEqualTo(new ConntrackMessage(0, 0, 0, 0, -1, WEB, WEB, -1));
  }

  @Test
  void largeNumbersHaveNoSign() {
    ConntrackMessage m =
        decode(
            w -> {
              WEB.write(w, 1);
              WEB.write(w, 2);
              w.bigEndianInt(7, -1).bigEndianInt(8, -2).bigEndianInt(12, -3);
              w.bytes(18, (byte) -1, (byte) -1);
            });

    assertThat(m.timeout()).isEqualTo(0xffff_ffffL);
    assertThat(m.mark()).isEqualTo(0xffff_fffeL);
    assertThat(m.id()).isEqualTo(0xffff_fffdL);
    assertThat(m.zone()).isEqualTo(0xffff);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void withOneTupleAlone(int which) {
    assertThatThrownBy(() -> decode(w -> WEB.write(w, which)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a connection without its two tuples");
  }

  @Test
  void tupleWithoutAProtocol() {
    assertThatThrownBy(() -> decode(w -> w.beginNested(1).endNested()))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a connection's tuple without a protocol");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void tupleWithOneAddressAlone(int which) {
    assertThatThrownBy(
            () ->
                decode(
                    w ->
                        w.beginNested(1)
                            .beginNested(1)
                            .bytes(which, new byte[16])
                            .endNested()
                            .beginNested(2)
                            .bytes(1, (byte) 17)
                            .endNested()
                            .endNested()))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a connection's tuple without its two addresses");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 7})
  void numberOfATupleTooShort(int which) {
    assertThatThrownBy(
            () ->
                decode(
                    w ->
                        w.beginNested(1)
                            .beginNested(2)
                            .bytes(which, (byte) 17)
                            .endNested()
                            .endNested()))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("attribute " + which + " has 1 bytes where 2 belong");
  }

  @Test
  void addressTooShort() {
    assertThatThrownBy(
            () ->
                decode(
                    w ->
                        w.beginNested(1)
                            .beginNested(1)
                            .bytes(3, new byte[15])
                            .endNested()
                            .endNested()))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("attribute 3 has 15 bytes where 16 belong");
  }

  private static List<byte[]> fixtures() {
    List<byte[]> all = new ArrayList<>(Fixture.read("conntrack/entries").datagrams());
    all.addAll(Fixture.read("conntrack/questions").datagrams());
    return all;
  }

  @Test
  void cut() {
    fixtures().forEach(d -> Mangling.cut(d, this::endure));
  }

  /** Wherever it is cut, there is an error, or all that is told was there. */
  @Test
  void cutWithALengthThatAgrees() {
    fixtures().forEach(d -> Mangling.cutAndMended(d, this::endure));
    byte[] whole = Fixture.read("conntrack/entries").datagrams().get(0);
    ConntrackMessage full = ConntrackMessage.decode(Fixture.first(whole));
    Mangling.cutAndMended(
        whole,
        cut -> {
          try {
            ConntrackMessage part = ConntrackMessage.decode(Fixture.first(cut));
            assertThat(part.original()).isEqualTo(full.original());
            assertThat(part.reply()).isEqualTo(full.reply());
          } catch (MalformedMessageException e) {
            // As it should be.
          }
        });
  }

  @Test
  void flipped() {
    fixtures().forEach(d -> Mangling.flipped(d, SEED, this::endure));
  }

  @Test
  void noise() {
    Random random = new Random(SEED);
    for (int i = 0; i < 20_000; i++) {
      endure(Mangling.noise(0x0100, 16 + random.nextInt(150), random));
    }
  }

  /** Whatever the bytes: a malformed message, or numbers that can be. */
  private void endure(byte[] datagram) {
    MessageCursor cursor =
        new MessageCursor().reset(Unpooled.wrappedBuffer(datagram), 0, datagram.length);
    try {
      while (cursor.next()) {
        ConntrackMessage m = ConntrackMessage.decode(cursor);
        assertThat(m.zone()).isBetween(0, 0xffff);
        assertThat(m.tcpState()).isBetween(-1, 255);
        for (ConntrackTuple tuple : List.of(m.original(), m.reply())) {
          assertThat(tuple.protocol()).isBetween(0, 255);
          assertThat(tuple.sport()).isBetween(-1, 0xffff);
          assertThat(tuple.dport()).isBetween(-1, 0xffff);
        }
      }
    } catch (MalformedMessageException e) {
      // As it should be.
    }
  }
}
