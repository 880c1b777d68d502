package io.fwtrail.netlink.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.fixtures.Fixture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinkMessageTest {
  private static final int RTM_NEWLINK = 16;

  private final ByteBuf buffer = Unpooled.buffer();

  @Test
  void realDump() {
    List<LinkMessage> links = new ArrayList<>();
    Fixture.read("dump/links")
        .forEach(
            message -> {
              if (LinkMessage.isLink(message)) {
                links.add(LinkMessage.decode(message));
              }
            });

    assertThat(links)
        .containsExactly(
            new LinkMessage(1, "lo", false),
            new LinkMessage(2, "lan0", false),
            new LinkMessage(3, "wan0", false));
  }

  /** IFLA_LINKINFO (18) with IFLA_INFO_KIND (1), as the kernel has it for {@code type bridge}. */
  @Test
  void aBridge() {
    new MessageWriter(buffer)
        .begin(RTM_NEWLINK, 0, 1)
        .raw(new byte[16])
        .string(3, "br0")
        .beginNested(18)
        .string(1, "bridge")
        .endNested()
        .end();

    assertThat(decode()).isEqualTo(new LinkMessage(0, "br0", true));
  }

  private LinkMessage decode() {
    MessageCursor cursor = new MessageCursor().reset(buffer, 0, buffer.readableBytes());
    assertThat(cursor.next()).isTrue();
    return LinkMessage.decode(cursor);
  }

  @Test
  void headerCutShort() {
    new MessageWriter(buffer).begin(RTM_NEWLINK, 0, 1).raw(new byte[15]).end();

    assertThatThrownBy(this::decode).isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void noName() {
    new MessageWriter(buffer).begin(RTM_NEWLINK, 0, 1).raw(new byte[16]).hostInt(4, 1500).end();

    assertThatThrownBy(this::decode)
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a link without a name");
  }

  /** {@code ip link}: RTM_GETLINK with NLM_F_REQUEST and NLM_F_DUMP, an empty ifinfomsg. */
  @Test
  void dumpRequest() {
    LinkMessage.writeDump(new MessageWriter(buffer), 7);

    assertThat(ByteBufUtil.hexDump(buffer))
        .isEqualTo("20000000" + "1200" + "0103" + "07000000" + "00000000" + "00".repeat(16));
  }
}
