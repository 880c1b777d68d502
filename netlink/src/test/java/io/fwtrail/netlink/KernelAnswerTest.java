package io.fwtrail.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.fixtures.Fixture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelAnswerTest {
  private static final int EPERM = 1;
  private static final int EEXIST = 17;
  private static final int ERANGE = 34;
  private static final int LENGTH_FIELD = 20;

  private final ByteBuf buffer = Unpooled.buffer();

  private KernelAnswer decode() {
    MessageCursor cursor = new MessageCursor().reset(buffer, 0, buffer.readableBytes());
    assertThat(cursor.next()).isTrue();
    return KernelAnswer.decode(cursor);
  }

  private MessageWriter begin(int type, int flags) {
    return new MessageWriter(buffer).begin(type, flags, 1);
  }

  private static byte[] code(int code) {
    ByteBuf bytes = Unpooled.buffer(4);
    bytes.writeIntLE(code);
    return bytes.array();
  }

  @Test
  void realAnswers() {
    List<KernelAnswer> answers = Fixture.read("answer/batch").decode(KernelAnswer::decode);

    assertThat(answers)
        .containsExactly(
            new KernelAnswer(0, null, -1),
            new KernelAnswer(EEXIST, null, 20),
            new KernelAnswer(ERANGE, "Attribute failed policy validation", 20));
    assertThat(answers).extracting(KernelAnswer::ok).containsExactly(true, false, false);
  }

  @Test
  void wordsBehindAQuotedRequest() {
    begin(NetlinkConstants.TYPE_ERROR, NetlinkConstants.FLAG_ACK_ATTRIBUTES)
        .raw(code(-EPERM))
        .raw(code(22))
        .raw(new byte[12])
        .raw(new byte[8]) // a payload of 6 bytes, padded
        .string(1, "no")
        .end();

    assertThat(decode()).isEqualTo(new KernelAnswer(EPERM, "no", -1));
  }

  @Test
  void attributesOfANewerKernelAreSkipped() {
    begin(
            NetlinkConstants.TYPE_ERROR,
            NetlinkConstants.FLAG_ACK_ATTRIBUTES | NetlinkConstants.FLAG_CAPPED)
        .raw(code(-EPERM))
        .raw(new byte[16])
        .bytes(77, (byte) 1)
        .string(1, "no")
        .end();

    assertThat(decode().text()).isEqualTo("no");
  }

  @Test
  void endOfADumpWithWords() {
    begin(
            NetlinkConstants.TYPE_DONE,
            NetlinkConstants.FLAG_MULTI | NetlinkConstants.FLAG_ACK_ATTRIBUTES)
        .raw(code(-EPERM))
        .string(1, "no")
        .end();

    assertThat(decode()).isEqualTo(new KernelAnswer(EPERM, "no", -1));
  }

  @Test
  void endOfADumpWithoutACode() {
    begin(NetlinkConstants.TYPE_DONE, NetlinkConstants.FLAG_MULTI).end();

    assertThat(decode().ok()).isTrue();
  }

  @Test
  void errorWithoutACode() {
    begin(NetlinkConstants.TYPE_ERROR, 0).raw(new byte[3]).end();

    assertThatThrownBy(this::decode).isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void errorWithoutItsRequest() {
    begin(NetlinkConstants.TYPE_ERROR, NetlinkConstants.FLAG_ACK_ATTRIBUTES).raw(code(-1)).end();

    assertThat(decode()).isEqualTo(new KernelAnswer(EPERM, null, -1));
  }

  @Test
  void quotedRequestLongerThanTheMessage() {
    begin(NetlinkConstants.TYPE_ERROR, NetlinkConstants.FLAG_ACK_ATTRIBUTES)
        .raw(code(-1))
        .raw(new byte[16])
        .end();
    buffer.setIntLE(LENGTH_FIELD, -1);

    assertThatThrownBy(this::decode)
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("4294967295");
  }
}
