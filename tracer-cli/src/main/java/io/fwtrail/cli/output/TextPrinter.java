package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.trail.Trail;
import java.util.Set;

/**
 * Shows trails to a person: a heading that says what became of the packet and which rule decided,
 * then a line a hop, with a sign before the one that decided.
 */
final class TextPrinter implements Printer {
  /** What routine forwarding changes, which would only stand in the way. */
  private static final Set<String> ROUTINE = Set.of("ttl", "hopLimit");

  private static final int HOOK_WIDTH = 11;

  private final OutputQueue queue;
  private final Style style;
  private final Wording wording = new Wording();
  private final StringBuilder out = new StringBuilder(4096);

  TextPrinter(OutputQueue queue, Style style) {
    this.queue = queue;
    this.style = style;
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
      changes(trail, i + 1, false);
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
      if (rule != null && (rule.text() != null || rule.comment() != null)) {
        Wording.pad(out, verdict.length(), verdictWidth);
        Wording.text(out, rule, "  ");
      }
      out.append('\n');
      changes(trail, i + 1, true);
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
    String ending = Wording.ending(trail);
    style.verdict(out, trail.verdict(), ending);
    Wording.pad(out, ending.length(), 8);
    Wording.packet(style.bold(out.append("  ")), trail.packet());
    style.end(out);
    if (last != null) {
      Wording.interfaces(out, last.in(), last.out());
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
  }

  /**
   * What is new in the packet at a hop, on one line. A mark is set by the hop's own rule, so it
   * stands below; NAT and the like were done before the base chain that shows them first.
   */
  private void changes(Trail trail, int hop, boolean byRule) {
    boolean begun = false;
    for (Trail.Change change : trail.changes()) {
      boolean wanted = change.field().equals("mark") == byRule;
      if (wanted && change.hop() == hop && !ROUTINE.contains(change.field())) {
        if (begun) {
          out.append(", ");
        } else {
          Wording.pad(out, 0, HOOK_WIDTH + 4);
          style.warning(out);
          begun = true;
        }
        out.append(change.field())
            .append(' ')
            .append(change.from())
            .append(" -> ")
            .append(change.to());
      }
    }
    if (begun) {
      style.end(out).append('\n');
    }
  }

  @Override
  public void flush() {
    queue.flush();
  }
}
