package io.fwtrail.cli.summary;

import io.fwtrail.cli.output.OutputQueue;
import io.fwtrail.cli.output.Printer;
import io.fwtrail.cli.output.Style;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;
import java.util.List;

/**
 * Counts trails, and shows the counts: on a terminal every second in place, on the screen that
 * programs use which give back what stood there; and once at the end in any case.
 */
public final class SummaryPrinter implements Printer {
  /**
   * The alternate screen, without a cursor, and with long lines cut rather than wrapped (xterm).
   */
  private static final String ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J";

  private static final String LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
  private static final String HOME = "\u001b[H";
  private static final String CLEAR_LINE = "\u001b[K";
  private static final String CLEAR_BELOW = "\u001b[J";

  private static final long PERIOD_MILLIS = 1000;

  /** The size is asked for by a program, which costs more than the picture. */
  private static final int PICTURES_A_SIZE = 5;

  /** What is printed below at the end: two lines of counts, and the shell's question. */
  private static final int ROWS_BELOW = 3;

  private final OutputQueue queue;
  private final SummaryText text;
  private final boolean json;
  private final boolean terminal;
  private final TrafficSummary summary = new TrafficSummary();
  private ScreenSize size = ScreenSize.USUAL;
  private boolean onScreen;
  private boolean ended;

  private SummaryPrinter(OutputQueue queue, Style style, boolean json, boolean terminal) {
    this.queue = queue;
    this.text = new SummaryText(style);
    this.json = json;
    this.terminal = terminal;
  }

  /**
   * Shows it as text.
   *
   * @param colour whether in colours
   * @param terminal whether standard output, where the queue leads, is a terminal
   */
  public static SummaryPrinter text(OutputQueue queue, boolean colour, boolean terminal) {
    SummaryPrinter printer = new SummaryPrinter(queue, new Style(colour), false, terminal);
    if (terminal) {
      Thread thread = new Thread(printer::draw, "fwtrail-screen");
      thread.setDaemon(true);
      thread.start();
    }
    return printer;
  }

  /** Writes it as one JSON object at the end. */
  public static SummaryPrinter json(OutputQueue queue) {
    return new SummaryPrinter(queue, new Style(false), true, false);
  }

  @Override
  public void hop(Hop hop) {
    // Counted with its trail.
  }

  @Override
  public synchronized void trail(Trail trail) {
    summary.add(trail);
  }

  @Override
  public synchronized void lost(Loss loss) {
    summary.add(loss);
  }

  @Override
  public void flush() {
    // What is shown goes out by itself.
  }

  private void draw() {
    for (int picture = 0; ; picture++) {
      try {
        Thread.sleep(PERIOD_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
      // Not with the lock: the tracer must not wait for another program.
      ScreenSize now = picture % PICTURES_A_SIZE == 0 ? ScreenSize.ofTerminal() : null;
      synchronized (this) {
        if (ended) {
          return;
        }
        if (now != null) {
          size = now;
        }
        picture();
      }
    }
  }

  private void picture() {
    StringBuilder out = new StringBuilder(4096);
    if (!onScreen) {
      onScreen = true;
      out.append(ENTER);
    }
    out.append(HOME);
    for (String line : lines(1)) {
      out.append(line).append(CLEAR_LINE).append("\r\n");
    }
    queue.add(out.append(CLEAR_BELOW));
    queue.flush();
  }

  private List<String> lines(int rowsBelow) {
    return text.lines(summary, size.columns(), size.rows() - rowsBelow);
  }

  @Override
  public synchronized void end() {
    close();
    if (json) {
      queue.add(SummaryJson.line(summary));
    } else {
      if (terminal) {
        size = ScreenSize.ofTerminal();
      }
      queue.add(String.join("\n", lines(ROWS_BELOW)) + "\n");
    }
    queue.flush();
  }

  @Override
  public synchronized void close() {
    ended = true;
    if (onScreen) {
      onScreen = false;
      queue.add(LEAVE);
      queue.flush();
    }
  }
}
