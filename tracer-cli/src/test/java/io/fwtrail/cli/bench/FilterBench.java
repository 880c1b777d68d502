package io.fwtrail.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What it saves that the kernel is asked to keep back what the output does not show: a gateway with
 * many rules that only count, of which all are shown, or those of one chain.
 */
public final class FilterBench {
  private static final int ROUNDS = 5;
  private static final int PACKETS = 100_000;

  /** Each makes three times as many messages as elsewhere. */
  private static final int WARM_UP = 100_000;

  private static final int WARM_UP_RATE = 6_000;

  /** A rule of {@link Firewall#NFTABLES} that only counts, and how often it stands there now. */
  private static final String COUNTER = "meta l4proto udp counter comment \"udp in\"\n";

  private static final int COUNTERS = 20;

  private FilterBench() {}

  /**
   * What one measurement gave.
   *
   * @param micros CPU a packet
   * @param perSecond packets that were sent
   * @param lost messages
   */
  private record Cost(double micros, double perSecond, long lost) {}

  /** Runs it; needs root in namespaces of its own, as bin/bench starts it. */
  public static void main(String[] arguments) throws Exception {
    Report report = new Report(System.out);
    String rules = Firewall.NFTABLES.rules().replace(COUNTER, COUNTER.repeat(COUNTERS));
    List<Subject> subjects =
        List.of(
            Subject.fwtrail(List.of("listen", "--output", "hops")),
            Subject.fwtrail(List.of("listen", "--output", "hops", "--chain", "lan")));
    Map<Subject, List<Cost>> costs = new LinkedHashMap<>();
    Map<Subject, List<Double>> ratios = new LinkedHashMap<>();
    try (Place place = new Place();
        Gateway gateway = new Gateway(Firewall.NFTABLES.loader(), rules)) {
      Traffic traffic = new Traffic(gateway);
      for (int round = 1; round <= ROUNDS; round++) {
        double all = 0;
        for (Subject subject : subjects) {
          Cost cost = measure(subject, gateway, traffic, place.folder());
          all = subject.equals(subjects.get(0)) ? cost.micros : all;
          Progress.say(
              "round %d of %d: %s %.1f us a packet, %.0f packets/s, %d lost",
              round, ROUNDS, subject.title(), cost.micros, cost.perSecond, cost.lost);
          costs.computeIfAbsent(subject, unused -> new ArrayList<>()).add(cost);
          ratios.computeIfAbsent(subject, unused -> new ArrayList<>()).add(cost.micros / all);
        }
      }
    }
    report.line(
        "%d more rules that only count; medians of %d, by turns, flat out.", COUNTERS - 1, ROUNDS);
    report.head(
        "program | CPU a packet, µs | of that for all chains | packets a second | messages lost");
    costs.forEach(
        (subject, of) ->
            report.line(
                "| %s | %.1f | %.2f | %,.0f | %,.0f |",
                subject.title(),
                Medians.of(of, Cost::micros),
                Medians.of(ratios.get(subject)),
                Medians.of(of, Cost::perSecond),
                Medians.of(of, cost -> (double) cost.lost)));
  }

  private static Cost measure(Subject subject, Gateway gateway, Traffic traffic, Path folder)
      throws IOException, InterruptedException {
    try (Hearing hearing = Hearing.start(subject, gateway, folder)) {
      double unused = traffic.send(WARM_UP, WARM_UP_RATE);
      hearing.awaitQuiet();
      long dropped = hearing.dropped();
      ProcessCost before = ProcessCost.of(hearing.pid());
      double perSecond = traffic.send(PACKETS, Traffic.FLAT_OUT);
      hearing.awaitQuiet();
      ProcessCost spent = ProcessCost.of(hearing.pid()).since(before);
      Cost cost = new Cost(spent.nanos() / 1e3 / PACKETS, perSecond, hearing.dropped() - dropped);
      hearing.end();
      return cost;
    }
  }
}
