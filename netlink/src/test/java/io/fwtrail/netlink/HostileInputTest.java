package io.fwtrail.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.conntrack.ConntrackMessage;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fixtures.Mangling;
import io.fwtrail.netlink.nftables.ChainMessage;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.SetMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.netlink.route.DeviceState;
import io.fwtrail.netlink.route.LinkMessage;
import io.fwtrail.netlink.route.NamespaceIdMessage;
import io.fwtrail.netlink.route.NeighbourMessage;
import io.fwtrail.netlink.route.RouteMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the bytes, no decoder throws anything but {@link MalformedMessageException}. */
class HostileInputTest {
  private static final long SEED = 20260101;

  /** Two objects serve all messages, so that what one left behind meets the next. */
  private final TraceMessage trace = new TraceMessage();

  private final MessageCursor messages = new MessageCursor();

  /** Each gets every message, also those that are not of its kind. */
  private final List<Consumer<MessageCursor>> decoders =
      List.of(
          this::readTrace,
          TableMessage::decode,
          ChainMessage::decode,
          HostileInputTest::readRule,
          HostileInputTest::readSet,
          GenerationMessage::decode,
          LinkMessage::decode,
          RouteMessage::decode,
          NeighbourMessage::decode,
          DeviceState::decode,
          NamespaceIdMessage::decode,
          ConntrackMessage::decode,
          KernelAnswer::decode,
          Nfnetlink::family,
          Nfnetlink::resourceId);

  static List<String> fixtures() {
    return Fixture.names();
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void cut(String name) {
    Fixture.read(name).datagrams().forEach(d -> Mangling.cut(d, this::decode));
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void cutWithALengthThatAgrees(String name) {
    Fixture.read(name).datagrams().forEach(d -> Mangling.cutAndMended(d, this::decode));
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void flipped(String name) {
    Fixture.read(name).datagrams().forEach(d -> Mangling.flipped(d, SEED, this::decode));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 16, 0x0a00, 0x0a03, 0x0a06, 0x0a09, 0x0a0c, 0x0a0f, 0x0a11})
  void noise(int type) {
    Random random = new Random(SEED);
    for (int i = 0; i < 20_000; i++) {
      decode(Mangling.noise(type, 16 + random.nextInt(100), random));
    }
  }

  /** The bytes lie between others that are no part of them. */
  private void decode(byte[] datagram) {
    int before = 3;
    int after = 1;
    ByteBuf buffer =
        Unpooled.buffer(before + datagram.length + after)
            .writeZero(before)
            .writeBytes(datagram)
            .writeZero(after);
    try {
      messages.reset(buffer, before, datagram.length);
      while (messages.next()) {
        assertThat(messages.end()).isLessThanOrEqualTo(before + datagram.length);
        for (Consumer<MessageCursor> decoder : decoders) {
          try {
            decoder.accept(messages);
          } catch (MalformedMessageException e) {
            // As it should be.
          }
        }
      }
    } catch (MalformedMessageException e) {
      assertThat(messages.next()).as("more after what was malformed").isFalse();
    } catch (RuntimeException e) {
      throw new AssertionError(ByteBufUtil.prettyHexDump(buffer), e);
    }
  }

  private void readTrace(MessageCursor message) {
    TraceMessage m = trace.decode(message);
    text(m.buffer(), m.tableStart(), m.tableEnd() - m.tableStart());
    text(m.buffer(), m.chainStart(), m.chainEnd() - m.chainStart());
    text(m.buffer(), m.targetStart(), m.targetEnd() - m.targetStart());
    text(m.buffer(), m.linkStart(), m.linkLength());
    text(m.buffer(), m.networkStart(), m.networkLength());
    text(m.buffer(), m.transportStart(), m.transportLength());
    AttributeCursor attributes = m.attributes();
    while (attributes.next()) {
      assertThat(attributes.valueEnd()).isLessThanOrEqualTo(message.end());
    }
  }

  private static void text(ByteBuf buffer, int start, int length) {
    assertThat(buffer.toString(start, length, StandardCharsets.UTF_8)).isNotNull();
  }

  private static void readRule(MessageCursor message) {
    RuleMessage.decode(message)
        .expressions(
            expression -> {
              while (expression.attributes().next()) {
                assertThat(expression.attributes().string()).isNotNull();
              }
            });
  }

  private static void readSet(MessageCursor message) {
    SetMessage set = SetMessage.decode(message);
    MessageWriter writer = new MessageWriter(Unpooled.buffer());
    set.writeNew(writer, 1, NfFamily.IP, "t", 1);
    set.writeNewElements(writer, 2, NfFamily.IP, "t");
  }
}
