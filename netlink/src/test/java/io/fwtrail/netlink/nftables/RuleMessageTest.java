package io.fwtrail.netlink.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.fixtures.Fixture;
import io.netty.buffer.ByteBufUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuleMessageTest {
  private static final int EXPRESSIONS = 4;
  private static final int USER_DATA = 7;

  private static List<RuleMessage> real() {
    List<RuleMessage> rules = new ArrayList<>();
    Fixture.read("dump/rules")
        .forEach(
            message -> {
              if (message.type() != NetlinkConstants.TYPE_DONE) {
                rules.add(RuleMessage.decode(message));
              }
            });
    return rules;
  }

  private static RuleMessage decode(Consumer<MessageWriter> attributes) {
    byte[] datagram =
        Messages.of(
            NfTables.NEWRULE,
            NfFamily.IP.number(),
            w -> attributes.accept(w.string(1, "t").string(2, "c").bigEndianLong(3, 5)));
    return RuleMessage.decode(Fixture.first(datagram));
  }

  private static List<String> names(RuleMessage rule) {
    List<String> names = new ArrayList<>();
    rule.expressions(expression -> names.add(expression.name()));
    return names;
  }

  @Test
  void realDump() {
    assertThat(real())
        .extracting(rule -> rule.table() + " " + rule.chain() + " " + names(rule))
        .containsExactlyInAnyOrder(
            "t pre [meta, cmp, payload, payload, lookup, counter]",
            "t pre [meta, cmp, payload, lookup]",
            "t pre [meta, cmp, payload, lookup, immediate]",
            "t nat [masq]",
            "filter FORWARD [meta, cmp, match, counter, immediate]");
    assertThat(real()).extracting(RuleMessage::handle).doesNotContain(0L);
    assertThat(real()).extracting(RuleMessage::family).containsOnly(NfFamily.IP.number());
  }

  @Test
  void commentOfNft() {
    assertThat(real()).extracting(RuleMessage::comment).contains("first, \u00e4");
  }

  @Test
  void commentOfIptables() {
    assertThat(real())
        .filteredOn(rule -> rule.table().equals("filter"))
        .extracting(RuleMessage::comment)
        .containsExactly("dns and \"more\"");
  }

  @Test
  void noComment() {
    assertThat(decode(w -> {}).comment()).isNull();
  }

  @Test
  void noExpressions() {
    assertThat(names(decode(w -> {}))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "00026869, hi",
    "0003686900, hi",
    "000468690041, hi",
    "0000, ''",
    "0100" + "00026869, hi",
    "01027878" + "00026869, hi",
    "00026869" + "ff, hi",
    "0001ff, '\ufffd'",
  })
  void userData(String hex, String comment) {
    assertThat(decode(w -> w.bytes(USER_DATA, ByteBufUtil.decodeHexDump(hex))).comment())
        .isEqualTo(comment);
  }

  /** Anything may stand in user data; it is the rule's owner's own. */
  @ParameterizedTest
  @ValueSource(strings = {"", "00", "0003ab", "00ff00", "01", "0105", "01ff0000", "010178", "ff"})
  void userDataWithoutAComment(String hex) {
    assertThat(decode(w -> w.bytes(USER_DATA, ByteBufUtil.decodeHexDump(hex))).comment()).isNull();
  }

  @Test
  void commentOfUserDataComesFirst() {
    RuleMessage rule =
        decode(
            w -> {
              w.beginNested(EXPRESSIONS);
              match(w, "comment", "xt");
              w.endNested().bytes(USER_DATA, ByteBufUtil.decodeHexDump("00026869"));
            });

    assertThat(rule.comment()).isEqualTo("hi");
  }

  @Test
  void matchOfAnotherNameIsNoComment() {
    RuleMessage rule =
        decode(
            w -> {
              w.beginNested(EXPRESSIONS);
              match(w, "comments", "xt");
              w.endNested();
            });

    assertThat(rule.comment()).isNull();
  }

  private static void match(MessageWriter w, String name, String info) {
    RuleMessage.beginExpression(w, "match").string(1, name).bigEndianInt(2, 0).string(3, info);
    RuleMessage.endExpression(w);
  }

  @Test
  void expressionsOutliveTheDatagram() {
    byte[] datagram = Fixture.read("dump/rules").datagrams().get(0).clone();
    RuleMessage rule = RuleMessage.decode(Fixture.first(datagram));
    List<String> before = names(rule);
    java.util.Arrays.fill(datagram, (byte) 0);

    assertThat(names(rule)).isEqualTo(before).isNotEmpty();
  }

  @Test
  void expressionsAreReadOnly() {
    RuleMessage rule = decode(w -> w.beginNested(EXPRESSIONS).endNested());

    assertThat(rule.expressionList().isReadOnly()).isTrue();
  }

  @Test
  void malformedExpressions() {
    assertThatThrownBy(() -> decode(w -> w.bytes(EXPRESSIONS, (byte) 1, (byte) 2)))
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void noTableOrChain() {
    byte[] noChain = Messages.of(NfTables.NEWRULE, 2, w -> w.string(1, "t"));
    byte[] noTable = Messages.of(NfTables.NEWRULE, 2, w -> w.string(2, "c"));

    assertThatThrownBy(() -> RuleMessage.decode(Fixture.first(noChain)))
        .isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> RuleMessage.decode(Fixture.first(noTable)))
        .isInstanceOf(MalformedMessageException.class);
  }

  /** NFT_MSG_GETRULE with NLM_F_REQUEST and NLM_F_DUMP, of the family ip and the table t. */
  @Test
  void dumpOfOneTable() {
    assertThat(Messages.hex(w -> RuleMessage.writeDump(w, 1, NfFamily.IP.number(), "t")))
        .isEqualTo(
            "1c000000"
                + "070a"
                + "0103"
                + "01000000"
                + "00000000"
                + "02000000"
                + "0600010074000000");
  }

  @Test
  void dumpOfAll() {
    assertThat(Messages.hex(w -> RuleMessage.writeDump(w, 1)))
        .isEqualTo("14000000" + "070a" + "0103" + "01000000" + "00000000" + "00000000");
  }
}
