package io.fwtrail.cli;

import io.fwtrail.cli.output.LossWords;
import io.fwtrail.tracer.trail.Loss;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How much was lost, by cause. For use by several threads, but {@link #news} by one. */
final class Losses {
  private static final Loss.Cause[] CAUSES = Loss.Cause.values();

  private final Map<Loss.Cause, Long> counts = new EnumMap<>(Loss.Cause.class);
  private final Map<Loss.Cause, Long> told = new EnumMap<>(Loss.Cause.class);

  synchronized void add(Loss.Cause cause, long more) {
    counts.merge(cause, more, Long::sum);
  }

  /** Counted elsewhere: so many up to now. */
  synchronized void set(Loss.Cause cause, long all) {
    counts.put(cause, all);
  }

  synchronized long of(Loss.Cause cause) {
    return counts.getOrDefault(cause, 0L);
  }

  /** Of all causes, whatever is counted. */
  long total() {
    long total = 0;
    for (Loss.Cause cause : CAUSES) {
      total += of(cause);
    }
    return total;
  }

  /** What was lost since it was last asked for, in words; null where nothing was. */
  @Nullable String news() {
    List<String> words = new ArrayList<>();
    for (Loss.Cause cause : CAUSES) {
      long now = of(cause);
      long more = now - told.getOrDefault(cause, 0L);
      told.put(cause, now);
      if (more > 0) {
        words.add(LossWords.amount(cause, more) + " (" + LossWords.reason(cause) + ")");
      }
    }
    return words.isEmpty() ? null : "just lost: " + String.join(", ", words);
  }

  /** All that was lost, a line a cause. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Loss.Cause cause : CAUSES) {
      long count = of(cause);
      if (count > 0) {
        String verb = cause == Loss.Cause.RATE ? " not traced" : " lost";
        lines.add(
            LossWords.amount(cause, count)
                + (count == 1 ? " was" : " were")
                + verb
                + ": "
                + LossWords.reason(cause)
                + remedy(cause));
      }
    }
    return lines;
  }

  private static String remedy(Loss.Cause cause) {
    return switch (cause) {
      case RECEIVE_BUFFER, SEQUENCE -> "; a lower --rate, or --sample, has fewer packets traced";
      case RATE -> "; --rate unlimited lifts that";
      case LOG, OPEN_TRAILS, OUTPUT -> "";
    };
  }
}
