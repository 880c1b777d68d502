package io.fwtrail.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class MessageWriterTest {
  private final ByteBuf buffer = Unpooled.buffer();
  private final MessageWriter writer = new MessageWriter(buffer);

  private String hex() {
    return ByteBufUtil.hexDump(buffer);
  }

  /** What stands behind the header of the one message. */
  private String payload() {
    writer.end();
    return hex().substring(2 * NetlinkConstants.MESSAGE_HEADER_LENGTH);
  }

  private MessageWriter begun() {
    return writer.begin(16, 0, 0);
  }

  @Test
  void headerAlone() {
    writer.begin(0x0a02, 0x0605, 0x0102_0304).end();

    assertThat(hex()).isEqualTo("10000000" + "020a" + "0506" + "04030201" + "00000000");
  }

  @Test
  void secondMessageBeginsAtAMultipleOfFour() {
    writer.begin(16, 0, 1).raw((byte) 9).end().begin(17, 0, 2).end();

    assertThat(hex())
        .isEqualTo(
            "11000000100000000100000000000000" + "09000000" + "10000000110000000200000000000000");
  }

  @Test
  void bufferNeedNotBeEmpty() {
    buffer.writeByte(0xaa);
    writer.begin(16, 0, 0).string(1, "a").end();

    assertThat(hex()).isEqualTo("aa" + "18000000100000000000000000000000" + "0600010061000000");
  }

  @Test
  void numbers() {
    begun().bigEndianInt(1, 1).bigEndianLong(2, 2).hostInt(3, 3);

    assertThat(payload())
        .isEqualTo("0800010000000001" + "0c0002000000000000000002" + "0800030003000000");
  }

  @Test
  void textHasANulAndPadding() {
    begun().string(1, "abc").string(2, "\u00e4bcd").string(3, "");

    assertThat(payload())
        .isEqualTo("0800010061626300" + "0a000200c3a4626364000000" + "0500030000000000");
  }

  @Test
  void bytesArePadded() {
    begun().bytes(1, (byte) 1).bytes(2);

    assertThat(payload()).isEqualTo("0500010001000000" + "04000200");
  }

  @Test
  void nested() {
    begun().beginNested(1).beginNested(2).bytes(3, (byte) 4).endNested().endNested();

    assertThat(payload()).isEqualTo("10000180" + "0c000280" + "0500030004000000");
  }

  @Test
  void longestAttribute() {
    begun().bytes(1, new byte[65_531]);

    assertThat(payload()).startsWith("ffff0100");
  }

  @Test
  void attributeTooLong() {
    begun();

    assertThatThrownBy(() -> writer.bytes(1, new byte[65_532]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65532");
    assertThatThrownBy(() -> writer.string(1, "x".repeat(65_531)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void listTooLong() {
    begun().beginNested(1).bytes(2, new byte[65_000]).bytes(3, new byte[65_000]);

    assertThatThrownBy(writer::endNested).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void attributeOutsideOfAMessage() {
    assertThatThrownBy(() -> writer.bigEndianInt(1, 1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void messageWithinAMessage() {
    begun();

    assertThatThrownBy(this::begun).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void endOfNothing() {
    assertThatThrownBy(writer::end).isInstanceOf(IllegalStateException.class);
    begun();
    assertThatThrownBy(writer::endNested).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void endWithinAList() {
    begun().beginNested(1);

    assertThatThrownBy(writer::end).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void nestedTooDeep() {
    begun();
    for (int i = 0; i < 12; i++) {
      writer.beginNested(1);
    }

    assertThatThrownBy(() -> writer.beginNested(1)).isInstanceOf(IllegalStateException.class);
  }
}
