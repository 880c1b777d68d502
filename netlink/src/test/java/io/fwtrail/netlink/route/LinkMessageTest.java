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

  /** The other ends of lan0 and wan0 are in namespaces that have the numbers 0 and 1 there. */
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
            new LinkMessage(1, "lo", "", 0, 0),
            new LinkMessage(2, "lan0", "veth", 2, 0, 0),
            new LinkMessage(3, "wan0", "veth", 2, 0, 1));
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

    assertThat(decode()).isEqualTo(new LinkMessage(0, "br0", "bridge", 0, 0));
    assertThat(decode().bridge()).isTrue();
  }

  /** IFLA_LINK (5) and IFLA_MASTER (10). */
  @Test
  void aPortOfABridge() {
    new MessageWriter(buffer)
        .begin(RTM_NEWLINK, 0, 1)
        .raw(new byte[16])
        .string(3, "veth7")
        .hostInt(5, 4)
        .hostInt(10, 3)
        .beginNested(18)
        .string(1, "veth")
        .endNested()
        .end();

    assertThat(decode()).isEqualTo(new LinkMessage(0, "veth7", "veth", 4, 3));
    assertThat(decode().bridge()).isFalse();
  }

  private LinkMessage decode() {
    MessageCursor cursor = new MessageCursor().reset(buffer, 0, buffer.readableBytes());
    assertThat(cursor.next()).isTrue();
    return LinkMessage.decode(cursor);
  }

  /** Each cut ends behind a whole link or is refused: none reads past its end. */
  @Test
  void realLinkCutAtEveryLength() {
    byte[] whole = Fixture.read("dump/links").datagrams().get(0);
    int first = Unpooled.wrappedBuffer(whole).readIntLE();
    ByteBuf datagram = Unpooled.buffer();
    int read = 0;
    int refused = 0;
    for (int length = 16; length < first; length++) {
      datagram.clear().writeBytes(whole, 0, length).setIntLE(0, length);
      MessageCursor cursor = new MessageCursor().reset(datagram, 0, length);
      assertThat(cursor.next()).isTrue();
      try {
        assertThat(LinkMessage.decode(cursor).name()).isEqualTo("lo");
        read++;
      } catch (MalformedMessageException e) {
        // As it should be: no other exception comes.
        refused++;
      }
    }

    // It ends behind an attribute, or within the padding there, in some of them.
    assertThat(read).isPositive();
    assertThat(refused).isPositive();
  }

  /** {@code -1} is how the kernel says that a namespace has no number. */
  @Test
  void linkInANamespaceWithoutANumber() {
    new MessageWriter(buffer)
        .begin(RTM_NEWLINK, 0, 1)
        .raw(new byte[16])
        .string(3, "veth7")
        .hostInt(37, -1)
        .end();

    assertThat(decode().linkNamespace()).isEqualTo(LinkMessage.SAME_NAMESPACE);
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

  /**
   * As a Python script sent it that the kernel answered with the links of the namespace with number
   * 1: the same with IFLA_TARGET_NETNSID (46).
   */
  @Test
  void dumpRequestForAnotherNamespace() {
    LinkMessage.writeDump(new MessageWriter(buffer), 2, 1);

    assertThat(ByteBufUtil.hexDump(buffer))
        .isEqualTo(
            "28000000"
                + "1200"
                + "0103"
                + "02000000"
                + "00000000"
                + "00".repeat(16)
                + "08002e00"
                + "01000000");
  }
}
