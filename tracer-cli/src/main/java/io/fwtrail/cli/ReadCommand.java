package io.fwtrail.cli;

import java.util.List;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Shows the trails of packets that were traced into a log. */
final class ReadCommand extends Command {
  private final PositionalParamSpec files =
      PositionalParamSpec.builder()
          .paramLabel("FILE")
          .arity("1..*")
          .required(true)
          .type(List.class)
          .auxiliaryTypes(String.class)
          .description("Files to read; - stands for standard input.")
          .build();

  private final Option.Flag follow =
      new Option.Flag(
          "Go on as the file grows, and over its rotation. One file, which may be to come.",
          "-f",
          "--follow");

  private final Option.Values<String> rulesets =
      Option.Values.texts(
          "FILE",
          "The rule set that the packets met, as iptables-save, ip6tables-save or 'nft list "
              + "ruleset' printed it; may be given for each family.",
          "--ruleset");

  private final Option.Flag strict =
      new Option.Flag("Fail (code 1) if there are lines that are not understood.", "--strict");

  private final OutputOptions output;

  ReadCommand() {
    super(
        "read",
        "Show the trails of packets that iptables-legacy traced into a log: files of rsyslog, "
            + "exports of journalctl (-k -o short-iso, -o json), output of dmesg; .gz too.",
        "Several files are read in the order of their times. The log tells which rules a packet "
            + "met, not what they did: that takes the rule set (--ruleset).");
    spec.usageMessage()
        .sortOptions(false)
        .footer(
            "",
            "Examples:",
            "  fwtrail read /var/log/firewall_trace.log*",
            "  fwtrail read -f /var/log/firewall_trace.log --ruleset rules.v4",
            "  journalctl -k -o json | fwtrail read - --output json");
    spec.addPositional(files);
    add(follow, rulesets, strict);
    output = new OutputOptions(this);
  }

  @Override
  public Integer call() throws Exception {
    List<String> names = files.getValue();
    if (follow.isGiven() && (names.size() > 1 || names.get(0).equals("-"))) {
      throw wrong("--follow goes with one file; standard input is followed as it is");
    }
    return new ReadRun(names, rulesets.get(), follow.isGiven(), strict.isGiven(), output).run();
  }
}
