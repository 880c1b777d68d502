package io.fwtrail.cli;

import io.fwtrail.cli.filter.RuleQuery;
import io.fwtrail.cli.filter.TableName;
import io.fwtrail.cli.filter.TrailEnd;
import io.fwtrail.cli.filter.TrailFilter;
import java.util.EnumSet;
import java.util.Set;

/** Shorter questions: which of the trails that were seen are shown. */
final class FilterOptions {
  private final Option.Flag dropsOnly =
      new Option.Flag("Packets that were dropped, or rejected.", "--drops-only");

  private final Option.Values<TrailEnd> ends =
      Option.Values.list(
          "END",
          new Converters.End(),
          "Packets that ended so: accept, drop, reject, queue, stolen, lost (the end was not "
              + "seen). drop stands for those that were rejected as well.",
          "--verdict");

  private final Option.Values<TableName> tables =
      Option.Values.list(
          "TABLE",
          new Converters.Table(),
          "Packets that met a table: filter, or 'inet filter'.",
          "--table");

  private final Option.Values<String> chains =
      Option.Values.list("CHAIN", new Converters.Name(), "Packets that met a chain.", "--chain");

  private final Option.Values<RuleQuery> rules =
      new Option.Values<>(
          "RULE",
          new Converters.RuleName(),
          "Packets that met a rule: 5 (its place in the chain), 'handle 5', or '/text/', a part of "
              + "its text or comment. With --table and --chain it is one in there. In the forms "
              + "hops and json-hops only the hops there are shown.",
          "--rule");

  FilterOptions(Command command) {
    command.spec.addArgGroup(
        Option.group(
            "Only some of the packets that are traced (what is given together must hold):",
            dropsOnly,
            ends,
            tables,
            chains,
            rules));
  }

  /** What was asked for. */
  TrailFilter filter(Command command) {
    if (dropsOnly.isGiven() && !ends.get().isEmpty()) {
      throw command.wrong("--drops-only and --verdict ask for the same thing; one of them will do");
    }
    Set<TrailEnd> asked = EnumSet.noneOf(TrailEnd.class);
    asked.addAll(ends.get());
    if (dropsOnly.isGiven()) {
      asked.add(TrailEnd.DROP);
    }
    if (asked.contains(TrailEnd.DROP)) {
      asked.add(TrailEnd.REJECT);
    }
    return new TrailFilter(asked, tables.get(), chains.get(), rules.get());
  }
}
