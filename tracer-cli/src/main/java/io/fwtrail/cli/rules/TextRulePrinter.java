package io.fwtrail.cli.rules;

import io.fwtrail.cli.output.SafeText;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.TraceRules;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps its lines until all are there, as only then the widths of the columns are known. */
final class TextRulePrinter implements RulePrinter {
  private static final String GAP = "  ";

  /** Flavour, family, table, chain, number, counters; what comes behind them needs no width. */
  private static final int COLUMNS = 6;

  private static final int COUNTERS = 5;

  private final PrintStream out;
  private final boolean bytes;
  private final List<String[]> lines = new ArrayList<>();

  TextRulePrinter(PrintStream out, boolean bytes) {
    this.out = out;
    this.bytes = bytes;
  }

  @Override
  public void rule(ListedRule listed) {
    add(
        listed.flavour(),
        listed.chain(),
        "rule " + listed.rule().number(),
        counters(listed.counters()),
        text(listed.rule()) + (listed.owner() == Owner.ANYBODY ? "" : GAP + owner(listed)));
  }

  @Override
  public void end(ListedChain listed) {
    Verdict policy = listed.chain().policy();
    String rules = Place.count(listed);
    if (policy == null) {
      add(listed.flavour(), listed.chain(), "end", "", "return, behind its " + rules);
    } else {
      add(
          listed.flavour(),
          listed.chain(),
          "policy",
          "",
          policy.keyword() + ", behind its " + rules);
    }
  }

  private void add(Flavour flavour, Chain chain, String number, String counters, String text) {
    lines.add(
        new String[] {
          flavour.keyword(),
          chain.family().keyword(),
          SafeText.of(chain.table()),
          SafeText.of(chain.name()),
          number,
          counters,
          text
        });
  }

  private String counters(TraceRules.@Nullable Counters counters) {
    if (counters == null) {
      return "not counted";
    }
    String packets = amount(counters.packets(), "packet");
    return bytes ? packets + ", " + amount(counters.bytes(), "byte") : packets;
  }

  private static String amount(long count, String noun) {
    return Long.toUnsignedString(count) + ' ' + noun + (count == 1 ? "" : "s");
  }

  /** The rule in its owner's words, then its comment. */
  static String text(Rule rule) {
    String text = rule.text() == null ? "handle " + rule.handle() : SafeText.of(rule.text());
    String comment = rule.comment() == null ? "" : '"' + SafeText.of(rule.comment()) + '"';
    return text + (text.isEmpty() || comment.isEmpty() ? "" : GAP) + comment;
  }

  private static String owner(ListedRule listed) {
    return "(" + listed.owner().words() + ")";
  }

  @Override
  public void flush() {
    int[] widths = new int[COLUMNS];
    for (String[] line : lines) {
      for (int i = 0; i < COLUMNS; i++) {
        widths[i] = Math.max(widths[i], line[i].length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] line : lines) {
      text.setLength(0);
      for (int i = 0; i < COLUMNS; i++) {
        String gap = " ".repeat(widths[i] - line[i].length());
        // Numbers of packets are compared from line to line, so their ends stand below each other.
        text.append(i == COUNTERS ? gap + line[i] : line[i] + gap).append(GAP);
      }
      out.println(text.append(line[COLUMNS]).toString().stripTrailing());
    }
    lines.clear();
    out.flush();
  }
}
