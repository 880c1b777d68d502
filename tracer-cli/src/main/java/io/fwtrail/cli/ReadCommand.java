package io.fwtrail.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows the trails of packets that were traced into a log. */
@Command(
    name = "read",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Show the trails of packets that iptables-legacy traced into a log: files of rsyslog, "
          + "exports of journalctl (-k -o short-iso, -o json), output of dmesg; .gz too.",
      "Several files are read in the order of their times. The log tells which rules a packet met, "
          + "not what they did: that takes the rule set (--ruleset)."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  fwtrail read /var/log/firewall_trace.log*",
      "  fwtrail read -f /var/log/firewall_trace.log --ruleset rules.v4",
      "  journalctl -k -o json | fwtrail read - --output json"
    })
final class ReadCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "Files to read; - stands for standard input.")
  private List<String> files = new ArrayList<>();

  @Option(
      names = {"-f", "--follow"},
      description =
          "Go on as the file grows, and over its rotation. One file, which may be to come.")
  private boolean follow;

  @Option(
      names = "--ruleset",
      paramLabel = "FILE",
      arity = "1",
      description =
          "The rule set that the packets met, as iptables-save, ip6tables-save or 'nft list "
              + "ruleset' printed it; may be given for each family.")
  private List<String> rulesets = new ArrayList<>();

  @Option(
      names = "--strict",
      description = "Fail (code 1) if there are lines that are not understood.")
  private boolean strict;

  @Mixin private OutputOptions output = new OutputOptions();

  @Override
  public Integer call() throws Exception {
    if (follow && (files.size() > 1 || files.get(0).equals("-"))) {
      throw new ParameterException(
          spec.commandLine(), "--follow goes with one file; standard input is followed as it is");
    }
    return new ReadRun(files, rulesets, follow, strict, output).run();
  }
}
