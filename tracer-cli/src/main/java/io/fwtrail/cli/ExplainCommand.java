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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Tells one trail in sentences. */
final class ExplainCommand extends Command {
  private final PositionalParamSpec file =
      PositionalParamSpec.builder()
          .paramLabel("FILE")
          .arity("0..1")
          .type(String.class)
          .defaultValue(LogFiles.STANDARD_INPUT)
          .description(
              "A file of trails, .gz too; - stands for standard input, which is the default.")
          .build();

  private final Option.Value<Long> number =
      new Option.Value<>("N", new Converters.Positive(), "Which one, by its number.", "--trail");

  private long read;
  private long least = Long.MAX_VALUE;
  private long most;

  ExplainCommand() {
    super(
        "explain",
        "Tell one trail in sentences: the first that was dropped, else the first.",
        "It is read as '--output json' of trace, listen and read writes it.");
    spec.usageMessage()
        .sortOptions(false)
        .footer(
            "",
            "Examples:",
            "  fwtrail trace -p tcp --dport 443 --output json >trails.json",
            "  fwtrail explain trails.json --trail 4",
            "  fwtrail trace -p tcp --dport 443 --drops-only --count 1 --output json"
                + " | fwtrail explain");
    spec.addPositional(file);
    add(number);
  }

  @Override
  public Integer call() throws IOException {
    String path = file.getValue();
    String name = path.equals(LogFiles.STANDARD_INPUT) ? "standard input" : path;
    Trail trail;
    try (TrailReader reader = new TrailReader(LogFiles.open(path))) {
      trail = find(reader);
    } catch (NotATrailException e) {
      throw new UserException(name + ", " + e.getMessage());
    }
    if (trail == null) {
      throw new UserException(
          read == 0
              ? "there is no trail in " + name
              : "there is no trail "
                  + number.get()
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
    Long asked = number.get();
    Trail first = null;
    for (Trail trail = reader.next(); trail != null; trail = reader.next()) {
      read++;
      least = Math.min(least, trail.number());
      most = Math.max(most, trail.number());
      boolean wanted = asked == null ? trail.verdict() == Verdict.DROP : trail.number() == asked;
      if (wanted) {
        return trail;
      }
      if (first == null && asked == null) {
        first = trail;
      }
    }
    return first;
  }
}
