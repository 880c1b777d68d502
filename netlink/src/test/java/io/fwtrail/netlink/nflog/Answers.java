package io.fwtrail.netlink.nflog;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.fixtures.Fixture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What the kernel answers to requests. */
final class Answers {
  private Answers() {}

  /** An acknowledgement, or a refusal where the number of the error is not 0. */
  static byte[] to(byte[] request, int errno) {
    MessageCursor asked = Fixture.first(request);
    byte[] code = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(-errno).array();
    ByteBuf answer = Unpooled.buffer();
    new MessageWriter(answer)
        .begin(NetlinkConstants.TYPE_ERROR, NetlinkConstants.FLAG_CAPPED, asked.sequence())
        .raw(code)
        .raw(java.util.Arrays.copyOf(request, NetlinkConstants.MESSAGE_HEADER_LENGTH))
        .end();
    return ByteBufUtil.getBytes(answer);
  }
}
