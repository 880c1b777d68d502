package io.fwtrail.cli;

import io.fwtrail.cli.output.OutputQueue;
import io.fwtrail.cli.output.SentencePrinter;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.json.NotATrailException;
import io.fwtrail.tracer.json.TrailReader;
import io.fwtrail.tracer.log.LogFiles;
import io.fwtrail.tracer.trail.Trail;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells one trail in sentences. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Tell one trail in sentences: the first that was dropped, else the first.",
      "It is read as '--output json' of trace, listen and read writes it."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  fwtrail trace -p tcp --dport 443 --output json >trails.json",
      "  fwtrail explain trails.json --trail 4",
      "  fwtrail trace -p tcp --dport 443 --drops-only --count 1 --output json | fwtrail explain"
    })
final class ExplainCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      defaultValue = LogFiles.STANDARD_INPUT,
      description = "A file of trails, .gz too; - stands for standard input, which is the default.")
  private String file = LogFiles.STANDARD_INPUT;

  @Option(
      names = "--trail",
      paramLabel = "N",
      converter = Converters.Positive.class,
      description = "Which one, by its number.")
  private @Nullable Long number;

  private long read;
  private long least = Long.MAX_VALUE;
  private long most;

  @Override
  public Integer call() throws IOException {
    String name = file.equals(LogFiles.STANDARD_INPUT) ? "standard input" : file;
    Trail trail;
    try (TrailReader reader = new TrailReader(LogFiles.open(file))) {
      trail = find(reader);
    } catch (NotATrailException e) {
      throw new UserException(name + ", " + e.getMessage());
    }
    if (trail == null) {
      throw new UserException(
          read == 0
              ? "there is no trail in " + name
              : "there is no trail "
                  + number
                  + " in "
                  + name
                  + ", which has "
                  + Limiter.number(read, "trail")
                  + " from "
                  + least
                  + " to "
                  + most);
    }
    try (OutputQueue queue =
        new OutputQueue(new FileOutputStream(FileDescriptor.out), () -> {}, true)) {
      new SentencePrinter(queue).trail(trail);
    }
    return 0;
  }

  private @Nullable Trail find(TrailReader reader) throws IOException {
    Trail first = null;
    for (Trail trail = reader.next(); trail != null; trail = reader.next()) {
      read++;
      least = Math.min(least, trail.number());
      most = Math.max(most, trail.number());
      boolean wanted = number == null ? trail.verdict() == Verdict.DROP : trail.number() == number;
      if (wanted) {
        return trail;
      }
      if (first == null && number == null) {
        first = trail;
      }
    }
    return first;
  }
}
