package io.fwtrail.cli;

import io.fwtrail.cli.filter.TrailFilter;
import io.fwtrail.cli.output.OutputForm;
import io.fwtrail.cli.output.OutputQueue;
import io.fwtrail.cli.output.Printer;
import io.fwtrail.cli.summary.SummaryPrinter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How results are shown, of whatever source, and which of them. */
class OutputOptions {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  @Option(
      names = "--output",
      paramLabel = "FORM",
      defaultValue = "text",
      converter = Converters.Form.class,
      description =
          "How to show it: text (trails to read, the default), explain (trails as sentences), "
              + "hops (a line a hop, at once), json (a trail a line), json-hops (a hop a line).")
  OutputForm form = OutputForm.TEXT;

  @Option(
      names = "--summary",
      description =
          "Count rather than show: rules by hits, what became of packets, who sends most. On a "
              + "terminal every second, and at the end; with --output json as one object.")
  private boolean summary;

  @Option(
      names = "--count",
      paramLabel = "N",
      converter = Converters.Positive.class,
      description = "End after N packets that were shown.")
  @Nullable Long count;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      converter = Converters.Colour.class,
      description = "auto (on a terminal, the default), always or never.")
  String colour = "auto";

  @ArgGroup(
      exclusive = false,
      validate = false,
      heading = "%nOnly some of the packets that are traced (what is given together must hold):%n")
  private FilterOptions only = new FilterOptions();

  @ArgGroup(exclusive = false, validate = false, heading = "%nResults in files:%n")
  WriteOptions write = new WriteOptions();

  /** Which trails are shown; wrong usage if what was asked for contradicts itself. */
  TrailFilter filter() {
    if (summary && form != OutputForm.TEXT && form != OutputForm.JSON) {
      throw new ParameterException(
          command().commandLine(), "--summary goes with --output text or json, not " + form);
    }
    write.check(command().commandLine());
    return only.filter(command().commandLine());
  }

  private CommandSpec command() {
    if (command == null) {
      throw new IllegalStateException("not the options of a command");
    }
    return command;
  }

  /** Makes what shows the results, where {@code queue} leads. */
  Printer printer(OutputQueue queue) {
    return printer(queue, colourWanted(), isOutputTerminal() && !isDumb());
  }

  private boolean isOutputTerminal() {
    return !write.areAsked() && isTerminal(1);
  }

  /** Whether a line on standard error is to say how far it is: where results do not stand there. */
  boolean progressWanted() {
    return isTerminal(2) && !isDumb() && !isOutputTerminal();
  }

  /** Makes one of the same form for output that leads elsewhere. */
  Printer printerElsewhere(OutputQueue queue) {
    return printer(queue, false, false);
  }

  private Printer printer(OutputQueue queue, boolean inColour, boolean terminal) {
    if (!summary) {
      return form.printer(queue, inColour);
    }
    return form == OutputForm.JSON
        ? SummaryPrinter.json(queue)
        : SummaryPrinter.text(queue, inColour, terminal);
  }

  /** Whether trails are shown one by one, with all that is known of them. */
  boolean showsTrails() {
    return form.showsTrails() && !summary;
  }

  /** Whether hops are all that is shown or counted, and of them only those that are asked for. */
  boolean showsHopsOnly() {
    return !form.showsTrails() && !summary;
  }

  boolean colourWanted() {
    return switch (colour) {
      case "always" -> true;
      case "never" -> false;
      default -> isOutputTerminal() && System.getenv("NO_COLOR") == null && !isDumb();
    };
  }

  /** Whether the terminal takes text and nothing but text. */
  private static boolean isDumb() {
    return "dumb".equals(System.getenv("TERM"));
  }

  /** Whether a descriptor is one. System.console() says something else since Java 22. */
  static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException e) {
      return false;
    }
  }
}
