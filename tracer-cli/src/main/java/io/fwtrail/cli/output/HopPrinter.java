package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.trail.Trail;
import java.nio.charset.StandardCharsets;

/** Shows a line a hop, at once. */
final class HopPrinter implements Printer {
  private final OutputQueue queue;
  private final Style style;

  HopPrinter(OutputQueue queue, Style style) {
    this.queue = queue;
    this.style = style;
  }

  @Override
  public void hop(Hop hop) {
    String hook = hop.hook() == null ? "-" : hop.hook().keyword();
    String text = Wording.text(hop.rule());
    String interfaces = Wording.interfaces(hop.in(), hop.out());
    String line =
        style.dim(Wording.clock(hop.time()))
            + String.format(" #%-4d %-11s ", hop.trail(), hook)
            + Wording.place(hop)
            + " "
            + Wording.rule(hop)
            + " "
            + style.verdict(hop.verdict(), Wording.verdict(hop))
            + "  "
            + Wording.packet(hop.packet())
            + (interfaces.isEmpty() ? "" : ", " + interfaces)
            + (hop.mark() == 0 ? "" : ", mark " + hop.mark())
            + (text.isEmpty() ? "" : "  | " + text)
            + "\n";
    queue.chunk().writeBytes(line.getBytes(StandardCharsets.UTF_8));
    queue.endRecord();
  }

  @Override
  public void trail(Trail trail) {
    // Its hops were shown as they came.
  }

  @Override
  public void flush() {
    queue.flush();
  }
}
