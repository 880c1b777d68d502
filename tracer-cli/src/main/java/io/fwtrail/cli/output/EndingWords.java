package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What became of a packet, in the words of a heading. */
final class EndingWords {
  private EndingWords() {}

  /** What became of a packet. */
  static String heading(Trail trail) {
    Ending ending = trail.ending();
    if (ending == null) {
      return ofVerdict(trail);
    }
    String detail = ending.detail() == null ? "" : SafeText.of(ending.detail());
    return switch (ending.kind()) {
      case FORWARDED, DELIVERED, SENT -> "ACCEPTED";
      case DROPPED -> with("DROPPED", " by ", detail);
      case REJECTED -> with("REJECTED", " with ", detail);
      case QUEUED -> with("QUEUED", " ", detail);
      case STOLEN -> with("STOLEN", " by ", detail);
      case LOST -> ofVerdict(trail).equals("TRACED") ? "TRACED" : "LOST SIGHT OF";
    };
  }

  private static String with(String word, String between, String detail) {
    return detail.isEmpty() ? word : word + between + detail;
  }

  private static String ofVerdict(Trail trail) {
    Verdict verdict = trail.verdict();
    List<Hop> hops = trail.hops();
    if (verdict == null) {
      boolean untold = !hops.isEmpty() && hops.get(hops.size() - 1).verdict() == null;
      return untold ? "TRACED" : "LOST SIGHT OF";
    }
    return switch (verdict) {
      case ACCEPT -> "ACCEPTED";
      case DROP -> "DROPPED";
      case QUEUE -> "QUEUED";
      case STOLEN -> "STOLEN";
      default -> verdict.keyword().toUpperCase(Locale.ROOT);
    };
  }

  /** The network namespaces that a packet crossed, in order; empty where none has a name. */
  static List<String> namespaces(Trail trail) {
    List<Hop> hops = trail.hops();
    List<String> names = new ArrayList<>();
    String last = null;
    for (int i = 0; i < hops.size(); i++) {
      String name = hops.get(i).netns();
      if (name != null && !name.equals(last)) {
        names.add(SafeText.of(name));
        last = name;
      }
    }
    return names;
  }

  /**
   * Where an accepted packet went, where its interfaces do not tell: with an interface of arrival
   * and one to leave by it was forwarded, with the latter alone it was sent.
   */
  static @Nullable String destination(Trail trail, @Nullable Hop last) {
    Ending ending = trail.ending();
    if (ending == null) {
      return null;
    }
    boolean in = trail.cameIn() != null;
    boolean out = last != null && last.out() != null;
    boolean told =
        switch (ending.kind()) {
          case FORWARDED -> in && out;
          case SENT -> out && !in;
          case DELIVERED -> false;
          default -> true;
        };
    return told ? null : ending.kind().keyword();
  }
}
