package io.fwtrail.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Measures subjects on one gateway by turns with the floor, round after round, and keeps for each
 * measurement its ratio to the floor of the same round.
 */
final class Comparison {
  /** At least 2 million messages. */
  private static final int FLAT_OUT_PACKETS = 250_000;

  private static final int SECONDS = 2;

  /** What was measured of one subject at one rate, a round each. */
  static final class Row {
    final Subject subject;
    final int perSecond;
    final List<Measured> measured = new ArrayList<>();
    final List<Double> ratios = new ArrayList<>();

    /** Why there is nothing of some round; null if there is of all. */
    @Nullable String failure;

    Row(Subject subject, int perSecond) {
      this.subject = subject;
      this.perSecond = perSecond;
    }
  }

  private final Gateway gateway;
  private final Traffic traffic;
  private final Path folder;
  private final List<Integer> rates;
  private final Subject floor;
  private final int messagesPerPacket;
  private final Map<String, Row> rows = new LinkedHashMap<>();

  /**
   * Makes one.
   *
   * @param folder for output
   * @param rates in packets a second, {@link Traffic#FLAT_OUT} among them
   */
  Comparison(Gateway gateway, Traffic traffic, Path folder, Subject floor, List<Integer> rates)
      throws IOException, InterruptedException {
    this.gateway = gateway;
    this.traffic = traffic;
    this.folder = folder;
    this.floor = floor;
    this.rates = rates;
    messagesPerPacket = Measurement.messagesPerPacket(floor, gateway, traffic, folder);
  }

  int messagesPerPacket() {
    return messagesPerPacket;
  }

  /** Rows in the order in which they were first measured. */
  List<Row> rows() {
    return List.copyOf(rows.values());
  }

  private Row row(Subject subject, int rate) {
    return rows.computeIfAbsent(subject.name() + " " + rate, unused -> new Row(subject, rate));
  }

  /** Measures the floor, then each subject; flat out the floor once more before each of them. */
  void round(List<Subject> subjects) throws IOException, InterruptedException {
    Map<Integer, Measured> floors = measure(floor, rates);
    boolean first = true;
    for (Subject subject : subjects) {
      if (rates.contains(Traffic.FLAT_OUT) && !first) {
        floors.putAll(measure(floor, List.of(Traffic.FLAT_OUT)));
      }
      first = false;
      Map<Integer, Measured> all = measure(subject, rates);
      all.forEach(
          (rate, measured) ->
              row(subject, rate)
                  .ratios
                  .add(measured.nanosPerMessage() / floors.get(rate).nanosPerMessage()));
    }
  }

  /** By rate; what could not be measured, as the subject ended, is not in it. */
  private Map<Integer, Measured> measure(Subject subject, List<Integer> at)
      throws IOException, InterruptedException {
    Map<Integer, Measured> all = new LinkedHashMap<>();
    List<Integer> left = new ArrayList<>(at);
    left.removeIf(rate -> !subject.takes(rate));
    try (Measurement measurement =
        new Measurement(subject, gateway, traffic, folder, messagesPerPacket)) {
      while (!left.isEmpty()) {
        int rate = left.get(0);
        int packets = rate == Traffic.FLAT_OUT ? FLAT_OUT_PACKETS : rate * SECONDS;
        Measured measured = measurement.measure(packets, rate);
        left.remove(0);
        all.put(rate, measured);
        row(subject, rate).measured.add(measured);
        tell(subject, rate, measured);
      }
      String said = measurement.end();
      if (!said.isEmpty() && !subject.isFloor()) {
        Progress.say("it said: %s", said.replace("\n", "\n       "));
      }
    } catch (IOException e) {
      if (subject.isFloor()) {
        throw e;
      }
      Progress.say("%s", e.getMessage());
      left.forEach(rate -> row(subject, rate).failure = e.getMessage());
    }
    return all;
  }

  private static void tell(Subject subject, int rate, Measured measured) {
    Progress.say(
        "%s at %s: %.2f us a message (user %.2f), %.2f %% lost, %.2f %% of the lines; %.0f"
            + " packets/s",
        subject.name(),
        Report.rate(rate),
        measured.nanosPerMessage() / 1e3,
        measured.userNanosPerMessage() / 1e3,
        100 * measured.lostShare(),
        100 * measured.linesShare(),
        measured.perSecond());
  }
}
