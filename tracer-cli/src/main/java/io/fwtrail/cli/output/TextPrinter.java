package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /** Of the trail at hand. */
  private int placeWidth;

  private int ruleWidth;
  private int verdictWidth;

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
    measure(trail.hops());
    Hook hook = null;
    for (int i = 0; i < trail.hops().size(); i++) {
      Hop hop = trail.hops().get(i);
      changes(ChangeWords.before(trail, i + 1));
      line(hop, hop.hook() == hook ? null : hop.hook(), trail.isDecidedBy(hop));
      hook = hop.hook();
      changes(ChangeWords.by(trail, i + 1));
    }
    for (String hint : trail.hints()) {
      style.warning(out.append("  ")).append("hint: ").append(SafeText.of(hint));
      style.end(out).append('\n');
    }
    queue.add(out.append('\n'));
  }

  /** How wide the columns are. */
  private void measure(List<Hop> hops) {
    placeWidth = 0;
    ruleWidth = 0;
    verdictWidth = 0;
    for (int i = 0; i < hops.size(); i++) {
      Hop hop = hops.get(i);
      placeWidth = Math.max(placeWidth, wording.place(hop).length());
      ruleWidth = Math.max(ruleWidth, wording.rule(hop).length());
      verdictWidth = Math.max(verdictWidth, Wording.verdict(hop).length());
    }
  }

  /**
   * One hop.
   *
   * @param hook named where it is another than that of the hop before
   */
  private void line(Hop hop, @Nullable Hook hook, boolean decided) {
    if (decided) {
      style.end(style.bold(out).append("> "));
    } else {
      out.append("  ");
    }
    column(hook == null ? "" : hook.keyword(), HOOK_WIDTH);
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
      String in = netns.size() > 1 ? trail.hops().get(0).in() : trail.cameIn();
      Wording.interfaces(out, in, last.out());
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
    queue.add(loss);
  }

  private String mark(Loss loss) {
    return LossWords.mark(new StringBuilder(), style, loss).append("\n\n").toString();
  }

  @Override
  public void flush() {
    queue.flush();
  }
}
