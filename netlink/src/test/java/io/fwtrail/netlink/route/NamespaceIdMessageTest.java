package io.fwtrail.netlink.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/**
 * The bytes are what Linux 6.18 answered to RTM_GETNSID, sent by a Python script over a raw socket
 * for a namespace of {@code ip netns add}, before it had a number and after RTM_NEWNSID.
 */
class NamespaceIdMessageTest {
  private static final String WITHOUT = "1c00000058000000010000008b3d60e40000000008000100ffffffff";

  /**
   * The answer to the question for the number that namespace 0 has for namespace 1: that, and then
   * NETNSA_CURRENT_NSID (5), the asker's number for it.
   */
  private static final String IN_ANOTHER =
      "240000005800000001000000943000000000000008000100000000000800050001000000";

  private static MessageCursor cursor(byte[] bytes) {
    ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
    MessageCursor cursor = new MessageCursor().reset(buffer, 0, bytes.length);
    assertThat(cursor.next()).isTrue();
    return cursor;
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  @Test
  void aNamespaceWithoutANumber() {
    assertThat(NamespaceIdMessage.decode(cursor(bytes(WITHOUT))).id())
        .isEqualTo(NamespaceIdMessage.NOT_ASSIGNED);
  }

  @Test
  void aNamespaceWithANumber() {
    byte[] message = bytes(WITHOUT);
    message[24] = 5;
    message[25] = 0;
    message[26] = 0;
    message[27] = 0;
    assertThat(NamespaceIdMessage.decode(cursor(message)).id()).isEqualTo(5);
  }

  @Test
  void cutAtEveryLengthItIsRefused() {
    byte[] whole = bytes(WITHOUT);
    for (int length = 16; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      cut[0] = (byte) length;
      MessageCursor cursor = cursor(cut);
      assertThatThrownBy(() -> NamespaceIdMessage.decode(cursor))
          .as("cut to %d bytes", length)
          .isInstanceOf(MalformedMessageException.class);
    }
  }

  @Test
  void theNumberThatAnotherNamespaceHas() {
    assertThat(NamespaceIdMessage.decode(cursor(bytes(IN_ANOTHER))).id()).isZero();
  }

  /** Type 90, NETNSA_NSID 1, NETNSA_TARGET_NSID (4) 0, as that script wrote it. */
  @Test
  void theQuestionInAnother() {
    ByteBuf buffer = Unpooled.buffer();
    NamespaceIdMessage.writeGet(new MessageWriter(buffer), 1, 1, 0);
    assertThat(HexFormat.of().formatHex(ByteBufUtil.getBytes(buffer)))
        .isEqualTo("240000005a00010001000000000000000000000008000100010000000800040000000000");
  }

  @Test
  void anotherMessageIsRefused() {
    byte[] message = bytes(WITHOUT);
    message[4] = 16;
    MessageCursor cursor = cursor(message);
    assertThatThrownBy(() -> NamespaceIdMessage.decode(cursor))
        .isInstanceOf(MalformedMessageException.class);
  }

  /** As the script above wrote it: type 90, NETNSA_FD with descriptor 5. */
  @Test
  void theQuestion() {
    ByteBuf buffer = Unpooled.buffer();
    NamespaceIdMessage.writeGet(new MessageWriter(buffer), 1, 5);
    assertThat(HexFormat.of().formatHex(ByteBufUtil.getBytes(buffer)))
        .isEqualTo("1c0000005a00010001000000000000000000000008000300" + "05000000");
  }

  /** Type 88 with an acknowledgement asked for, NETNSA_FD, and -1 for a number of its choice. */
  @Test
  void theCommand() {
    ByteBuf buffer = Unpooled.buffer();
    NamespaceIdMessage.writeNew(new MessageWriter(buffer), 1, 5);
    assertThat(HexFormat.of().formatHex(ByteBufUtil.getBytes(buffer)))
        .isEqualTo(
            "2400000058000500010000000000000000000000" + "0800030005000000" + "08000100ffffffff");
  }
}
