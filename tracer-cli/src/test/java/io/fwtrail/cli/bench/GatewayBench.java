package io.fwtrail.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares fwtrail with other programs on a gateway. */
@Command(
    name = "bin/bench gateway",
    mixinStandardHelpOptions = true,
    description = "Measure fwtrail beside other programs on a gateway in namespaces.")
public final class GatewayBench implements Callable<Integer> {
  /** Where latency is measured: beyond, most programs lose packets. */
  private static final List<Integer> LATENCY_RATES = List.of(1_000, 10_000);

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Measure everything so often, by turns; medians are shown. 5 by default.")
  private int rounds = 5;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      description =
          "Only these: json-hops, json, text, hops, json-new-file (all of fwtrail), nft,"
              + " xtables-monitor, ulogd2, rsyslog. The floor is always measured.")
  private List<String> only = List.of();

  @Option(
      names = "--rates",
      paramLabel = "RATE",
      split = ",",
      defaultValue = "1000,10000,50000,flat",
      description = "Packets a second, or flat for as fast as they go; all by default.")
  private List<String> rates = List.of();

  @Option(
      names = "--rules",
      paramLabel = "KIND",
      split = ",",
      defaultValue = "nftables,iptables-nft,iptables-legacy",
      description = "Only with rules of these: nftables, iptables-nft, iptables-legacy.")
  private List<String> rules = List.of();

  @Option(
      names = "--latency",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Measure how long it takes from packet to line (the default), or --no-latency.")
  private boolean latency;

  private final Report report = new Report(System.out);

  /** Runs it; needs root in namespaces of its own, as bin/bench starts it. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new GatewayBench()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Integer> perSecond =
        rates.stream()
            .map(rate -> rate.equals("flat") ? Traffic.FLAT_OUT : Integer.parseInt(rate))
            .toList();
    if (rounds == 5 && only.isEmpty() && rates.size() == 4) {
      Progress.say("this takes about 25 minutes on a machine that does nothing else");
    }
    report.line("Medians of %d rounds, by turns.", rounds);
    try (Place open = new Place()) {
      for (Firewall firewall : Firewall.values()) {
        List<Subject> subjects = subjects(firewall, open.folder());
        if (rules.contains(firewall.title()) && !subjects.isEmpty()) {
          compare(firewall, subjects, perSecond, open.folder());
        }
      }
    }
    return 0;
  }

  private List<Subject> subjects(Firewall firewall, Path folder) throws IOException {
    List<Subject> subjects = new ArrayList<>();
    switch (firewall) {
      case NFTABLES -> {
        for (String output : List.of("json-hops", "json", "text", "hops")) {
          subjects.add(Subject.fwtrail(output, firewall));
        }
        subjects.add(Subject.fwtrail("json", firewall).intoNewFile());
        subjects.add(Subject.nftMonitor());
      }
      case IPTABLES_NFT -> {
        subjects.add(Subject.fwtrail("hops", firewall));
        subjects.add(Subject.xtablesMonitor());
      }
      case IPTABLES_LEGACY -> {
        subjects.add(Subject.fwtrail("hops", firewall));
        subjects.add(Subject.ulogd(folder));
        subjects.add(Subject.rsyslogd(folder));
      }
    }
    return subjects.stream()
        .filter(subject -> only.isEmpty() || only.contains(subject.name()))
        .toList();
  }

  private void compare(
      Firewall firewall, List<Subject> subjects, List<Integer> perSecond, Path folder)
      throws IOException, InterruptedException {
    try (Gateway gateway = new Gateway(firewall)) {
      Traffic traffic = new Traffic(gateway);
      Comparison comparison =
          new Comparison(gateway, traffic, folder, Subject.floor(firewall), perSecond);
      LatencyComparison latencies = new LatencyComparison(gateway, traffic, folder, LATENCY_RATES);
      report.line("");
      report.line(
          "### Rules of %s: %d messages a packet",
          firewall.title(), comparison.messagesPerPacket());
      for (int round = 1; round <= rounds; round++) {
        Progress.say("rules of %s, round %d of %d", firewall.title(), round, rounds);
        comparison.round(subjects);
        if (latency) {
          latencies.round(subjects.stream().filter(subject -> !subject.isTwin()).toList());
        }
      }
      report.comparison(comparison.rows());
      if (latency) {
        report.line("From a packet to the first line about it:");
        latencies.report(report);
      }
    }
  }
}
