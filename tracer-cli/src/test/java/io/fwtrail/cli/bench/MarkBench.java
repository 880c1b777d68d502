package io.fwtrail.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a mark costs the forwarding of packets: how many get through a gateway in a second, flat
 * out, where none is set, one that fits no packet, one for a packet in a thousand, and one for all.
 */
public final class MarkBench {
  private static final int ROUNDS = 7;
  private static final int PACKETS = 150_000;

  private MarkBench() {}

  /** Runs it; needs root in namespaces of its own, as bin/bench starts it. */
  public static void main(String[] arguments) throws Exception {
    Report report = new Report(System.out);
    Map<String, @Nullable Subject> marks = new LinkedHashMap<>();
    marks.put("without a mark", null);
    marks.put("a mark that fits no packet", trace("-p", "tcp", "--dport", "9"));
    marks.put("one in a thousand", trace("-p", "udp", "--sample", "1/1000"));
    marks.put("all packets", trace("-p", "udp"));
    Map<String, List<Double>> rates = new LinkedHashMap<>();
    Map<String, List<Double>> ratios = new LinkedHashMap<>();
    try (Place place = new Place();
        Gateway gateway = new Gateway(Firewall.NFTABLES.loader(), Firewall.untracedRules())) {
      Traffic traffic = new Traffic(gateway);
      double unused = traffic.send(PACKETS, Traffic.FLAT_OUT);
      for (int round = 1; round <= ROUNDS; round++) {
        double without = 0;
        for (Map.Entry<String, @Nullable Subject> mark : marks.entrySet()) {
          double rate = rate(mark.getValue(), gateway, traffic, place.folder());
          without = mark.getValue() == null ? rate : without;
          Progress.say("round %d of %d: %s %.0f/s", round, ROUNDS, mark.getKey(), rate);
          rates.computeIfAbsent(mark.getKey(), unused1 -> new ArrayList<>()).add(rate);
          ratios.computeIfAbsent(mark.getKey(), unused1 -> new ArrayList<>()).add(rate / without);
        }
      }
    }
    report.line(
        "`fwtrail trace --output json-hops` to a file; medians of %d, by turns. One sender on one"
            + " core does all the forwarding.",
        ROUNDS);
    report.head("mark | packets a second | of those without");
    rates.forEach(
        (name, all) ->
            report.line(
                "| %s | %,.0f | %.2f |", name, Medians.of(all), Medians.of(ratios.get(name))));
  }

  private static Subject trace(String... match) {
    List<String> arguments = new ArrayList<>(List.of("trace", "--output", "json-hops"));
    arguments.addAll(Arrays.asList(match));
    return Subject.fwtrail(arguments);
  }

  private static double rate(
      @Nullable Subject subject, Gateway gateway, Traffic traffic, Path folder)
      throws IOException, InterruptedException {
    if (subject == null) {
      return traffic.send(PACKETS, Traffic.FLAT_OUT);
    }
    try (Hearing hearing = Hearing.start(subject, gateway, folder)) {
      hearing.awaitQuiet();
      double rate = traffic.send(PACKETS, Traffic.FLAT_OUT);
      hearing.awaitQuiet();
      hearing.end();
      return rate;
    }
  }
}
