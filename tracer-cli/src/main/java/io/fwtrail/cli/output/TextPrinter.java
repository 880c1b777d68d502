package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;
import java.util.List;

/**
 * Shows trails to a person: a heading that says what became of the packet and which rule decided,
 * then a line a hop, with a sign before the one that decided.
 */
final class TextPrinter implements Printer {
  private static final int HOOK_WIDTH = 11;

  private final OutputQueue queue;
  private final Style style;
  private final Wording wording = new Wording();
  private final StringBuilder out = new StringBuilder(4096);

  TextPrinter(OutputQueue queue, Style style) {
    this.queue = queue;
    this.style = style;
    queue.sayWhereDropped(this::mark);
  }

  @Override
  public void hop(Hop hop) {
    // Shown with its trail.
  }

  @Override
  public void trail(Trail trail) {
    out.setLength(0);
    heading(trail);
    int placeWidth = 0;
    int ruleWidth = 0;
    int verdictWidth = 0;
    for (Hop hop : trail.hops()) {
      placeWidth = Math.max(placeWidth, wording.place(hop).length());
      ruleWidth = Math.max(ruleWidth, wording.rule(hop).length());
      verdictWidth = Math.max(verdictWidth, Wording.verdict(hop).length());
    }
    Hook hook = null;
    for (int i = 0; i < trail.hops().size(); i++) {
      Hop hop = trail.hops().get(i);
      changes(ChangeWords.before(trail, i + 1));
      if (hop.equals(trail.decidedBy())) {
        style.end(style.bold(out).append("> "));
      } else {
        out.append("  ");
      }
      column(hop.hook() == null || hop.hook() == hook ? "" : hop.hook().keyword(), HOOK_WIDTH);
      hook = hop.hook();
      column(wording.place(hop), placeWidth);
      column(wording.rule(hop), ruleWidth);
      String verdict = Wording.verdict(hop);
      style.verdict(out, hop.verdict(), verdict);
      Rule rule = hop.rule();
      if (rule != null && Wording.hasText(rule)) {
        Wording.pad(out, verdict.length(), verdictWidth);
        Wording.text(out, rule, "  ");
      }
      out.append('\n');
      changes(ChangeWords.by(trail, i + 1));
    }
    for (String hint : trail.hints()) {
      style.warning(out.append("  ")).append("hint: ").append(SafeText.of(hint));
      style.end(out).append('\n');
    }
    queue.add(out.append('\n'));
  }

  private void column(String text, int width) {
    Wording.pad(out.append(text), text.length(), width + 2);
  }

  private void heading(Trail trail) {
    Hop last = trail.hops().isEmpty() ? null : trail.hops().get(trail.hops().size() - 1);
    style.dim(out);
    wording.clock(out, trail.begin());
    style.end(out).append("  ");
    String ending = EndingWords.heading(trail);
    style.verdict(out, trail.verdict(), ending);
    Wording.pad(out, ending.length(), 8);
    Wording.packet(style.bold(out.append("  ")), trail.packet());
    style.end(out);
    String destination = EndingWords.destination(trail, last);
    if (destination != null) {
      out.append(", ").append(destination);
    }
    if (last != null) {
      List<String> netns = EndingWords.namespaces(trail);
      Hop arrived = netns.size() > 1 ? trail.hops().get(0) : last;
      Wording.interfaces(out, arrived.in(), last.out());
      if (!netns.isEmpty()) {
        out.append(", netns ").append(String.join(" > ", netns));
      }
    }
    Hop decider = trail.decidedBy();
    if (decider != null) {
      Rule rule = decider.rule();
      out.append(", by ").append(wording.place(decider)).append(' ').append(wording.rule(decider));
      if (rule != null && rule.comment() != null) {
        out.append(" \"").append(SafeText.of(rule.comment())).append('"');
      }
    }
    String why = trail.why();
    if (why != null) {
      style.warning(out.append(' ')).append("(incomplete: ").append(SafeText.of(why));
      style.end(out.append(')'));
    }
    out.append('\n');
    String connection = ConnectionWords.of(trail);
    if (connection != null) {
      style.end(style.dim(out.append("  ")).append(connection)).append('\n');
    }
  }

  /** What changed, on one line. */
  private void changes(List<String> words) {
    if (words.isEmpty()) {
      return;
    }
    Wording.pad(out, 0, HOOK_WIDTH + 4);
    style.warning(out).append(String.join(", ", words));
    style.end(out).append('\n');
  }

  @Override
  public void lost(Loss loss) {
    queue.add(mark(loss));
  }

  private String mark(Loss loss) {
    return LossWords.mark(new StringBuilder(), style, loss).append("\n\n").toString();
  }

  @Override
  public void flush() {
    queue.flush();
  }
}
