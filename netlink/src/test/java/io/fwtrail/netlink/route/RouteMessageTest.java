package io.fwtrail.netlink.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fixtures.Mangling;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Answers of Linux 6.18 on a little-endian machine. */
class RouteMessageTest {
  /**
   * {@code ip route add 10.94.0.0/16 via 10.12.0.2 mtu 1400}, then {@code ip route get 10.94.0.2
   * from 10.11.0.2 iif l0}; devices l0 and w0 are 2 and 3.
   */
  private static final String BY_GATEWAY =
      "7c00000018000000070000005468000002202000fe0000010002000008000f00fe000000080001000a5e0002"
          + "080002000a0b00020800040003000000080005000a0c00020c00080008000200780500000800030002000000"
          + "24000c000200000000000000000000000000000000000000000000000000000000000000";

  /** {@code ip route get 10.12.0.1 from 10.11.0.2 iif l0}: an address of this host. */
  private static final String LOCAL =
      "6800000018000000070000005468000002202000fe0000020002008008000f00fe000000080001000a0c0001"
          + "080002000a0b0002080004000100000008000300020000002400"
          + "0c000200000000000000000000000000000000000000000000000000000000000000";

  /** {@code ip route get 2001:db8:99::5 from 2001:db8:11::2 iif l0}, by fe80::1. */
  private static final String V6 =
      "a40000001800000007000000856800000a808000fe0300010000000008000f00fe000000140001002001"
          + "0db80099000000000000000000051400020020010db80011000000000000000000020800030002000000"
          + "080006000004000014000500fe80000000000000000000000000000108000400030000002400"
          + "0c0002000000000000000000000000000000000000000000000000000000000000000500140000000000";

  private static byte[] bytes(String hex) {
    return ByteBufUtil.decodeHexDump(hex);
  }

  private static RouteMessage decode(byte[] message) {
    return RouteMessage.decode(Fixture.first(message));
  }

  private static RouteAddress address(String literal) throws UnknownHostException {
    ByteBuffer bytes = ByteBuffer.wrap(InetAddress.getByName(literal).getAddress());
    return bytes.remaining() == 4
        ? new RouteAddress(4, 0, bytes.getInt() & 0xffff_ffffL)
        : new RouteAddress(6, bytes.getLong(), bytes.getLong());
  }

  private static String question(RouteMessage.Question question) {
    ByteBuf buffer = Unpooled.buffer();
    RouteMessage.writeQuestion(new MessageWriter(buffer), 7, question);
    return ByteBufUtil.hexDump(buffer);
  }

  @Test
  void aRouteByAGatewayWithAnMtuOfItsOwn() throws UnknownHostException {
    assertThat(decode(bytes(BY_GATEWAY)))
        .isEqualTo(new RouteMessage(RouteMessage.UNICAST, 3, address("10.12.0.2"), 1400));
  }

  @Test
  void aRouteToThisHost() {
    assertThat(decode(bytes(LOCAL))).isEqualTo(new RouteMessage(RouteMessage.LOCAL, 1, null, 0));
  }

  @Test
  void anIpv6Route() throws UnknownHostException {
    assertThat(decode(bytes(V6)))
        .isEqualTo(new RouteMessage(RouteMessage.UNICAST, 3, address("fe80::1"), 0));
  }

  /**
   * {@code rta_expires} of struct rta_cacheinfo, the third number, is not 0 for what was learnt.
   */
  @Test
  void anMtuThatWasLearntForAWhileIsNoneOfTheRoute() {
    byte[] message = bytes(BY_GATEWAY);
    message[message.length - 32 + 8] = 9;

    assertThat(decode(message).mtu()).isZero();
  }

  /** RTA_VIA (18) of {@code ip route add 10.94.0.0/16 via inet6 fe80::1 dev w0}. */
  @Test
  void aGatewayOfTheOtherFamily() throws UnknownHostException {
    ByteBuf buffer = Unpooled.buffer();
    byte[] via = new byte[18];
    via[0] = 10;
    System.arraycopy(address("fe80::1").bytes(), 0, via, 2, 16);
    new MessageWriter(buffer).begin(24, 0, 7).raw(new byte[12]).bytes(18, via).end();

    assertThat(decode(ByteBufUtil.getBytes(buffer)).gateway()).isEqualTo(address("fe80::1"));
  }

  @Test
  void anAddressOfAnyOtherLengthIsMalformed() {
    for (int length : new int[] {0, 1, 3, 5, 15, 17}) {
      ByteBuf buffer = Unpooled.buffer();
      new MessageWriter(buffer).begin(24, 0, 7).raw(new byte[12]).bytes(5, new byte[length]).end();

      assertThatThrownBy(() -> decode(ByteBufUtil.getBytes(buffer)))
          .as("%d bytes", length)
          .isInstanceOf(MalformedMessageException.class);
    }
  }

  @Test
  void whateverIsCutIsMalformedOrLess() {
    for (String hex : new String[] {BY_GATEWAY, LOCAL, V6}) {
      Mangling.cut(bytes(hex), RouteMessageTest::decodeAnything);
      Mangling.cutAndMended(bytes(hex), RouteMessageTest::decodeAnything);
    }
  }

  /** Any other exception than that of a malformed message fails the test. */
  private static void decodeAnything(byte[] message) {
    try {
      RouteMessage unused = decode(message);
    } catch (MalformedMessageException e) {
      assertThat(e).hasMessageNotContaining("null");
    } catch (IllegalArgumentException e) {
      assertThat(message).isEmpty();
    }
  }

  /** The bytes of {@code ip route get 10.94.0.2 from 10.11.0.2 iif l0 mark 7}. */
  @Test
  void aQuestionAboutAPacketThatCameIn() throws UnknownHostException {
    assertThat(
            question(
                new RouteMessage.Question(
                    address("10.94.0.2"), address("10.11.0.2"), 2, 0, 7, 0, 0, 0)))
        .isEqualTo(
            "3c0000001a0001000700000000000000"
                + "022020000000000000000000"
                + "080001000a5e0002"
                + "080002000a0b0002"
                + "0800030002000000"
                + "0800100007000000");
  }

  @Test
  void aQuestionHasProtocolPortsAndTosWithoutEcn() throws UnknownHostException {
    assertThat(
            question(
                new RouteMessage.Question(address("10.94.0.2"), null, 0, 0x2b, 0, 17, 1000, 53)))
        .isEqualTo(
            "3c0000001a0001000700000000000000"
                + "022000280000000000000000"
                + "080001000a5e0002"
                + "05001b0011000000"
                + "06001c0003e80000"
                + "06001d0000350000");
  }

  @Test
  void aQuestionAboutAnIpv6Destination() throws UnknownHostException {
    assertThat(question(RouteMessage.Question.to(address("2001:db8::1"), 0)))
        .isEqualTo(
            "300000001a0001000700000000000000"
                + "0a8000000000000000000000"
                + "1400010020010db8000000000000000000000001");
  }
}
