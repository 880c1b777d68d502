package io.fwtrail.cli.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Whether fwtrail's memory stays flat: over 10 million messages. */
public final class LongBench {
  private static final long MESSAGES = 10_000_000;
  private static final int STEPS = 10;
  private static final int RATE = 20_000;

  private LongBench() {}

  /** Runs it; needs root in namespaces of its own, as bin/bench starts it. */
  public static void main(String[] arguments) throws Exception {
    Report report = new Report(System.out);
    try (Place place = new Place();
        Gateway gateway = new Gateway(Firewall.NFTABLES)) {
      Traffic traffic = new Traffic(gateway);
      Subject floor = Subject.floor(Firewall.NFTABLES);
      int perPacket = Measurement.messagesPerPacket(floor, gateway, traffic, place.folder());
      report.line(
          "`fwtrail listen --output json` into /dev/null, %,d packets a second of %d messages each.",
          RATE, perPacket);
      report.head("messages | lost | resident, MB | proportional (Pss), MB");
      Subject subject = Subject.fwtrail(List.of("listen", "--output", "json"));
      try (Hearing hearing = Hearing.startWithoutOutput(subject, gateway, place.folder())) {
        int packets = (int) (MESSAGES / STEPS / perPacket) + 1;
        for (int step = 1; step <= STEPS; step++) {
          double unused = traffic.send(packets, RATE);
          hearing.awaitQuiet();
          String row = row((long) step * packets * perPacket, hearing);
          Progress.say("%s", row);
          if (step == 1 || step == STEPS / 2 || step == STEPS) {
            report.line("%s", row);
          }
        }
      }
    }
  }

  private static String row(long messages, Hearing hearing) throws IOException {
    return String.format(
        Locale.ROOT,
        "| %,d | %,d | %.1f | %.1f |",
        messages,
        hearing.dropped(),
        ProcessCost.kilobytes(hearing.pid(), "status", "VmRSS:") / 1024.0,
        ProcessCost.kilobytes(hearing.pid(), "smaps_rollup", "Pss:") / 1024.0);
  }
}
