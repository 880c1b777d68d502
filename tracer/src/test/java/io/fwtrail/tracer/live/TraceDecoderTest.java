package io.fwtrail.tracer.live;

import static io.fwtrail.tracer.live.TraceMessageBuilder.endOfChain;
import static io.fwtrail.tracer.live.TraceMessageBuilder.endOfChainOfOldKernels;
import static io.fwtrail.tracer.live.TraceMessageBuilder.hex;
import static io.fwtrail.tracer.live.TraceMessageBuilder.policy;
import static io.fwtrail.tracer.live.TraceMessageBuilder.rule;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.mark.OwnTables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class TraceDecoderTest {
  private static final RuleSet RULES =
      ruleSet()
          .table(NfFamily.INET, "t")
          .base("c", Hook.INPUT, 0)
          .rule(4, "tcp dport 22 accept", Verdict.ACCEPT)
          .chain("user")
          .build();

  /** A tracer's whose rule 9 in "fwtrail-1" marks. */
  static final OwnTables OWN =
      new OwnTables() {
        @Override
        public boolean hides(NfFamily family, String table) {
          return table.startsWith("fwtrail-");
        }

        @Override
        public boolean marks(NfFamily family, String table, long handle) {
          return table.equals("fwtrail-1") && handle == 9;
        }
      };

  private final TraceDecoder decoder = new TraceDecoder(Interfaces.NONE, OWN);

  private Sighting sighting(TraceMessageBuilder message) {
    return sighting(message, RULES);
  }

  private Sighting sighting(TraceMessageBuilder message, RuleSet rules) {
    byte[] bytes = message.build();
    MessageCursor cursor =
        new MessageCursor().reset(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    assertThat(cursor.next()).isTrue();
    Sighting s = new Sighting();
    decoder.fill(s, new TraceMessage().decode(cursor), rules, -1, 123);
    return s;
  }

  @Test
  void aRuleIsThatOfTheRuleSet() {
    Sighting s = sighting(rule(4, 1));
    assertThat(s.kind).isEqualTo(Hop.Kind.RULE);
    assertThat(s.rule).isEqualTo(new Rule(1, 4, "tcp dport 22 accept", null));
    assertThat(s.verdict).isEqualTo(Verdict.ACCEPT);
    assertThat(s.verdictFrom).isEqualTo(Hop.VerdictFrom.KERNEL);
    assertThat(s.family).isEqualTo(NfFamily.INET);
    assertThat(s.table).isEqualTo("t");
    assertThat(s.chain).isEqualTo("c");
    assertThat(s.time).isEqualTo(123);
    assertThat(s.entersBaseChain).isFalse();
  }

  @Test
  void aRuleThatTheRuleSetDoesNotHaveIsItsHandle() {
    assertThat(sighting(rule(5, 1)).rule).isEqualTo(Rule.ofHandle(5));
    assertThat(sighting(rule(4, 1).chain("gone")).rule).isEqualTo(Rule.ofHandle(4));
  }

  @Test
  void aRuleThatIsNotCertainIsForgottenButForItsHandle() {
    Sighting s = sighting(rule(4, 1));
    decoder.forgetRule(s);
    assertThat(s.rule).isEqualTo(Rule.ofHandle(4));
  }

  @Test
  void aJumpHasItsTarget() {
    Sighting s = sighting(rule(4, -3, "user"));
    assertThat(s.verdict).isEqualTo(Verdict.JUMP);
    assertThat(s.target).isEqualTo("user");
  }

  @Test
  void aVerdictThatIsNotKnownIsToldByNobody() {
    Sighting s = sighting(rule(4, 77));
    assertThat(s.verdict).isNull();
    assertThat(s.verdictFrom).isNull();
  }

  @Test
  void aPolicyHasItsOwnVerdict() {
    Sighting s = sighting(policy(0));
    assertThat(s.kind).isEqualTo(Hop.Kind.POLICY);
    assertThat(s.verdict).isEqualTo(Verdict.DROP);
    assertThat(s.rule).isNull();
  }

  @Test
  void theEndOfABaseChainIsNoHop() {
    for (TraceMessageBuilder end :
        new TraceMessageBuilder[] {endOfChain(), endOfChainOfOldKernels()}) {
      Sighting s = sighting(end);
      assertThat(s.kind).isNull();
      assertThat(s.verdict).isNull();
    }
  }

  @Test
  void theEndOfAnotherChainIsTheReturn() {
    for (TraceMessageBuilder end :
        new TraceMessageBuilder[] {endOfChain(), endOfChainOfOldKernels()}) {
      Sighting s = sighting(end.chain("user"));
      assertThat(s.kind).isEqualTo(Hop.Kind.RETURN);
      assertThat(s.verdict).isEqualTo(Verdict.RETURN);
    }
  }

  @Test
  void theFirstMessageOfABaseChainShowsThePacket() {
    Sighting s = sighting(rule(4, 1).first(7).cameIn(3, 1).leaves(4, 1));
    assertThat(s.entersBaseChain).isTrue();
    assertThat(s.packet.id()).isEqualTo(7);
    assertThat(s.packet.dport()).isEqualTo(53);
    assertThat(s.in).isEqualTo("3");
    assertThat(s.out).isEqualTo("4");
    assertThat(s.fromLoopback).isFalse();
    assertThat(s.toLoopback).isFalse();
    assertThat(s.conntrack).isNull();
  }

  @Test
  void theLoopbackDeviceIsKnownByItsType() {
    assertThat(sighting(rule(4, 1).first().cameIn(1, 772)).fromLoopback).isTrue();
    assertThat(sighting(rule(4, 1).first().leaves(1, 772)).toLoopback).isTrue();
  }

  @Test
  void theConnectionIsRead() {
    assertThat(sighting(rule(4, 1).first().connection(-1, 1, 2)).conntrack)
        .isEqualTo(new Conntrack(0xffff_ffffL, "reply", "established"));
  }

  @Test
  void theMarkIsUnsigned() {
    assertThat(sighting(rule(4, 1).mark(-1)).mark).isEqualTo(0xffff_ffffL);
    assertThat(sighting(rule(4, 1)).mark).isZero();
  }

  @Test
  void aFamilyWithoutItsOwnPacketsIsToldByTheLinkLayer() {
    TraceMessageBuilder message =
        rule(4, 1)
            .in(NfFamily.NETDEV, "t", "c")
            .cameIn(3, 1)
            .with(w -> w.bytes(7, hex("0200000000bb 0200000000aa 0806")))
            .with(
                w ->
                    w.bytes(
                        8, hex("0001 0800 06 04 0001 0200000000aa 0a000001 000000000000 0a000002")))
            .with(w -> w.bigEndianInt(15, NfFamily.NETDEV.number()));
    assertThat(sighting(message).packet.protocol()).isEqualTo("arp");
  }

  @Test
  void theTracersOwnTablesAreHiddenAndItsMarkIsKnown() {
    Sighting mark = sighting(rule(9, 1).in(NfFamily.INET, "fwtrail-1", "trace"));
    assertThat(mark.hidden).isTrue();
    assertThat(mark.marks).isTrue();
    Sighting other = sighting(rule(9, 1).in(NfFamily.INET, "fwtrail-2", "trace"));
    assertThat(other.hidden).isTrue();
    assertThat(other.marks).isFalse();
    assertThat(sighting(rule(9, 1)).hidden).isFalse();
  }

  @Test
  void idsOfTwoNamespacesAreTwoKeys() {
    byte[] bytes = rule(4, 1).id(-1).build();
    MessageCursor cursor =
        new MessageCursor().reset(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    assertThat(cursor.next()).isTrue();
    TraceMessage message = new TraceMessage().decode(cursor);
    Sighting s = new Sighting();
    decoder.fill(s, message, RULES, -1, 0);
    final long own = s.key;
    decoder.fill(s, message, RULES, 0, 0);
    final long first = s.key;
    decoder.fill(s, message, RULES, 1, 0);
    assertThat(new long[] {own, first, s.key}).doesNotHaveDuplicates();
  }

  @Test
  void nothingOfTheMessageBeforeIsLeft() {
    Sighting s = sighting(rule(4, 1).first().mark(5).connection(1, 0, 8));
    byte[] bytes = policy(1).build();
    MessageCursor cursor =
        new MessageCursor().reset(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    assertThat(cursor.next()).isTrue();
    decoder.fill(s, new TraceMessage().decode(cursor), RULES, -1, 0);
    assertThat(s.packet).isNull();
    assertThat(s.rule).isNull();
    assertThat(s.mark).isZero();
    assertThat(s.conntrack).isNull();
    assertThat(s.entersBaseChain).isFalse();
  }

  /** As the handler does it: read, then told the meaning of. */
  private Sighting heard(TraceMessageBuilder message, RuleSet rules) {
    byte[] bytes = message.build();
    MessageCursor cursor =
        new MessageCursor().reset(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    assertThat(cursor.next()).isTrue();
    TraceMessage trace = new TraceMessage();
    decoder.decode(trace, cursor);
    Sighting s = new Sighting();
    decoder.fill(s, trace, rules, -1, 123);
    return s;
  }

  @Test
  void whatComesAgainMeansTheSameAgain() {
    for (int packet = 1; packet <= 3; packet++) {
      Sighting jump = heard(rule(4, -3, "user").id(packet).first(packet), RULES);
      assertThat(jump.target).isEqualTo("user");
      assertThat(jump.packet.id()).isEqualTo(packet);
      assertThat(jump.key & 0xffff_ffffL).isEqualTo(packet);
      Sighting end = heard(endOfChain().chain("user").id(packet).mark(packet), RULES);
      assertThat(end.kind).isEqualTo(Hop.Kind.RETURN);
      assertThat(end.mark).isEqualTo(packet);
      assertThat(end.packet).isNull();
      assertThat(heard(policy(1).id(packet), RULES).kind).isEqualTo(Hop.Kind.POLICY);
    }
  }

  @Test
  void theSameMessageMeansAnotherRuleInAnotherRuleSet() {
    RuleSet later =
        ruleSet()
            .table(NfFamily.INET, "t")
            .base("c", Hook.INPUT, 0)
            .rule(4, "tcp dport 80 accept", Verdict.ACCEPT)
            .build();
    for (RuleSet rules : new RuleSet[] {RULES, later, RULES, later}) {
      String text = rules == RULES ? "tcp dport 22 accept" : "tcp dport 80 accept";
      assertThat(heard(rule(4, 1), rules).rule.text()).isEqualTo(text);
    }
  }

  /** An empty base chain's end shows the packet; a called chain's does not. */
  @Test
  void theEndOfAnUnknownChainIsTakenForABaseChainsWhereItShowsThePacket() {
    for (int i = 0; i < 2; i++) {
      assertThat(heard(endOfChain().chain("unknown").first(), RULES).kind).isNull();
      assertThat(heard(endOfChain().chain("unknown"), RULES).kind).isEqualTo(Hop.Kind.RETURN);
    }
  }

  @Test
  void theSameHeadersAreTheSamePacketAndOthersAreAnother() {
    Sighting first = heard(rule(4, 1).id(5).first(1).connection(7, 0, 8), RULES);
    Sighting again = heard(rule(4, 1).id(5).first(1).connection(7, 0, 8), RULES);
    Sighting other = heard(rule(4, 1).id(5).first(2).connection(7, 1, 2), RULES);
    assertThat(again.packet).isSameAs(first.packet);
    assertThat(again.conntrack).isSameAs(first.conntrack);
    assertThat(other.packet.id()).isEqualTo(2);
    assertThat(other.conntrack).isEqualTo(new Conntrack(7, "reply", "established"));
  }
}
