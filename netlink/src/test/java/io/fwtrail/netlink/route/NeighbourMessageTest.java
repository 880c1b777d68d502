package io.fwtrail.netlink.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fixtures.Mangling;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** Answers of Linux 6.18 on a little-endian machine. */
class NeighbourMessageTest {
  /** {@code ip neigh get 10.12.0.2 dev w0}, which had answered. */
  private static final String REACHABLE =
      "4c0000001c0000000700000054680000020000000300000004000001080001000a0c00020a000200"
          + "9a2fb7629d6c0000080004000100000014000300762d0100762d01002924010001000000";

  /** {@code ip neigh get 10.12.0.99 dev w0} 1.14 s after {@code ping -c1 10.12.0.99}. */
  private static final String INCOMPLETE =
      "400000001c0000000700000054680000020000000300000001000001080001000a0c0063"
          + "080004000500000014000300e2170000720000007200000002000000";

  private static NeighbourMessage decode(byte[] message) {
    return NeighbourMessage.decode(Fixture.first(message));
  }

  @Test
  void oneThatAnswered() {
    assertThat(decode(ByteBufUtil.decodeHexDump(REACHABLE)))
        .isEqualTo(new NeighbourMessage(4, 0x12429));
  }

  @Test
  void oneThatHasNotAnswered() {
    assertThat(decode(ByteBufUtil.decodeHexDump(INCOMPLETE)))
        .isEqualTo(new NeighbourMessage(NeighbourMessage.INCOMPLETE, 114));
  }

  @Test
  void whateverIsCutIsMalformedOrLess() {
    for (String hex : new String[] {REACHABLE, INCOMPLETE}) {
      Mangling.cut(ByteBufUtil.decodeHexDump(hex), NeighbourMessageTest::decodeAnything);
      Mangling.cutAndMended(ByteBufUtil.decodeHexDump(hex), NeighbourMessageTest::decodeAnything);
    }
  }

  /** Any other exception than that of a malformed message fails the test. */
  private static void decodeAnything(byte[] message) {
    try {
      NeighbourMessage unused = decode(message);
    } catch (MalformedMessageException e) {
      assertThat(e).hasMessageNotContaining("null");
    } catch (IllegalArgumentException e) {
      assertThat(message).isEmpty();
    }
  }

  /** The bytes of {@code ip neigh get 10.12.0.2 dev w0}, whose number is 3. */
  @Test
  void question() {
    ByteBuf buffer = Unpooled.buffer();
    NeighbourMessage.writeQuestion(
        new MessageWriter(buffer), 7, 3, new RouteAddress(4, 0, 0x0a0c0002));

    assertThat(ByteBufUtil.hexDump(buffer))
        .isEqualTo(
            "240000001e0001000700000000000000" + "020000000300000000000000" + "080001000a0c0002");
  }
}
