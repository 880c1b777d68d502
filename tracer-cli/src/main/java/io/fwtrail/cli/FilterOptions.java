package io.fwtrail.cli;

import io.fwtrail.cli.filter.RuleQuery;
import io.fwtrail.cli.filter.TableName;
import io.fwtrail.cli.filter.TrailEnd;
import io.fwtrail.cli.filter.TrailFilter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Shorter questions: which of the trails that were seen are shown. */
final class FilterOptions {
  @Option(names = "--drops-only", description = "Packets that were dropped, or rejected.")
  private boolean dropsOnly;

  @Option(
      names = "--verdict",
      paramLabel = "END",
      split = ",",
      converter = Converters.End.class,
      description =
          "Packets that ended so: accept, drop, reject, queue, stolen, lost (the end was not "
              + "seen). drop stands for those that were rejected as well.")
  private List<TrailEnd> ends = new ArrayList<>();

  @Option(
      names = "--table",
      paramLabel = "TABLE",
      split = ",",
      converter = Converters.Table.class,
      description = "Packets that met a table: filter, or 'inet filter'.")
  private List<TableName> tables = new ArrayList<>();

  @Option(
      names = "--chain",
      paramLabel = "CHAIN",
      split = ",",
      converter = Converters.Name.class,
      description = "Packets that met a chain.")
  private List<String> chains = new ArrayList<>();

  @Option(
      names = "--rule",
      paramLabel = "RULE",
      converter = Converters.RuleName.class,
      description =
          "Packets that met a rule: 5 (its place in the chain), 'handle 5', or '/text/', a part of "
              + "its text or comment. With --table and --chain it is one in there. In the forms "
              + "hops and json-hops only the hops there are shown.")
  private List<RuleQuery> rules = new ArrayList<>();

  /** What was asked for. */
  TrailFilter filter(CommandLine command) {
    if (dropsOnly && !ends.isEmpty()) {
      throw new ParameterException(
          command, "--drops-only and --verdict ask for the same thing; one of them will do");
    }
    Set<TrailEnd> asked = EnumSet.noneOf(TrailEnd.class);
    asked.addAll(ends);
    if (dropsOnly) {
      asked.add(TrailEnd.DROP);
    }
    if (asked.contains(TrailEnd.DROP)) {
      asked.add(TrailEnd.REJECT);
    }
    return new TrailFilter(asked, tables, chains, rules);
  }
}
