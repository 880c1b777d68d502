package io.fwtrail.netlink.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.fixtures.Fixture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TraceMessageTest {
  private static final Map<Integer, String> VERDICTS =
      Map.of(
          NfTables.VERDICT_DROP, "drop",
          NfTables.VERDICT_ACCEPT, "accept",
          NfTables.VERDICT_STOLEN, "stolen",
          NfTables.VERDICT_CONTINUE, "continue",
          NfTables.VERDICT_JUMP, "jump",
          NfTables.VERDICT_GOTO, "goto",
          NfTables.VERDICT_RETURN, "return");

  private static String text(ByteBuf buffer, int start, int end) {
    return buffer.toString(start, end - start, StandardCharsets.UTF_8);
  }

  /** All that a message says but for ids, in one line. */
  private static String describe(TraceMessage m) {
    StringBuilder line = new StringBuilder();
    line.append(NfFamily.of(m.family()).keyword())
        .append(' ')
        .append(text(m.buffer(), m.tableStart(), m.tableEnd()))
        .append(' ')
        .append(text(m.buffer(), m.chainStart(), m.chainEnd()))
        .append(
            switch (m.type()) {
              case TraceMessage.TYPE_POLICY -> " policy";
              case TraceMessage.TYPE_RETURN -> " return";
              case TraceMessage.TYPE_RULE -> " rule";
              default -> " type " + m.type();
            });
    if (m.hasHandle()) {
      line.append(" #").append(m.handle());
    }
    if (m.hasVerdict()) {
      line.append(' ').append(VERDICTS.getOrDefault(m.verdictCode(), "?"));
    }
    if (m.targetStart() != m.targetEnd()) {
      line.append(' ').append(text(m.buffer(), m.targetStart(), m.targetEnd()));
    }
    if (m.policy() >= 0) {
      line.append(' ').append(VERDICTS.get(m.policy()));
    }
    if (m.hasPacket()) {
      line.append(" | ").append(NfFamily.of(m.protocolFamily()).keyword());
      line.append(" headers ").append(m.linkLength());
      line.append('+').append(m.networkLength()).append('+').append(m.transportLength());
      line.append(" from ").append(m.iif()).append('/').append(m.iifType());
      line.append(" to ").append(m.oif()).append('/').append(m.oifType());
    }
    if (m.mark() != 0) {
      line.append(" mark ").append(Long.toHexString(m.mark()));
    }
    if (m.hasConntrack()) {
      line.append(" ct direction ").append(m.ctDirection());
      line.append(" status ").append(m.ctStatus()).append(" state ").append(m.ctState());
    }
    return line.toString();
  }

  /** One object for all messages, as its user has it. */
  private static List<String> describe(String fixture) {
    TraceMessage trace = new TraceMessage();
    return Fixture.read(fixture).decode(message -> describe(trace.decode(message)));
  }

  @Test
  void jumpsReturnsAndPolicies() {
    assertThat(describe("trace/ip-chains"))
        .containsExactly(
            "ip t pre rule #8 continue | ip headers 14+20+12 from 2/1 to 0/0",
            "ip t pre rule continue",
            "ip t pre policy accept",
            "ip t forw rule #9 jump inner | ip headers 14+20+12 from 2/1 to 3/1",
            "ip t inner rule #6 return",
            "ip t forw rule #10 jump empty",
            "ip t empty rule continue",
            "ip t forw rule #11 goto last",
            "ip t last rule #7 continue",
            "ip t last rule continue",
            "ip t forw policy drop");
  }

  @Test
  void kernel61() {
    assertThat(describe("trace/kernel-6.1"))
        .containsExactly(
            "ip t pre rule #8 continue | ip headers 14+20+12 from 2/1 to 0/0",
            "ip t pre return continue",
            "ip t pre policy accept",
            "ip t forw rule #9 jump inner | ip headers 14+20+12 from 2/1 to 3/1",
            "ip t inner return #6 return",
            "ip t forw rule #10 jump empty",
            "ip t empty return continue",
            "ip t forw rule #11 goto last",
            "ip t last rule #7 continue",
            "ip t last return continue",
            "ip t forw policy drop");
  }

  @Test
  void acceptDropAndMark() {
    assertThat(describe("trace/ip-accept"))
        .containsExactly(
            "ip t pre rule #5 continue | ip headers 14+20+12 from 2/1 to 0/0 mark deadbeef",
            "ip t pre rule continue mark deadbeef",
            "ip t pre policy accept mark deadbeef",
            "ip t forw rule #6 accept | ip headers 14+20+12 from 2/1 to 3/1 mark deadbeef",
            "ip t post rule continue | ip headers 14+20+12 from 2/1 to 3/1 mark deadbeef",
            "ip t post policy accept mark deadbeef",
            "ip t late rule #7 drop | ip headers 14+20+12 from 2/1 to 3/1 mark deadbeef");
  }

  @Test
  void ownPacketThroughLoopback() {
    assertThat(describe("trace/ip-output"))
        .containsExactly(
            "ip t out rule #2 continue | ip headers 0+20+12 from 0/0 to 1/772",
            "ip t out rule continue",
            "ip t out policy accept");
  }

  @Test
  void ip6() {
    assertThat(describe("trace/ip6"))
        .containsExactly(
            "ip6 t pre rule #3 continue | ip6 headers 14+40+12 from 2/1 to 0/0",
            "ip6 t pre rule continue",
            "ip6 t pre policy accept",
            "ip6 t forw rule continue | ip6 headers 14+40+12 from 2/1 to 3/1",
            "ip6 t forw policy drop");
  }

  @Test
  void inetWithConntrack() {
    assertThat(describe("trace/inet-conntrack"))
        .containsExactly(
            "inet t pre rule #3 continue | ip headers 14+20+12 from 2/1 to 0/0",
            "inet t pre rule continue",
            "inet t pre policy accept",
            "inet t forw rule #6 accept | ip headers 14+20+12 from 2/1 to 3/1 ct direction 0 status 0 state 8",
            "inet t pre rule #4 continue | ip headers 14+20+12 from 3/1 to 0/0",
            "inet t pre rule continue",
            "inet t pre policy accept",
            "inet t forw rule #5 drop | ip headers 14+20+12 from 3/1 to 2/1 ct direction 1 status 10 state 2");
  }

  @Test
  void arp() {
    assertThat(describe("trace/arp"))
        .containsExactly(
            "arp t in rule #2 continue | arp headers 14+28+0 from 2/1 to 0/0",
            "arp t in rule #3 drop");
  }

  @Test
  void bridge() {
    assertThat(describe("trace/bridge"))
        .containsExactly(
            "bridge t pre rule #3 continue | bridge headers 14+20+12 from 2/1 to 0/0",
            "bridge t pre rule continue",
            "bridge t pre policy accept",
            "bridge t forw rule continue | bridge headers 14+20+12 from 2/1 to 3/1",
            "bridge t forw policy drop");
  }

  @Test
  void ingressWithVlanTag() {
    assertThat(describe("trace/netdev-ingress-vlan"))
        .containsExactly(
            "netdev t in rule #2 continue | netdev headers 18+20+8 from 2/1 to 0/0",
            "netdev t in rule continue",
            "netdev t in policy accept");
  }

  @Test
  void egress() {
    assertThat(describe("trace/netdev-egress"))
        .containsExactly(
            "netdev t out rule #2 continue | netdev headers 0+20+12 from 0/0 to 3/1",
            "netdev t out rule continue",
            "netdev t out policy drop");
  }

  @Test
  void stolen() {
    assertThat(describe("trace/netdev-stolen"))
        .containsExactly(
            "netdev t in rule #2 continue | netdev headers 14+20+12 from 2/1 to 0/0",
            "netdev t in rule #3 stolen");
  }

  /** The address of the packet's buffer, its flow and its interface are the same all the way. */
  @Test
  void onePacketHasOneId() {
    assertThat(
            Fixture.read("trace/ip-chains")
                .decode(message -> new TraceMessage().decode(message).id()))
        .hasSize(11)
        .containsOnly(0x1bda1245);
  }

  @Test
  void connectionHasOneIdBothWays() {
    List<Long> ids =
        Fixture.read("trace/inet-conntrack")
            .decode(message -> new TraceMessage().decode(message).ctId());

    assertThat(ids.stream().filter(id -> id != 0).distinct()).hasSize(1);
  }

  @Test
  void headers() {
    TraceMessage trace =
        new TraceMessage()
            .decode(Fixture.first(Fixture.read("trace/ip-chains").datagrams().get(0)));

    assertThat(hex(trace, trace.linkStart(), trace.linkLength()))
        .isEqualTo("020000001101" + "020000001102" + "0800");
    assertThat(hex(trace, trace.networkStart(), trace.networkLength()))
        .isEqualTo("45000020d47f4000401152330a0b00020a0c0002");
    assertThat(hex(trace, trace.transportStart(), trace.transportLength()))
        .isEqualTo("9c401388000c1438" + "01020304");
  }

  /** The tag is made up from what the kernel keeps beside the packet. */
  @Test
  void vlanTag() {
    TraceMessage trace =
        new TraceMessage()
            .decode(Fixture.first(Fixture.read("trace/netdev-ingress-vlan").datagrams().get(0)));

    assertThat(hex(trace, trace.linkStart(), trace.linkLength()))
        .isEqualTo("020000001101" + "020000001102" + "8100" + "6007" + "0800");
  }

  private static String hex(TraceMessage trace, int start, int length) {
    return ByteBufUtil.hexDump(trace.buffer(), start, length);
  }

  private static TraceMessage decode(Consumer<MessageWriter> attributes) {
    byte[] datagram = Messages.of(NfTables.TRACE, NfFamily.IP.number(), attributes);
    return new TraceMessage().decode(Fixture.first(datagram));
  }

  private static void required(MessageWriter w) {
    w.string(1, "t").string(2, "c").bigEndianInt(4, TraceMessage.TYPE_RULE).bigEndianInt(6, 1);
  }

  @Test
  void whatIsNotSentIsToldApart() {
    TraceMessage trace = decode(TraceMessageTest::required);

    assertThat(describe(trace)).isEqualTo("ip t c rule");
    assertThat(trace.handle()).isZero();
    assertThat(trace.hasVerdict()).isFalse();
    assertThat(trace.verdictCode()).isEqualTo(NfTables.VERDICT_CONTINUE);
    assertThat(trace.policy()).isEqualTo(-1);
    assertThat(trace.protocolFamily()).isZero();
    assertThat(trace.ctDirection()).isEqualTo(-1);
    assertThat(trace.ctId()).isZero();
    assertThat(trace.ctState()).isZero();
    assertThat(trace.ctStatus()).isZero();
    assertThat(trace.mark()).isZero();
    assertThat(trace.iif()).isZero();
    assertThat(trace.oif()).isZero();
  }

  /** Positions must not be those of the message before, which may be beyond this buffer's end. */
  @Test
  void nothingIsLeftOfTheMessageBefore() {
    TraceMessage trace = new TraceMessage();
    for (byte[] datagram : Fixture.read("trace/inet-conntrack").datagrams()) {
      var unused = trace.decode(Fixture.first(datagram));
    }
    byte[] plain = Messages.of(NfTables.TRACE, 2, TraceMessageTest::required);
    trace.decode(Fixture.first(plain));

    assertThat(describe(trace)).isEqualTo("ip t c rule");
    assertThat(trace.linkStart()).isZero();
    assertThat(trace.networkStart()).isZero();
    assertThat(trace.transportStart()).isZero();
    assertThat(trace.ctId()).isZero();
  }

  /** {@code queue num 3}: the queue's number stands above the verdict. */
  @Test
  void queueNumber() {
    int code = 3 << 16 | NfTables.VERDICT_QUEUE;
    TraceMessage trace =
        decode(
            w -> {
              required(w);
              w.beginNested(5).bigEndianInt(1, code).endNested();
            });

    assertThat(trace.verdictCode()).isEqualTo(code);
    assertThat(trace.verdictCode() & NfTables.VERDICT_MASK).isEqualTo(NfTables.VERDICT_QUEUE);
  }

  @Test
  void markIsUnsigned() {
    TraceMessage trace =
        decode(
            w -> {
              required(w);
              w.bigEndianInt(14, -1);
            });

    assertThat(trace.mark()).isEqualTo(0xffff_ffffL);
  }

  @Test
  void attributesOfANewerKernel() {
    TraceMessage trace =
        decode(
            w -> {
              required(w);
              w.bigEndianInt(22, 5).bigEndianInt(4000, 6);
            });

    assertThat(trace.unknownAttributes()).isEqualTo(2);
    List<Integer> types = new ArrayList<>();
    AttributeCursor attributes = trace.attributes();
    while (attributes.next()) {
      types.add(attributes.type());
    }
    assertThat(types).containsExactly(1, 2, 4, 6, 22, 4000);
  }

  @Test
  void emptyNames() {
    TraceMessage trace = decode(w -> w.bytes(1).bytes(2).bigEndianInt(4, 3).bigEndianInt(6, 1));

    assertThat(trace.tableEnd()).isEqualTo(trace.tableStart());
    assertThat(trace.chainEnd()).isEqualTo(trace.chainStart());
  }

  @Test
  void withoutWhatNoHopCanBeToldWithout() {
    for (int missing : new int[] {1, 2, 4, 6}) {
      assertThatThrownBy(
              () ->
                  decode(
                      w -> {
                        for (int type : new int[] {1, 2, 4, 6}) {
                          if (type != missing) {
                            w.bigEndianInt(type, 0x61000000);
                          }
                        }
                      }))
          .as("without attribute %d", missing)
          .isInstanceOf(MalformedMessageException.class)
          .hasMessage("a trace message without table, chain, type or id");
    }
  }

  @Test
  void numberTooShort() {
    for (int type : new int[] {3, 4, 6, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21}) {
      assertThatThrownBy(() -> decode(w -> w.bytes(type)))
          .as("attribute %d", type)
          .isInstanceOf(MalformedMessageException.class)
          .hasMessageContaining("attribute " + type);
    }
  }

  /** All that a message says, ids included; null where it does not have the outcome. */
  private static @Nullable String readAs(byte[] datagram, TraceOutcome outcome) {
    TraceMessage trace = new TraceMessage();
    return trace.decodeAs(Fixture.first(datagram), outcome) ? withIds(trace) : null;
  }

  private static String withIds(TraceMessage m) {
    return describe(m) + " id " + m.id() + " ct " + m.ctId() + " unknown " + m.unknownAttributes();
  }

  private static List<byte[]> allMessages() {
    return Fixture.names().stream()
        .filter(name -> name.startsWith("trace/"))
        .flatMap(name -> Fixture.read(name).datagrams().stream())
        .toList();
  }

  /** Whatever was expected, a message is read as what it is, or not at all. */
  @Test
  void readAsTheOutcomeOfAnotherItSaysTheSame() {
    List<byte[]> all = allMessages();
    int alike = 0;
    for (byte[] one : all) {
      TraceOutcome outcome = new TraceMessage().decode(Fixture.first(one)).outcome();
      assertThat(outcome).isNotNull();
      for (byte[] other : all) {
        TraceMessage whole = new TraceMessage().decode(Fixture.first(other));
        String expected = whole.hasOutcome(outcome) ? withIds(whole) : null;
        assertThat(readAs(other, outcome)).isEqualTo(expected);
        if (expected != null) {
          alike++;
          assertThat(new TraceMessage().decode(Fixture.first(one)).outcomeHash())
              .isEqualTo(whole.outcomeHash());
        }
      }
    }
    // Each is like itself, and some are like others: end of a chain, policies.
    assertThat(alike).isGreaterThan(all.size());
  }

  @Test
  void theOutcomeIsTheSameWhateverTheIdTheMarkAndThePacket() {
    byte[] accepted = Fixture.read("trace/ip-accept").datagrams().get(0);
    TraceMessage trace = new TraceMessage().decode(Fixture.first(accepted));
    TraceOutcome outcome = trace.outcome();
    int idAt = indexOf(accepted, trace.id());
    int markAt = indexOf(accepted, (int) trace.mark());
    byte[] other = accepted.clone();
    other[idAt] ^= 1;
    other[markAt] ^= 1;
    other[trace.networkStart() + 4] ^= 1;
    assertThat(readAs(other, outcome))
        .isEqualTo(withIds(new TraceMessage().decode(Fixture.first(other))))
        .isNotEqualTo(readAs(accepted, outcome));
  }

  /** Padding is counted from the message's beginning, not from the buffer's. */
  @Test
  void readAsAnOutcomeItSaysTheSameWhereverItLies() {
    for (byte[] datagram : allMessages()) {
      TraceOutcome outcome = new TraceMessage().decode(Fixture.first(datagram)).outcome();
      for (int before = 0; before < 8; before++) {
        ByteBuf buffer = Unpooled.buffer().writeZero(before).writeBytes(datagram);
        MessageCursor message = new MessageCursor().reset(buffer, before, datagram.length);
        assertThat(message.next()).isTrue();
        TraceMessage read = new TraceMessage();
        assertThat(read.decodeAs(message, outcome)).isTrue();
        assertThat(withIds(read)).isEqualTo(withIds(new TraceMessage().decode(message)));
      }
    }
  }

  @Test
  void anAttributeOfANewerKernelCountsInAnOutcomeToo() {
    byte[] datagram =
        Messages.of(
            NfTables.TRACE,
            NfFamily.IP.number(),
            w -> {
              w.bigEndianInt(4000, 6);
              // In the kernel's order, where the id is not the last of them.
              w.bigEndianInt(4, TraceMessage.TYPE_RULE).bigEndianInt(6, 1);
              w.string(1, "t").string(2, "c").bigEndianInt(22, 5);
            });
    TraceOutcome outcome = new TraceMessage().decode(Fixture.first(datagram)).outcome();
    TraceMessage read = new TraceMessage();
    assertThat(read.decodeAs(Fixture.first(datagram), outcome)).isTrue();
    assertThat(read.unknownAttributes()).isEqualTo(2);
  }

  private static int indexOf(byte[] bytes, int bigEndian) {
    return ByteBufUtil.hexDump(bytes).indexOf(String.format("%08x", bigEndian)) / 2;
  }

  /** One byte of what tells the outcome is another: then it is another. */
  @Test
  void anyOtherByteIsAnotherOutcome() {
    byte[] jump = Fixture.read("trace/ip-chains").datagrams().get(3);
    TraceMessage whole = new TraceMessage().decode(Fixture.first(jump));
    TraceOutcome outcome = whole.outcome();
    int idAt = indexOf(jump, whole.id());
    int start = 16;
    for (int at = start; at < start + outcome.length(); at++) {
      if (at >= idAt && at < idAt + 4) {
        continue;
      }
      byte[] other = jump.clone();
      other[at] ^= 0x40;
      assertThat(readAs(other, outcome)).as("byte " + at).isNull();
    }
  }

  @Test
  void cutAnywhereItIsReadAsAWholeOneWouldBe() {
    for (byte[] datagram : allMessages()) {
      TraceOutcome outcome = new TraceMessage().decode(Fixture.first(datagram)).outcome();
      for (int length = 20; length < datagram.length; length++) {
        byte[] cut = Arrays.copyOf(datagram, length);
        cut[0] = (byte) length;
        cut[1] = (byte) (length >>> 8);
        assertThat(outcomeOfReading(() -> readAs(cut, outcome)))
            .isIn(
                "null",
                outcomeOfReading(() -> withIds(new TraceMessage().decode(Fixture.first(cut)))));
      }
    }
  }

  private static String outcomeOfReading(Supplier<@Nullable String> reading) {
    try {
      return String.valueOf(reading.get());
    } catch (MalformedMessageException e) {
      return e.getMessage();
    }
  }

  @Test
  void anOutcomeInPiecesIsNone() {
    TraceMessage markAmid =
        decode(
            w ->
                w.bigEndianInt(4, 3)
                    .bigEndianInt(6, 1)
                    .string(1, "t")
                    .bigEndianInt(14, 7)
                    .string(2, "c"));
    assertThat(markAmid.outcome()).isNull();
    TraceMessage idBehind =
        decode(w -> w.bigEndianInt(4, 3).string(1, "t").string(2, "c").bigEndianInt(6, 1));
    assertThat(idBehind.outcome()).isNull();
  }

  @Test
  void whatSaysMoreOfTheOutcomeFurtherBehindIsAnother() {
    Consumer<MessageWriter> plain =
        w -> w.bigEndianInt(4, 3).bigEndianInt(6, 1).string(1, "t").string(2, "c");
    TraceOutcome outcome = decode(plain).outcome();
    byte[] more =
        Messages.of(
            NfTables.TRACE,
            NfFamily.IP.number(),
            plain.andThen(w -> w.bigEndianInt(14, 7).bigEndianLong(3, 9)));
    assertThat(readAs(more, outcome)).isNull();
  }
}
