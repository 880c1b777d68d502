package io.fwtrail.tracer.ruleset;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Notices as Linux 6.18 sent them to NFNLGRP_NFTABLES when nft 1.0.6 carried out, one after the
 * other in an empty namespace, the commands beside them.
 */
class RuleSetFollowerTest {
  /** {@code add table ip t; add chain ip t c; add rule ip t c accept; add rule ip t c drop}. */
  private static final String MADE =
      "38000000000a0000010000004857000002000002060001007400000008000300000000010c00040000000000"
          + "00000001080002000000000038000000030a0004020000004857000002000002060001007400000006000300"
          + "630000000c0002000000000000000001080006000000000264000000060a000c030000004857000002000002"
          + "060001007400000006000200630000000c000300000000000000000234000400300001000e000100696d6d65"
          + "64696174650000001c0002000800010000000000100002000c000200080001000000000164000000060a000c"
          + "040000004857000002000002060001007400000006000200630000000c000300000000000000000334000400"
          + "300001000e000100696d6d6564696174650000001c0002000800010000000000100002000c00020008000100"
          + "000000002c0000000f0a00000100000048570000000000020800010000000002080002000000574808000300"
          + "6e667400";

  /** {@code insert rule ip t c return; insert rule ip t c continue}. */
  private static final String INSERTED =
      "70000000060a0004010000004a57000002000003060001007400000006000200630000000c00030000000000"
          + "000000040c000600000000000000000534000400300001000e000100696d6d6564696174650000001c000200"
          + "0800010000000000100002000c00020008000100fffffffb64000000060a0004020000004a57000002000003"
          + "060001007400000006000200630000000c000300000000000000000534000400300001000e000100696d6d65"
          + "64696174650000001c0002000800010000000000100002000c00020008000100ffffffff2c0000000f0a0000"
          + "010000004a570000000000030800010000000003080002000000574a080003006e667400";

  /** {@code replace rule ip t c handle 2 drop}. */
  private static final String REPLACED =
      "64000000080a0008010000004b57000002000004060001007400000006000200630000000c00030000000000"
          + "0000000234000400300001000e000100696d6d6564696174650000001c000200080001000000000010000200"
          + "0c000200080001000000000170000000060a0008010000004b57000002000004060001007400000006000200"
          + "630000000c00030000000000000000020c000600000000000000000434000400300001000e000100696d6d65"
          + "64696174650000001c0002000800010000000000100002000c00020008000100000000002c0000000f0a0000"
          + "010000004b570000000000040800010000000004080002000000574b080003006e667400";

  /** {@code delete rule ip t c handle 3}. */
  private static final String DELETED =
      "64000000080a0000010000004c57000002000005060001007400000006000200630000000c00030000000000"
          + "0000000334000400300001000e000100696d6d6564696174650000001c000200080001000000000010000200"
          + "0c00020008000100000000002c0000000f0a0000010000004c57000000000005080001000000000508000200"
          + "0000574c080003006e667400";

  /** {@code delete table ip t}. */
  private static final String GONE =
      "64000000080a0000010000004f57000002000006060001007400000006000200630000000c00030000000000"
          + "0000000534000400300001000e000100696d6d6564696174650000001c000200080001000000000010000200"
          + "0c00020008000100ffffffff64000000080a0000010000004f57000002000006060001007400000006000200"
          + "630000000c000300000000000000000434000400300001000e000100696d6d6564696174650000001c000200"
          + "0800010000000000100002000c00020008000100fffffffb64000000080a0000010000004f57000002000006"
          + "060001007400000006000200630000000c000300000000000000000234000400300001000e000100696d6d65"
          + "64696174650000001c0002000800010000000000100002000c000200080001000000000030000000050a0000"
          + "010000004f57000002000006060001007400000006000300630000000c000200000000000000000130000000"
          + "020a0000010000004f57000002000006060001007400000008000300000000000c0004000000000000000001"
          + "2c0000000f0a0000010000004f570000000000060800010000000006080002000000574f080003006e667400";

  private static final RuleSet NOTHING = new RuleSet(1, List.of(), true);

  private final TextCache texts = new TextCache();
  private final RuleSetFollower follower = new RuleSetFollower(texts);

  /** The rule set after the notices of one transaction; null where they do not fit. */
  private @Nullable RuleSet after(@Nullable RuleSet before, String notices) {
    byte[] bytes = HexFormat.of().parseHex(notices);
    return after(before, Unpooled.wrappedBuffer(bytes), bytes.length);
  }

  private @Nullable RuleSet after(@Nullable RuleSet before, ByteBuf bytes, int length) {
    MessageCursor cursor = new MessageCursor().reset(bytes, 0, length);
    while (cursor.next()) {
      if (Nfnetlink.command(cursor.type()) == NfTables.NEWGEN) {
        return follower.end(before, GenerationMessage.decode(cursor).generation());
      }
      follower.take(cursor, before);
    }
    return null;
  }

  /** Each rule of the chain: its number, its handle and its verdict. */
  private static List<String> rules(@Nullable RuleSet rules) {
    Chain chain = rules.chain(NfFamily.IP, "t", "c");
    return chain.rules().stream()
        .map(rule -> rule.number() + " " + rule.handle() + " " + chain.verdictAt(rule.number()))
        .toList();
  }

  @Test
  void aTableIsMadeWithItsChainAndItsRules() {
    RuleSet made = after(NOTHING, MADE);
    assertThat(made.generation()).isEqualTo(2);
    assertThat(made.isFollowable()).isTrue();
    assertThat(rules(made)).containsExactly("1 2 ACCEPT", "2 3 DROP");
  }

  /** The first is told to stand behind the second, of which no notice has come by then. */
  @Test
  void rulesInsertedInOneTransactionStandInTheKernelsOrder() {
    RuleSet inserted = after(after(NOTHING, MADE), INSERTED);
    assertThat(rules(inserted))
        .containsExactly("1 5 CONTINUE", "2 4 RETURN", "3 2 ACCEPT", "4 3 DROP");
  }

  @Test
  void aRuleThatReplacesAnotherStandsInItsPlaceAndHasItsHandle() {
    RuleSet replaced = after(after(after(NOTHING, MADE), INSERTED), REPLACED);
    assertThat(rules(replaced))
        .containsExactly("1 5 CONTINUE", "2 4 RETURN", "3 2 DROP", "4 3 DROP");
  }

  @Test
  void whatIsDeletedIsGoneFromTheNextRuleSetAndNotFromTheOneBefore() {
    RuleSet replaced = after(after(after(NOTHING, MADE), INSERTED), REPLACED);
    RuleSet deleted = after(replaced, DELETED);
    RuleSet gone = after(deleted, GONE);
    assertThat(rules(deleted)).containsExactly("1 5 CONTINUE", "2 4 RETURN", "3 2 DROP");
    assertThat(rules(replaced)).hasSize(4);
    assertThat(gone.tables()).isEmpty();
    assertThat(gone.generation()).isEqualTo(6);
  }

  @Test
  void aRuleOfWhichTheLikeWasPrintedBeforeHasItsText() {
    RuleSet made = after(NOTHING, MADE);
    Chain.Entry second = made.chain(NfFamily.IP, "t", "c").entries().get(1);
    texts.put(new RuleSet.TableKey(NfFamily.IP, "t"), second.content(), "drop");
    RuleSet replaced = after(after(made, INSERTED), REPLACED);
    assertThat(replaced.chain(NfFamily.IP, "t", "c").rule(2).text()).isEqualTo("drop");
  }

  @Test
  void whatDoesNotChangeIsTheSameObject() {
    RuleSet made = after(NOTHING, MADE);
    RuleSet next = follower.end(made, 3);
    assertThat(next.chain(NfFamily.IP, "t", "c")).isSameAs(made.chain(NfFamily.IP, "t", "c"));
  }

  @Test
  void noticesThatDoNotFitMakeNoRuleSet() {
    assertThat(after(NOTHING, REPLACED)).isNull();
    assertThat(after(after(NOTHING, MADE), REPLACED))
        .as("behind a rule that is not there")
        .isNull();
    assertThat(after(after(NOTHING, MADE), MADE)).as("rules that are there already").isNull();
  }

  @Test
  void noticesOfWhichSomeWereLostAreForgotten() {
    RuleSet made = after(NOTHING, MADE);
    byte[] bytes = HexFormat.of().parseHex(INSERTED);
    MessageCursor cursor =
        new MessageCursor().reset(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    cursor.next();
    follower.take(cursor, made);
    follower.forget();
    assertThat(rules(follower.end(made, 3))).containsExactly("1 2 ACCEPT", "2 3 DROP");
  }

  @Test
  void cutAnywhereTheyAreAnErrorOrNoRuleSet() {
    byte[] bytes = HexFormat.of().parseHex(MADE);
    for (int length = 0; length < bytes.length; length++) {
      @Nullable RuleSet made = null;
      try {
        made = after(NOTHING, Unpooled.wrappedBuffer(bytes, 0, length), length);
      } catch (MalformedMessageException e) {
        // As it should be.
      }
      assertThat(made).as("%d bytes", length).isNull();
      follower.forget();
    }
  }
}
