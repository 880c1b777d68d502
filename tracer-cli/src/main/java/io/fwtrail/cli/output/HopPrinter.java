package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;

/** Shows a line a hop, at once. */
final class HopPrinter implements Printer {
  private final OutputQueue queue;
  private final Style style;
  private final Wording wording = new Wording();
  private final StringBuilder line = new StringBuilder(512);

  HopPrinter(OutputQueue queue, Style style) {
    this.queue = queue;
    this.style = style;
    queue.sayWhereDropped(this::mark);
  }

  @Override
  public void hop(Hop hop) {
    line.setLength(0);
    style.dim(line);
    wording.clock(line, hop.time());
    style.end(line).append(" #").append(hop.trail());
    Wording.pad(line, digits(hop.trail()), 5);
    String hook = hop.hook() == null ? "-" : hop.hook().keyword();
    Wording.pad(line.append(hook), hook.length(), 12);
    line.append(wording.place(hop)).append(' ').append(wording.rule(hop)).append(' ');
    style.verdict(line, hop.verdict(), Wording.verdict(hop)).append("  ");
    Wording.packet(line, hop.packet());
    Wording.interfaces(line, hop.in(), hop.out());
    if (hop.netns() != null) {
      line.append(", netns ").append(SafeText.of(hop.netns()));
    }
    if (hop.mark() != 0) {
      line.append(", mark ").append(hop.mark());
    }
    Wording.text(line, hop.rule(), "  | ");
    queue.add(line.append('\n'));
  }

  private static int digits(long number) {
    int digits = 1;
    for (long rest = number / 10; rest > 0; rest /= 10) {
      digits++;
    }
    return digits;
  }

  @Override
  public void trail(Trail trail) {
    // Its hops were shown as they came.
  }

  @Override
  public void lost(Loss loss) {
    queue.add(loss);
  }

  private String mark(Loss loss) {
    return LossWords.mark(new StringBuilder(), style, loss).append("\n").toString();
  }

  @Override
  public void flush() {
    queue.flush();
  }
}
