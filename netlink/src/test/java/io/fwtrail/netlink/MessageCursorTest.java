package io.fwtrail.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.fixtures.Fixture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageCursorTest {
  private final ByteBuf buffer = Unpooled.buffer();
  private final MessageWriter writer = new MessageWriter(buffer);
  private final MessageCursor cursor = new MessageCursor();

  private MessageCursor start() {
    return cursor.reset(buffer, 0, buffer.readableBytes());
  }

  /** A header alone that claims this length. */
  private MessageCursor claiming(int length) {
    writer.begin(16, 0, 0).end();
    int lengthField = 0;
    if (MessageCursor.BIG_ENDIAN_HOST) {
      buffer.setInt(lengthField, length);
    } else {
      buffer.setIntLE(lengthField, length);
    }
    return start();
  }

  @Test
  void emptyDatagram() {
    assertThat(start().next()).isFalse();
  }

  @Test
  void header() {
    writer.begin(0x0a11, 0x0305, 0x8000_0001).raw(new byte[4]).end();

    assertThat(start().next()).isTrue();
    assertThat(cursor.type()).isEqualTo(0x0a11);
    assertThat(cursor.flags()).isEqualTo(0x0305);
    assertThat(cursor.sequence()).isEqualTo(0x8000_0001);
    assertThat(cursor.payloadStart()).isEqualTo(16);
    assertThat(cursor.end()).isEqualTo(20);
    assertThat(cursor.next()).isFalse();
  }

  @Test
  void portIdIsUnsigned() {
    writer.begin(16, 0, 0).end();
    int portField = 12;
    buffer.setInt(portField, -1);
    start().next();

    assertThat(cursor.portId()).isEqualTo(0xffff_ffffL);
  }

  @Test
  void severalMessages() {
    writer.begin(16, 0, 1).end().begin(17, 0, 2).raw(new byte[5]).end().begin(18, 0, 3).end();

    List<Integer> types = new ArrayList<>();
    start();
    while (cursor.next()) {
      types.add(cursor.type());
    }

    assertThat(types).containsExactly(16, 17, 18);
  }

  @Test
  void lengthOfTheLastNeedNotBeAMultipleOfFour() {
    writer.begin(16, 0, 0).raw(new byte[5]).end();
    cursor.reset(buffer, 0, 21);

    assertThat(cursor.next()).isTrue();
    assertThat(cursor.end()).isEqualTo(21);
    assertThat(cursor.next()).isFalse();
  }

  @Test
  void datagramInTheMidstOfABuffer() {
    buffer.writeZero(5);
    writer.begin(16, 0, 7).end();
    writer.begin(17, 0, 8).end();
    cursor.reset(buffer, 5, 16);

    assertThat(cursor.next()).isTrue();
    assertThat(cursor.sequence()).isEqualTo(7);
    assertThat(cursor.next()).isFalse();
  }

  @Test
  void indicesOfTheBufferStay() {
    writer.begin(16, 0, 0).end();
    buffer.readerIndex(3);
    cursor.reset(buffer, 0, 16).next();

    assertThat(buffer.readerIndex()).isEqualTo(3);
    assertThat(buffer.writerIndex()).isEqualTo(16);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15})
  void headerCutShort(int length) {
    writer.begin(16, 0, 0).end();
    cursor.reset(buffer, 0, length);

    assertThatThrownBy(cursor::next)
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("netlink message header needs 16 bytes, " + length + " are left");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 15, 17, -1, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void lengthThatCannotBe(int length) {
    claiming(length);

    assertThatThrownBy(cursor::next)
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(
            "netlink message claims "
                + Integer.toUnsignedString(length)
                + " bytes where 16 to 16 can be");
  }

  @Test
  void nothingFollowsWhatIsMalformed() {
    claiming(15);
    assertThatThrownBy(cursor::next).isInstanceOf(MalformedMessageException.class);

    assertThat(cursor.next()).isFalse();
  }

  /** The kernel may put the messages of a dump into as many datagrams as it likes. */
  @ParameterizedTest
  @ValueSource(strings = {"dump/tables", "dump/chains", "dump/rules", "dump/sets", "dump/links"})
  void splitBetweenMessages(String name) {
    for (byte[] whole : Fixture.read(name).datagrams()) {
      List<String> expected = messages(whole);
      List<Integer> boundaries = new ArrayList<>();
      Fixture.forEach(whole, message -> boundaries.add(NetlinkConstants.align(message.end())));
      for (int boundary : boundaries) {
        int at = Math.min(boundary, whole.length);
        List<String> split = new ArrayList<>(messages(Arrays.copyOf(whole, at)));
        split.addAll(messages(Arrays.copyOfRange(whole, at, whole.length)));

        assertThat(split).isEqualTo(expected);
      }
    }
  }

  private static List<String> messages(byte[] datagram) {
    List<String> messages = new ArrayList<>();
    Fixture.forEach(
        datagram,
        message -> {
          int start = message.payloadStart();
          messages.add(
              message.type() + ByteBufUtil.hexDump(message.buffer(), start, message.end() - start));
        });
    return messages;
  }
}
