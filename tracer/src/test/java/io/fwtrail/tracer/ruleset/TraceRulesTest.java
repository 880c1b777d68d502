package io.fwtrail.tracer.ruleset;

import static io.fwtrail.tracer.ruleset.NfMessages.expression;
import static io.fwtrail.tracer.ruleset.NfMessages.verdict;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.tracer.ruleset.NfMessages.Expression;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TraceRulesTest {
  private static final int NFTRACE = 12;
  private static final int MARK = 3;
  private static final int REGISTER = 9;

  /** {@code meta nftrace set 1}, as nft and iptables-nft write it. */
  private static final Consumer<MessageWriter> TRACE =
      register((byte) 1).andThen(NfMessages.setMeta(NFTRACE, REGISTER));

  private static Consumer<MessageWriter> register(byte value) {
    return expression(
        "immediate", w -> w.bigEndianInt(1, REGISTER).beginNested(2).bytes(1, value).endNested());
  }

  private static Expression counter(long packets, long bytes) {
    return expression("counter", w -> w.bigEndianLong(1, bytes).bigEndianLong(2, packets));
  }

  /** An xt extension, match or target. */
  private static Expression extension(String kind, String name) {
    return expression(kind, w -> w.string(1, name).bigEndianInt(2, 0).bytes(3, new byte[8]));
  }

  private static RuleMessage rule(String comment, Consumer<MessageWriter> expressions) {
    byte[] bytes = NfMessages.rule(NfFamily.IP, "t", "c", 1, comment, expressions);
    MessageCursor cursor =
        new MessageCursor().reset(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    assertThat(cursor.next()).isTrue();
    return RuleMessage.decode(cursor);
  }

  private static RuleMessage rule(Consumer<MessageWriter> expressions) {
    return rule(null, expressions);
  }

  @Test
  void aRuleThatSetsTheBitTraces() {
    assertThat(TraceRules.trace(rule(TRACE))).isTrue();
    assertThat(TraceRules.onlyTrace(rule(TRACE))).isTrue();
  }

  @Test
  void aRuleThatClearsTheBitDoesNot() {
    RuleMessage clears = rule(register((byte) 0).andThen(NfMessages.setMeta(NFTRACE, REGISTER)));
    assertThat(TraceRules.trace(clears)).isFalse();
    assertThat(TraceRules.onlyTrace(clears)).isFalse();
  }

  @Test
  void aBitOutOfAMapMayBeSet() {
    RuleMessage mapped =
        rule(
            register((byte) 0)
                .andThen(expression("lookup", w -> w.bigEndianInt(3, REGISTER)))
                .andThen(NfMessages.setMeta(NFTRACE, REGISTER)));
    assertThat(TraceRules.trace(mapped)).isTrue();
  }

  @Test
  void theTargetOfIptablesTraces() {
    RuleMessage target = rule(counter(1, 2).andThen(extension("target", "TRACE")));
    assertThat(TraceRules.trace(target)).isTrue();
    assertThat(TraceRules.onlyTrace(target)).isTrue();
    assertThat(TraceRules.trace(rule(extension("target", "LOG")))).isFalse();
    assertThat(TraceRules.trace(rule(extension("match", "TRACE")))).isFalse();
  }

  @Test
  void lookingAtThePacketIsNothingMore() {
    RuleMessage looks =
        rule(
            expression("meta", w -> w.bigEndianInt(1, 1).bigEndianInt(2, MARK))
                .andThen(expression("cmp", w -> w.bigEndianInt(1, 1)))
                .andThen(expression("payload", w -> w.bigEndianInt(1, 1).bigEndianInt(2, 1)))
                .andThen(expression("lookup", w -> w.string(1, "set").bigEndianInt(2, 1)))
                .andThen(expression("ct", w -> w.bigEndianInt(1, 1).bigEndianInt(2, 0)))
                .andThen(expression("limit", w -> w.bigEndianLong(1, 5)))
                .andThen(extension("match", "comment"))
                .andThen(counter(0, 0))
                .andThen(TRACE));
    assertThat(TraceRules.onlyTrace(looks)).isTrue();
  }

  @Test
  void aVerdictIsMore() {
    assertThat(TraceRules.trace(rule(TRACE.andThen(verdict(1, null))))).isTrue();
    assertThat(TraceRules.onlyTrace(rule(TRACE.andThen(verdict(1, null))))).isFalse();
    assertThat(TraceRules.onlyTrace(rule(TRACE.andThen(verdict(-3, "user"))))).isFalse();
    RuleMessage map = rule(TRACE.andThen(expression("lookup", w -> w.bigEndianInt(3, 0))));
    assertThat(TraceRules.onlyTrace(map)).isFalse();
  }

  @Test
  void changingThePacketIsMore() {
    assertThat(TraceRules.onlyTrace(rule(TRACE.andThen(NfMessages.setMeta(MARK, REGISTER)))))
        .isFalse();
    for (String changes : new String[] {"payload", "exthdr", "ct"}) {
      RuleMessage sets = rule(TRACE.andThen(expression(changes, w -> w.bigEndianInt(5, REGISTER))));
      assertThat(TraceRules.onlyTrace(sets)).as(changes).isFalse();
    }
  }

  @Test
  void whatIsNotKnownMayBeMore() {
    for (String other : new String[] {"log", "queue", "dynset", "objref", "a newer kernel's"}) {
      RuleMessage rule = rule(TRACE.andThen(expression(other, w -> {})));
      assertThat(TraceRules.onlyTrace(rule)).as(other).isFalse();
    }
  }

  @Test
  void countersAreTheFirstOnes() {
    assertThat(TraceRules.counters(rule(TRACE))).isNull();
    assertThat(TraceRules.counters(rule(TRACE.andThen(counter(3, 180)).andThen(counter(1, 60)))))
        .isEqualTo(new TraceRules.Counters(3, 180));
  }

  @Test
  void aRuleIsTheSameWhateverItHasCounted() {
    RuleMessage before = rule("why", counter(0, 0).andThen(TRACE));
    assertThat(TraceRules.sameContent(before, rule("why", counter(7, 420).andThen(TRACE))))
        .isTrue();
    assertThat(TraceRules.sameContent(before, rule("who", counter(0, 0).andThen(TRACE)))).isFalse();
    assertThat(TraceRules.sameContent(before, rule("why", TRACE))).isFalse();
    assertThat(
            TraceRules.sameContent(
                rule(TRACE), rule(register((byte) 2).andThen(NfMessages.setMeta(NFTRACE, 9)))))
        .isFalse();
  }

  @Test
  void aRuleThatCannotBeReadTracesNothing() {
    RuleMessage whole = rule(counter(3, 180).andThen(TRACE));
    int length = whole.expressionList().readableBytes();
    for (int end = 0; end < length; end++) {
      RuleMessage cut =
          new RuleMessage(2, "t", "c", 1, null, whole.expressionList().slice(0, end).asReadOnly());
      assertThat(TraceRules.trace(cut)).as("cut at " + end).isFalse();
      assertThat(TraceRules.onlyTrace(cut)).isFalse();
      assertThat(TraceRules.counters(cut)).isIn(null, new TraceRules.Counters(3, 180));
    }
  }
}
