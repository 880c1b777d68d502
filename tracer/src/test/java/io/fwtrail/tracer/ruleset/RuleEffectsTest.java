package io.fwtrail.tracer.ruleset;

import static io.fwtrail.tracer.ruleset.NfMessages.constant;
import static io.fwtrail.tracer.ruleset.NfMessages.expression;
import static io.fwtrail.tracer.ruleset.NfMessages.setMeta;
import static io.fwtrail.tracer.ruleset.NfMessages.verdict;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.nftables.ExpressionWriter;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.tracer.hop.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.EnumSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuleEffectsTest {
  private static final int MARK = 3;

  private static RuleEffects effects(NfMessages.Expression... expressions) {
    Consumer<MessageWriter> all =
        w -> Stream.of(expressions).forEach(expression -> expression.accept(w));
    byte[] message = NfMessages.rule(NfFamily.INET, "t", "c", 1, null, all);
    return RuleEffects.of(decode(Unpooled.wrappedBuffer(message)));
  }

  private static RuleEffects written(Consumer<ExpressionWriter> expressions) {
    ByteBuf buffer = Unpooled.buffer();
    RuleMessage.writeNew(new MessageWriter(buffer), 1, NfFamily.INET, "t", "c", expressions);
    return RuleEffects.of(decode(buffer));
  }

  private static RuleMessage decode(ByteBuf buffer) {
    MessageCursor cursor = new MessageCursor().reset(buffer, 0, buffer.readableBytes());
    assertThat(cursor.next()).isTrue();
    return RuleMessage.decode(cursor);
  }

  private static NfMessages.Expression lookup(int targetRegister) {
    return expression(
        "lookup", w -> w.string(1, "__map0").bigEndianInt(2, 1).bigEndianInt(3, targetRegister));
  }

  private static NfMessages.Expression empty(String name) {
    return expression(name, w -> {});
  }

  static Stream<Arguments> verdicts() {
    return Stream.of(
        Arguments.of(0, Verdict.DROP),
        Arguments.of(1, Verdict.ACCEPT),
        Arguments.of(-5, Verdict.RETURN));
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void aRuleWithAVerdictGivesNoOther(int code, Verdict verdict) {
    RuleEffects effects = effects(verdict(code, null));
    assertThat(effects.verdicts()).containsExactly(verdict);
    assertThat(effects.target()).isNull();
  }

  @Test
  void aRuleWithoutAVerdictGoesOn() {
    assertThat(written(w -> w.loadMeta(15).equal((byte) 2).counter()).verdicts())
        .containsExactly(Verdict.CONTINUE);
  }

  @Test
  void aJumpHasItsTarget() {
    RuleEffects effects = written(w -> w.loadMeta(15).equal((byte) 2).jump("user"));
    assertThat(effects.verdicts()).containsExactly(Verdict.JUMP);
    assertThat(effects.target()).isEqualTo("user");
  }

  @Test
  void aGotoHasItsTarget() {
    RuleEffects effects = written(w -> w.goTo("user"));
    assertThat(effects.verdicts()).containsExactly(Verdict.GOTO);
    assertThat(effects.target()).isEqualTo("user");
  }

  @Test
  void rejectDrops() {
    assertThat(effects(empty("reject")).verdicts()).containsExactly(Verdict.DROP);
  }

  @Test
  void queueQueues() {
    assertThat(effects(empty("queue")).verdicts()).containsExactly(Verdict.QUEUE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"masq", "nat", "redir"})
  void natAcceptsOrFindsNoPortAndDrops(String name) {
    assertThat(effects(empty(name)).verdicts())
        .containsExactlyInAnyOrder(Verdict.ACCEPT, Verdict.DROP);
  }

  @Test
  void tproxyAloneGoesOn() {
    assertThat(effects(empty("tproxy")).agree(Verdict.CONTINUE, null, 0)).isTrue();
  }

  @Test
  void tproxyWithAVerdictGivesThat() {
    assertThat(effects(empty("tproxy"), verdict(1, null)).agree(Verdict.ACCEPT, null, 0)).isTrue();
  }

  @Test
  void aMapOfVerdictsMayGiveAny() {
    RuleEffects effects = effects(lookup(0));
    assertThat(effects.verdicts()).isEqualTo(EnumSet.allOf(Verdict.class));
    assertThat(effects.target()).isNull();
  }

  @Test
  void aLookupInASetGivesNone() {
    assertThat(effects(expression("lookup", w -> w.string(1, "s").bigEndianInt(2, 1))).verdicts())
        .containsExactly(Verdict.CONTINUE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"target", "synproxy", "an expression of next year"})
  void whatIsNotKnownMayGiveAny(String name) {
    assertThat(effects(empty(name)).verdicts()).isEqualTo(EnumSet.allOf(Verdict.class));
  }

  @Test
  void aVerdictThatIsNotKnownMayBeAny() {
    assertThat(effects(verdict(77, null)).verdicts()).isEqualTo(EnumSet.allOf(Verdict.class));
  }

  @Test
  void aConstantMarkIsKnown() {
    assertThat(effects(constant(1, 0x1234_5678), setMeta(MARK, 1)).mark()).isEqualTo(0x1234_5678L);
  }

  @Test
  void aMarkWithItsHighestBitSetIsNotNegative() {
    assertThat(effects(constant(1, -1), setMeta(MARK, 1)).mark()).isEqualTo(0xffff_ffffL);
  }

  @Test
  void ofTwoMarksTheLastStays() {
    assertThat(effects(constant(1, 5), setMeta(MARK, 1), constant(1, 6), setMeta(MARK, 1)).mark())
        .isEqualTo(6);
  }

  @Test
  void anotherMetaValueIsNoMark() {
    assertThat(effects(constant(1, 5), setMeta(12, 1)).mark()).isEqualTo(-1);
  }

  @Test
  void aMarkFromARegisterThatWasLoadedAnewIsNotConstant() {
    NfMessages.Expression loadMark =
        expression("meta", w -> w.bigEndianInt(2, MARK).bigEndianInt(1, 1));
    assertThat(effects(constant(1, 5), loadMark, setMeta(MARK, 1)).mark()).isEqualTo(-1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bitwise", "payload", "ct", "numgen", "hash", "exthdr", "fib"})
  void aMarkThatWasReckonedIsNotConstant(String name) {
    assertThat(effects(constant(1, 5), empty(name), setMeta(MARK, 1)).mark()).isEqualTo(-1);
  }

  @Test
  void aMarkAndAVerdictGoTogether() {
    RuleEffects effects = effects(constant(1, 5), setMeta(MARK, 1), verdict(1, null));
    assertThat(effects.mark()).isEqualTo(5);
    assertThat(effects.verdicts()).containsExactly(Verdict.ACCEPT);
  }

  @Test
  void expressionsThatDoNotFitMayDoAnything() {
    NfMessages.Expression shortVerdict =
        expression(
            "immediate",
            w ->
                w.bigEndianInt(1, 0)
                    .beginNested(2)
                    .beginNested(2)
                    .bytes(1, (byte) 1)
                    .endNested()
                    .endNested());
    RuleEffects effects = effects(shortVerdict);
    assertThat(effects.verdicts()).isEqualTo(EnumSet.allOf(Verdict.class));
    assertThat(effects.mark()).isEqualTo(-1);
  }

  @ParameterizedTest(name = "{0} {1} {2}: {3}")
  @CsvSource({
    "JUMP, user, 5, true",
    "ACCEPT, user, 5, false",
    "JUMP, other, 5, false",
    "JUMP, user, 6, false",
    "JUMP, , 5, true",
    ", user, 5, true",
  })
  void agreesWithAHopThatItCanGive(Verdict verdict, String target, long mark, boolean agrees) {
    RuleEffects effects = new RuleEffects(EnumSet.of(Verdict.JUMP), "user", 5);
    assertThat(effects.agree(verdict, target, mark)).isEqualTo(agrees);
  }
}
