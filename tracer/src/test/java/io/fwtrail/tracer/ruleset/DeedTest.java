package io.fwtrail.tracer.ruleset;

import static io.fwtrail.tracer.ruleset.NfMessages.expression;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a rule does, read off its expressions and off its text. */
class DeedTest {
  private static Deed deed(NfFamily family, Consumer<MessageWriter> expressions) {
    byte[] message = NfMessages.rule(family, "t", "c", 1, null, expressions);
    MessageCursor cursor =
        new MessageCursor().reset(Unpooled.wrappedBuffer(message), 0, message.length);
    assertThat(cursor.next()).isTrue();
    return RuleEffects.of(RuleMessage.decode(cursor)).deed();
  }

  private static NfMessages.Expression reject(int type, int code) {
    return expression("reject", w -> w.bigEndianInt(1, type).bytes(2, (byte) code));
  }

  private static NfMessages.Expression queue(int first, int total) {
    return expression(
        "queue",
        w ->
            w.bytes(1, (byte) (first >>> 8), (byte) first)
                .bytes(2, (byte) (total >>> 8), (byte) total));
  }

  /** With the target's own structure as it lies in the memory of a little-endian machine. */
  private static NfMessages.Expression target(String name, String info) {
    return expression(
        "target",
        w -> w.string(1, name).bigEndianInt(2, 0).bytes(3, ByteBufUtil.decodeHexDump(info)));
  }

  /**
   * Types and codes as {@code nft --debug=netlink} shows them for the words in nft's own listing.
   */
  @ParameterizedTest(name = "reject type {0} code {1}: {2}, {3}")
  @CsvSource({
    "0, 0, icmp net-unreachable, icmpv6 no-route",
    "0, 1, icmp host-unreachable, icmpv6 admin-prohibited",
    "0, 3, icmp port-unreachable, icmpv6 addr-unreachable",
    "0, 4, icmp frag-needed, icmpv6 port-unreachable",
    "0, 13, icmp admin-prohibited, icmpv6 13",
    "0, 200, icmp 200, icmpv6 200",
    "1, 0, tcp reset, tcp reset",
    "2, 0, icmpx no-route, icmpx no-route",
    "2, 1, icmpx port-unreachable, icmpx port-unreachable",
    "2, 2, icmpx host-unreachable, icmpx host-unreachable",
    "2, 3, icmpx admin-prohibited, icmpx admin-prohibited",
  })
  void rejections(int type, int code, String v4, String v6) {
    Deed deed = deed(NfFamily.INET, reject(type, code));
    assertThat(deed.kind()).isEqualTo(Deed.Kind.REJECT);
    assertThat(deed.detail(4)).isEqualTo(v4);
    assertThat(deed.detail(6)).isEqualTo(v6);
  }

  @Test
  void aRejectionOfATypeThatIsNotKnown() {
    assertThat(deed(NfFamily.INET, reject(77, 0))).isEqualTo(Deed.of(Deed.Kind.REJECT, null));
  }

  @ParameterizedTest(name = "from {0}, {1} of them: {2}")
  @CsvSource({"3, 1, 3", "3, 3, 3-5", "65535, 1, 65535", "0, 4, 0-3"})
  void queues(int first, int total, String detail) {
    assertThat(deed(NfFamily.IP, queue(first, total))).isEqualTo(Deed.of(Deed.Kind.QUEUE, detail));
  }

  @Test
  void aQueueWhoseNumberIsReckonedHasNone() {
    assertThat(deed(NfFamily.IP, expression("queue", w -> w.bigEndianInt(4, 1))))
        .isEqualTo(Deed.of(Deed.Kind.QUEUE, null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"synproxy", "fwd"})
  void whatTakesThePacketAway(String name) {
    assertThat(deed(NfFamily.IP, expression(name, w -> {})))
        .isEqualTo(Deed.of(Deed.Kind.TAKE, name));
  }

  /** Structures of {@code iptables-nft -j REJECT}, {@code -j NFQUEUE}, {@code -j SYNPROXY}. */
  @ParameterizedTest(name = "{0} {1} {2}")
  @CsvSource({
    "IP, REJECT, 03000000, REJECT, icmp port-unreachable",
    "IP, REJECT, 07000000, REJECT, tcp reset",
    "IP, REJECT, 08000000, REJECT, icmp admin-prohibited",
    "IP, REJECT, 09000000, REJECT, 9",
    "IP, REJECT, ffffffff, REJECT, -1",
    "IP, REJECT, 030000, REJECT, ",
    "IP6, REJECT, 04000000, REJECT, icmpv6 port-unreachable",
    "IP6, REJECT, 06000000, REJECT, tcp reset",
    "IP, NFQUEUE, 0700, QUEUE, 7",
    "IP, NFQUEUE, 0100040000000000, QUEUE, 1-4",
    "IP, NFQUEUE, 07, QUEUE, ",
    "IP, SYNPROXY, 0000, TAKE, synproxy",
  })
  void targets(NfFamily family, String name, String info, Deed.Kind kind, String detail) {
    assertThat(deed(family, target(name, info))).isEqualTo(Deed.of(kind, detail));
  }

  @Test
  void aTargetAtWhichNoWayEnds() {
    assertThat(deed(NfFamily.IP, target("LOG", "00000000"))).isNull();
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource({
    "IP, -A INPUT -j REJECT --reject-with icmp-port-unreachable, REJECT, icmp port-unreachable",
    "IP, -A INPUT -j REJECT --reject-with icmp-proto-unreachable, REJECT, icmp prot-unreachable",
    "IP, -A INPUT -p tcp -j REJECT --reject-with tcp-reset, REJECT, tcp reset",
    "IP6, -A INPUT -j REJECT --reject-with icmp6-adm-prohibited, REJECT, icmpv6 admin-prohibited",
    "IP, -A INPUT -j NFQUEUE --queue-num 3, QUEUE, 3",
    "IP, -A INPUT -j NFQUEUE --queue-balance 1:4 --queue-bypass, QUEUE, 1-4",
    "IP, reject, REJECT, icmp port-unreachable",
    "IP6, udp dport 1 reject, REJECT, icmpv6 port-unreachable",
    "INET, udp dport 1 reject, REJECT, icmpx port-unreachable",
    "INET, reject with icmpx type host-unreachable, REJECT, icmpx host-unreachable",
    "INET, reject with icmp admin-prohibited, REJECT, icmp admin-prohibited",
    "IP, tcp dport 1 reject with tcp reset, REJECT, tcp reset",
    "IP, udp dport 1 queue to 3, QUEUE, 3",
    "IP, queue flags bypass to 3-5, QUEUE, 3-5",
    "IP, udp dport 1 queue num 3 bypass, QUEUE, 3",
  })
  void texts(NfFamily family, String text, Deed.Kind kind, String detail) {
    assertThat(Deed.ofText(text, family)).isEqualTo(Deed.of(kind, detail));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "accept",
        "-A INPUT -j DROP",
        "-A INPUT -j REJECTED",
        "jump reject_all",
        "log prefix \"reject \" accept",
        ""
      })
  void textsAtWhichNoWayEndsOtherThanAtTheVerdict(String text) {
    assertThat(Deed.ofText(text, NfFamily.IP)).isNull();
  }
}
