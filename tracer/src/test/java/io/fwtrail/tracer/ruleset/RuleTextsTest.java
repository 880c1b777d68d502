package io.fwtrail.tracer.ruleset;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.ruleset.RuleSet.TableKey;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RuleTextsTest {
  private static final TableKey TABLE = new TableKey(NfFamily.INET, "filter");

  private static String text(String printed, String comment) {
    return new RuleTexts.Texts(Map.of(TABLE, Map.of(5L, printed))).text(TABLE, 5, comment);
  }

  @Test
  void theCommentAtTheEndIsNoPartOfTheText() {
    assertThat(text("tcp dport 22 accept comment \"ssh\"", "ssh")).isEqualTo("tcp dport 22 accept");
  }

  @Test
  void aQuoteWithinTheCommentEndsItNot() {
    assertThat(text("accept comment \"say \"hi\"\"", "say \"hi\"")).isEqualTo("accept");
  }

  @Test
  void aRuleOfACommentAloneHasNoText() {
    assertThat(text("comment \"why\"", "why")).isEmpty();
  }

  @Test
  void aCommentThatTheTextDoesNotShowTakesNothingAway() {
    assertThat(text("udp dport 53  counter accept", "dns"))
        .isEqualTo("udp dport 53  counter accept");
  }

  @Test
  void withoutACommentTheTextStays() {
    assertThat(text("accept comment \"x\"", null)).isEqualTo("accept comment \"x\"");
  }

  @Test
  void whatWasNotPrintedHasNoText() {
    RuleTexts.Texts texts = new RuleTexts.Texts(Map.of(TABLE, Map.of(5L, "accept")));
    assertThat(texts.text(TABLE, 6, null)).isNull();
    assertThat(texts.text(new TableKey(NfFamily.IP, "filter"), 5, null)).isNull();
    assertThat(RuleTexts.NONE.read().text(TABLE, 5, "x")).isNull();
  }
}
