package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;

/** Shows each trail as a paragraph of sentences. */
public final class SentencePrinter implements Printer {
  /** A terminal's 80, with room for what quotes it. */
  private static final int WIDTH = 78;

  private static final Style PLAIN = new Style(false);

  private final OutputQueue queue;
  private final Sentences sentences = new Sentences();

  /** Writes to {@code queue}. */
  public SentencePrinter(OutputQueue queue) {
    this.queue = queue;
    queue.sayWhereDropped(this::mark);
  }

  @Override
  public void hop(Hop hop) {
    // Told with its trail.
  }

  @Override
  public void trail(Trail trail) {
    StringBuilder out = new StringBuilder(1024);
    int column = 0;
    for (String word : sentences.of(trail).split(" +", -1)) {
      if (column > 0 && column + 1 + word.length() > WIDTH) {
        out.append('\n');
        column = 0;
      } else if (column > 0) {
        out.append(' ');
        column++;
      }
      out.append(word);
      column += word.length();
    }
    queue.add(out.append("\n\n"));
  }

  @Override
  public void lost(Loss loss) {
    queue.add(loss);
  }

  private String mark(Loss loss) {
    return LossWords.mark(new StringBuilder(), PLAIN, loss).append("\n\n").toString();
  }

  @Override
  public void flush() {
    queue.flush();
  }
}
