package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.trail.Trail;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Shows trails to a person: a heading that says what became of the packet and which rule decided,
 * then a line a hop, with a sign before the one that decided.
 */
final class TextPrinter implements Printer {
  /** What routine forwarding changes, which would only stand in the way. */
  private static final Set<String> ROUTINE = Set.of("ttl", "hopLimit");

  private final OutputQueue queue;
  private final Style style;

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
    StringBuilder out = new StringBuilder(1024);
    heading(out, trail);
    int placeWidth = 0;
    int ruleWidth = 0;
    int verdictWidth = 0;
    for (Hop hop : trail.hops()) {
      placeWidth = Math.max(placeWidth, Wording.place(hop).length());
      ruleWidth = Math.max(ruleWidth, Wording.rule(hop).length());
      verdictWidth = Math.max(verdictWidth, Wording.verdict(hop).length());
    }
    Hook hook = null;
    for (int i = 0; i < trail.hops().size(); i++) {
      Hop hop = trail.hops().get(i);
      changes(out, trail, i + 1, false);
      String at = hop.hook() == null || hop.hook() == hook ? "" : hop.hook().keyword();
      hook = hop.hook();
      String verdict = Wording.verdict(hop);
      String text = Wording.text(hop.rule());
      out.append(hop.equals(trail.decidedBy()) ? style.bold("> ") : "  ")
          .append(pad(at, 11))
          .append("  ")
          .append(pad(Wording.place(hop), placeWidth))
          .append("  ")
          .append(pad(Wording.rule(hop), ruleWidth))
          .append("  ")
          .append(style.verdict(hop.verdict(), verdict));
      if (!text.isEmpty()) {
        out.append(" ".repeat(verdictWidth - verdict.length() + 2)).append(text);
      }
      out.append('\n');
      changes(out, trail, i + 1, true);
    }
    out.append('\n');
    queue.chunk().writeBytes(out.toString().getBytes(StandardCharsets.UTF_8));
    queue.endRecord();
  }

  private void heading(StringBuilder out, Trail trail) {
    Hop last = trail.hops().isEmpty() ? null : trail.hops().get(trail.hops().size() - 1);
    out.append(style.dim(Wording.clock(trail.begin())))
        .append("  ")
        .append(style.verdict(trail.verdict(), pad(Wording.ending(trail.verdict()), 8)))
        .append("  ")
        .append(style.bold(Wording.packet(trail.packet())));
    String interfaces = last == null ? "" : Wording.interfaces(last.in(), last.out());
    if (!interfaces.isEmpty()) {
      out.append(", ").append(interfaces);
    }
    Hop decider = trail.decidedBy();
    if (decider != null) {
      Rule rule = decider.rule();
      out.append(", by ").append(Wording.place(decider)).append(' ').append(Wording.rule(decider));
      if (rule != null && rule.comment() != null) {
        out.append(" \"").append(SafeText.of(rule.comment())).append('"');
      }
    }
    String why = trail.why();
    if (why != null) {
      out.append(' ').append(style.warning("(incomplete: " + SafeText.of(why) + ")"));
    }
    out.append('\n');
  }

  /**
   * What is new in the packet at a hop, on one line. A mark is set by the hop's own rule, so it
   * stands below; NAT and the like were done before the base chain that shows them first.
   */
  private void changes(StringBuilder out, Trail trail, int hop, boolean byRule) {
    List<String> parts = new ArrayList<>();
    for (Trail.Change change : trail.changes()) {
      boolean wanted = change.field().equals("mark") == byRule;
      if (wanted && change.hop() == hop && !ROUTINE.contains(change.field())) {
        parts.add(change.field() + " " + change.from() + " -> " + change.to());
      }
    }
    if (!parts.isEmpty()) {
      out.append("  ")
          .append(pad("", 11))
          .append("  ")
          .append(style.warning(String.join(", ", parts)))
          .append('\n');
    }
  }

  private static String pad(String text, int width) {
    return text.length() >= width ? text : text + " ".repeat(width - text.length());
  }

  @Override
  public void flush() {
    queue.flush();
  }
}
