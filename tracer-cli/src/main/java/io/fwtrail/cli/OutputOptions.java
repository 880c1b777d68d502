package io.fwtrail.cli;

import io.fwtrail.cli.filter.TrailFilter;
import io.fwtrail.cli.output.OutputForm;
import io.fwtrail.cli.output.OutputQueue;
import io.fwtrail.cli.output.Printer;
import io.fwtrail.cli.summary.SummaryPrinter;
import org.jspecify.annotations.Nullable;

/** How results are shown, of whatever source, and which of them. */
class OutputOptions {
  private final Command command;

  private final Option.Value<OutputForm> form =
      new Option.Value<>(
          "FORM",
          new Converters.Form(),
          "How to show it: text (trails to read, the default), explain (trails as sentences), "
              + "hops (a line a hop, at once), json (a trail a line), json-hops (a hop a line).",
          "--output");

  private final Option.Flag summary =
      new Option.Flag(
          "Count rather than show: rules by hits, what became of packets, who sends most. On a "
              + "terminal every second, and at the end; with --output json as one object.",
          "--summary");

  private final Option.Value<Long> count =
      new Option.Value<>(
          "N", new Converters.Positive(), "End after N packets that were shown.", "--count");

  private final Option.Value<String> colour = colour();

  private final FilterOptions only;
  final WriteOptions write;

  OutputOptions(Command command) {
    this.command = command;
    command.add(form, summary, count, colour);
    only = new FilterOptions(command);
    write = new WriteOptions(command);
  }

  /** The option {@code --color}. */
  static Option.Value<String> colour() {
    return new Option.Value<>(
        "WHEN",
        new Converters.Colour(),
        "auto (on a terminal, the default), always or never.",
        "--color");
  }

  /** Which trails are shown; wrong usage if what was asked for contradicts itself. */
  TrailFilter filter() {
    OutputForm asked = form();
    if (summary.isGiven() && asked != OutputForm.TEXT && asked != OutputForm.JSON) {
      throw command.wrong("--summary goes with --output text or json, not " + asked);
    }
    write.check(command);
    return only.filter(command);
  }

  private OutputForm form() {
    return form.orElse(OutputForm.TEXT);
  }

  /** How many packets are to be shown; null for all. */
  @Nullable Long count() {
    return count.get();
  }

  /** Makes what shows the results, where {@code queue} leads. */
  Printer printer(OutputQueue queue) {
    return printer(
        queue, colourWanted(colour, isOutputTerminal()), isOutputTerminal() && !isDumb());
  }

  private boolean isOutputTerminal() {
    return !write.areAsked() && Descriptors.isTerminal(1);
  }

  /** Whether a line on standard error is to say how far it is: where results do not stand there. */
  boolean progressWanted() {
    return Descriptors.isTerminal(2) && !isDumb() && !isOutputTerminal();
  }

  /** Makes one of the same form for output that leads elsewhere. */
  Printer printerElsewhere(OutputQueue queue) {
    return printer(queue, false, false);
  }

  private Printer printer(OutputQueue queue, boolean inColour, boolean terminal) {
    if (!summary.isGiven()) {
      return form().printer(queue, inColour);
    }
    return form() == OutputForm.JSON
        ? SummaryPrinter.json(queue)
        : SummaryPrinter.text(queue, inColour, terminal);
  }

  /** Whether trails are shown one by one, with all that is known of them. */
  boolean showsTrails() {
    return form().showsTrails() && !summary.isGiven();
  }

  /** Whether hops are all that is shown or counted, and of them only those that are asked for. */
  boolean showsHopsOnly() {
    return !form().showsTrails() && !summary.isGiven();
  }

  /** What {@code --color} comes to for output to a terminal, or elsewhere. */
  static boolean colourWanted(Option.Value<String> colour, boolean terminal) {
    return switch (colour.orElse("auto")) {
      case "always" -> true;
      case "never" -> false;
      default -> terminal && System.getenv("NO_COLOR") == null && !isDumb();
    };
  }

  /** Whether the terminal takes text and nothing but text. */
  private static boolean isDumb() {
    return "dumb".equals(System.getenv("TERM"));
  }
}
