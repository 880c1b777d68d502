package io.fwtrail.cli;

import io.fwtrail.cli.output.OutputForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How results are shown, of whatever source. */
class OutputOptions {
  @Option(
      names = "--output",
      paramLabel = "FORM",
      defaultValue = "text",
      converter = Converters.Form.class,
      description =
          "How to show it: text (trails to read, the default), hops (a line a hop, at once), "
              + "json (a trail a line), json-hops (a hop a line).")
  OutputForm form = OutputForm.TEXT;

  @Option(
      names = "--count",
      paramLabel = "N",
      converter = Converters.Positive.class,
      description = "End after N packets.")
  @Nullable Long count;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      converter = Converters.Colour.class,
      description = "auto (on a terminal, the default), always or never.")
  String colour = "auto";

  boolean colourWanted() {
    return switch (colour) {
      case "always" -> true;
      case "never" -> false;
      default ->
          isTerminal(1)
              && System.getenv("NO_COLOR") == null
              && !"dumb".equals(System.getenv("TERM"));
    };
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
