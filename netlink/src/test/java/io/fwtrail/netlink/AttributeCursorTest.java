package io.fwtrail.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttributeCursorTest {
  private static final int LIST = 16;

  private final ByteBuf buffer = Unpooled.buffer();
  private final MessageWriter writer = new MessageWriter(buffer).begin(16, 0, 0);
  private final AttributeCursor cursor = new AttributeCursor();

  private AttributeCursor start() {
    return cursor.reset(buffer, LIST, buffer.writerIndex());
  }

  private AttributeCursor first() {
    assertThat(start().next()).isTrue();
    return cursor;
  }

  private AttributeCursor hex(String hex) {
    buffer.writeBytes(ByteBufUtil.decodeHexDump(hex));
    return start();
  }

  @Test
  void emptyList() {
    assertThat(start().next()).isFalse();
  }

  @Test
  void endBeforeTheStart() {
    cursor.reset(buffer, LIST, LIST - 1);

    assertThatThrownBy(cursor::next).isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void numbers() {
    writer.bigEndianInt(1, -2).bigEndianLong(2, -3).hostInt(3, -4).bytes(4, (byte) 0xff);

    start().next();
    assertThat(cursor.bigEndianInt()).isEqualTo(-2);
    assertThat(cursor.bigEndianUnsignedInt()).isEqualTo(0xffff_fffeL);
    cursor.next();
    assertThat(cursor.bigEndianLong()).isEqualTo(-3);
    cursor.next();
    assertThat(cursor.hostInt()).isEqualTo(-4);
    cursor.next();
    assertThat(cursor.unsignedByte()).isEqualTo(255);
    assertThat(cursor.next()).isFalse();
  }

  @Test
  void positions() {
    writer.bytes(7, (byte) 1, (byte) 2);
    first();

    assertThat(cursor.type()).isEqualTo(7);
    assertThat(cursor.start()).isEqualTo(LIST);
    assertThat(cursor.valueStart()).isEqualTo(LIST + 4);
    assertThat(cursor.valueEnd()).isEqualTo(LIST + 6);
    assertThat(cursor.valueLength()).isEqualTo(2);
    assertThat(cursor.bytes()).containsExactly(1, 2);
    assertThat(cursor.buffer()).isSameAs(buffer);
  }

  @Test
  void flagsAreNoPartOfTheNumber() {
    writer.beginNested(5).endNested();
    first();

    assertThat(cursor.type()).isEqualTo(5);
    assertThat(cursor.rawType()).isEqualTo(0x8005);
  }

  @Test
  void nested() {
    writer.beginNested(1).string(2, "inner").endNested().string(3, "after");
    first();
    AttributeCursor inner = new AttributeCursor().resetNested(cursor);

    assertThat(inner.next()).isTrue();
    assertThat(inner.string()).isEqualTo("inner");
    assertThat(inner.next()).isFalse();
    assertThat(cursor.next()).isTrue();
    assertThat(cursor.string()).isEqualTo("after");
  }

  @Test
  void lastOneWithoutPadding() {
    hex("05000100aa");

    assertThat(cursor.next()).isTrue();
    assertThat(cursor.unsignedByte()).isEqualTo(0xaa);
    assertThat(cursor.next()).isFalse();
  }

  @Test
  void textEndsAtItsFirstNul() {
    hex("0a0001006162006300ff");
    cursor.next();

    assertThat(cursor.string()).isEqualTo("ab");
    assertThat(cursor.textEnd()).isEqualTo(cursor.valueStart() + 2);
  }

  @Test
  void textWithoutNulEndsWithTheValue() {
    hex("060001006162");
    cursor.next();

    assertThat(cursor.string()).isEqualTo("ab");
    assertThat(cursor.textEnd()).isEqualTo(cursor.valueEnd());
  }

  @Test
  void textWithoutLetters() {
    hex("04000100");
    cursor.next();

    assertThat(cursor.string()).isEmpty();
  }

  @Test
  void textThatIsNoUtf8() {
    hex("06000100ff41");
    cursor.next();

    assertThat(cursor.string()).isEqualTo("\ufffdA");
  }

  @Test
  void controlCharactersStay() {
    writer.string(1, "\u001b[31m");

    assertThat(first().string()).isEqualTo("\u001b[31m");
  }

  /** How many bytes each getter needs is one more than the value has. */
  @Test
  void valueTooShort() {
    writer.bytes(9);
    assertTooShort(AttributeCursor::unsignedByte, 0, 1);
    assertTooShort(AttributeCursor::bigEndianInt, 0, 4);
    writer.bytes(9, new byte[3]);
    cursor.reset(buffer, LIST + 4, buffer.writerIndex()).next();
    assertThatThrownBy(cursor::bigEndianUnsignedInt).isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(cursor::hostInt).isInstanceOf(MalformedMessageException.class);
    writer.bytes(9, new byte[7]);
    cursor.reset(buffer, LIST + 12, buffer.writerIndex()).next();
    assertThatThrownBy(cursor::bigEndianLong)
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("attribute 9 has 7 bytes where 8 belong");
  }

  private void assertTooShort(Consumer<AttributeCursor> getter, int has, int needs) {
    first();
    assertThatThrownBy(() -> getter.accept(cursor))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("attribute 9 has " + has + " bytes where " + needs + " belong");
  }

  @ParameterizedTest
  @CsvSource({
    "00, 'attribute header needs 4 bytes, 1 are left'",
    "040001, 'attribute header needs 4 bytes, 3 are left'",
    "00000100, 'attribute claims 0 bytes where 4 to 4 can be'",
    "03000100, 'attribute claims 3 bytes where 4 to 4 can be'",
    "05000100, 'attribute claims 5 bytes where 4 to 4 can be'",
    "ffff0100, 'attribute claims 65535 bytes where 4 to 4 can be'",
  })
  void malformed(String hex, String message) {
    hex(hex);

    assertThatThrownBy(cursor::next)
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(message);
    assertThat(cursor.next()).isFalse();
  }

  @Test
  void nestedOneLongerThanWhatItIsIn() {
    hex("0c000180" + "0c000200" + "00000000" + "00000000");
    cursor.next();
    AttributeCursor inner = new AttributeCursor().resetNested(cursor);

    assertThatThrownBy(inner::next)
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("attribute claims 12 bytes where 4 to 8 can be");
  }
}
