package io.fwtrail.cli.summary;

import io.fwtrail.cli.filter.TrailEnd;
import io.fwtrail.cli.output.LossWords;
import io.fwtrail.cli.output.SafeText;
import io.fwtrail.cli.output.Style;
import io.fwtrail.cli.output.Wording;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.trail.Loss;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A summary as lines that fit a screen. Not for use by several threads. */
final class SummaryText {
  /** Below it, lines would be too short to say anything. */
  private static final int LEAST_COLUMNS = 60;

  private static final int LEAST_ROWS = 16;

  /** All rows but those of rules and talkers: head, ends, and the headings with two blanks. */
  private static final int FIXED_ROWS = 7;

  /** Of them the head and the ends. */
  private static final int HEAD_ROWS = 2;

  private static final int MOST_TALKERS = 10;
  private static final int HITS_WIDTH = 8;
  private static final int SHARE_WIDTH = 5;
  private static final int COLUMNS_OF_TALKERS = 3;
  private static final double NANOS = 1e9;

  private final Style style;
  private final Wording wording = new Wording();

  SummaryText(Style style) {
    this.style = style;
  }

  /**
   * The lines, none longer than {@code columns} and no more of them than {@code rows}, but for
   * screens too small for anything.
   */
  List<String> lines(TrafficSummary summary, int columns, int rows) {
    int width = Math.max(LEAST_COLUMNS, columns);
    int height = Math.max(LEAST_ROWS, rows);
    List<String> lines = new ArrayList<>();
    head(summary, width, lines);
    // One more where something was lost.
    height -= Math.max(0, lines.size() - HEAD_ROWS);
    if (summary.packets() == 0) {
      return lines;
    }
    boolean drops = summary.ended(TrailEnd.DROP) + summary.ended(TrailEnd.REJECT) > 0;
    int blocks = drops ? 2 : 1;
    int talkers = Math.min(MOST_TALKERS, Math.max(2, (height - 9) / 4));
    rules(summary, width, height - FIXED_ROWS - talkers * blocks + (drops ? 0 : 1), lines);
    lines.add("");
    if (drops) {
      String what = summary.ended(TrailEnd.REJECT) > 0 ? "dropped+rejected" : "dropped";
      talkers(what, summary.dropped, width, talkers, lines);
    }
    talkers("all", summary.all, width, talkers, lines);
    return lines;
  }

  private void head(TrafficSummary summary, int width, List<String> lines) {
    StringBuilder line = new StringBuilder();
    style.bold(line).append(count(summary.packets(), "packet"));
    style.end(line);
    if (summary.packets() > 0) {
      clock(line.append(", "), summary.begin());
      clock(line.append(" to "), summary.end());
      double seconds = (summary.end() - summary.begin()) / NANOS;
      if (seconds >= 1) {
        line.append(
            String.format(
                Locale.ROOT, " (%.1f s, %.1f a second)", seconds, summary.packets() / seconds));
      }
    }
    lines.add(line.toString());
    List<String> ends = new ArrayList<>();
    for (TrailEnd end : TrailEnd.values()) {
      long count = summary.ended(end);
      if (count > 0) {
        ends.add(word(end) + " " + count + " (" + share(count, summary.packets()) + ")");
      }
    }
    if (summary.incomplete() > 0) {
      ends.add("incomplete " + summary.incomplete());
    }
    if (!ends.isEmpty()) {
      lines.add(String.join(", ", ends));
    }
    List<String> losses = new ArrayList<>();
    for (Loss.Cause cause : Loss.Cause.values()) {
      long count = summary.lost(cause);
      if (count > 0) {
        losses.add(LossWords.amount(cause, count) + " (" + LossWords.reason(cause) + ")");
      }
    }
    if (!losses.isEmpty()) {
      String text = cut("lost: " + String.join(", ", losses), width);
      lines.add(style.end(style.warning(new StringBuilder()).append(text)).toString());
    }
  }

  /** Appends the time of day to the second. */
  private void clock(StringBuilder line, long nanos) {
    wording.clock(line, nanos);
    line.setLength(line.lastIndexOf("."));
  }

  private static String word(TrailEnd end) {
    return switch (end) {
      case ACCEPT -> "accepted";
      case DROP -> "dropped";
      case REJECT -> "rejected";
      case QUEUE -> "queued";
      case STOLEN -> "stolen";
      case LOST -> "end not known";
    };
  }

  private void rules(TrafficSummary summary, int width, int rows, List<String> lines) {
    List<RuleHits.Hits> all = summary.rules.ordered();
    boolean more = all.size() > rows || summary.rules.others() > 0;
    List<RuleHits.Hits> shown = all.subList(0, Math.min(all.size(), more ? rows - 1 : rows));
    int placeWidth = 0;
    int verdictWidth = "verdict".length();
    for (RuleHits.Hits hits : shown) {
      placeWidth = Math.max(placeWidth, place(hits.hop()).length());
      verdictWidth = Math.max(verdictWidth, Wording.verdict(hits.hop()).length());
    }
    placeWidth = Math.min(placeWidth, width * 2 / 5);
    verdictWidth = Math.min(verdictWidth, width / 5);
    lines.add("");
    lines.add(
        dim(
            right("hits", HITS_WIDTH)
                + right("of", SHARE_WIDTH)
                + "  "
                + left("verdict", verdictWidth)
                + "  rule"));
    long rest = summary.rules.others();
    for (RuleHits.Hits hits : all.subList(shown.size(), all.size())) {
      rest += hits.hits();
    }
    int textAt = HITS_WIDTH + SHARE_WIDTH + 2 + verdictWidth + 2 + placeWidth + 2;
    for (RuleHits.Hits hits : shown) {
      Hop hop = hits.hop();
      StringBuilder line = new StringBuilder();
      line.append(right(Long.toString(hits.hits()), HITS_WIDTH));
      line.append(right(share(hits.hits(), summary.packets()), SHARE_WIDTH)).append("  ");
      String verdict = cut(Wording.verdict(hop), verdictWidth);
      style.verdict(line, hop.verdict(), verdict);
      Wording.pad(line, verdict.length(), verdictWidth + 2);
      StringBuilder text = new StringBuilder();
      Wording.text(text, hop.rule(), "");
      String place = cut(place(hop), placeWidth);
      line.append(text.length() == 0 ? place : left(place, placeWidth + 2));
      lines.add(line.append(cut(text.toString(), width - textAt)).toString());
    }
    if (more) {
      String others =
          summary.rules.others() > 0 ? "many" : Integer.toString(all.size() - shown.size());
      lines.add(
          right(Long.toString(rest), HITS_WIDTH)
              + "       of "
              + others
              + " more rules and policies");
    }
  }

  private String place(Hop hop) {
    Rule rule = hop.rule();
    String netns = hop.netns() == null ? "" : SafeText.of(hop.netns()) + ": ";
    String where = netns + wording.place(hop);
    return rule != null && rule.number() > 0
        ? where + " " + rule.number()
        : where + " " + wording.rule(hop);
  }

  private void talkers(String of, Talkers talkers, int width, int rows, List<String> lines) {
    int column = width / COLUMNS_OF_TALKERS;
    int last = width - 2 * column;
    lines.add(
        dim(
            left(cut(of + ": from", column - 1), column)
                + left(cut(of + ": to", column - 1), column)
                + cut(of + ": service", last)));
    List<String> sources = column(talkers.sources, rows, column - 2);
    List<String> destinations = column(talkers.destinations, rows, column - 2);
    List<String> services = column(talkers.services, rows, last);
    int used = Math.max(sources.size(), Math.max(destinations.size(), services.size()));
    for (int i = 0; i < used; i++) {
      String line =
          left(at(sources, i), column) + left(at(destinations, i), column) + at(services, i);
      lines.add(line.stripTrailing());
    }
  }

  private static String at(List<String> list, int index) {
    return index < list.size() ? list.get(index) : "";
  }

  /** A number with + behind it stands for at least so many. */
  private static <K> List<String> column(TopTalkers<K> talkers, int rows, int width) {
    List<TopTalkers.Top<K>> tops = talkers.top(rows);
    int numberWidth = 0;
    for (TopTalkers.Top<K> top : tops) {
      numberWidth = Math.max(numberWidth, number(top).length());
    }
    List<String> cells = new ArrayList<>();
    for (TopTalkers.Top<K> top : tops) {
      String value = SafeText.of(top.key().toString());
      cells.add(cut(right(number(top), numberWidth) + "  " + value, width));
    }
    return cells;
  }

  private static String number(TopTalkers.Top<?> top) {
    return top.atLeast() + (top.atMost() > top.atLeast() ? "+" : "");
  }

  private String dim(String text) {
    return style.end(style.dim(new StringBuilder()).append(text)).toString();
  }

  private static String count(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  private static String share(long part, long whole) {
    long percent = Math.round(100.0 * part / whole);
    return percent == 0 && part > 0 ? "<1%" : percent + "%";
  }

  private static String right(String text, int width) {
    return " ".repeat(Math.max(0, width - text.length())) + text;
  }

  private static String left(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  /** The text, or as much of it as fits with two dots behind. */
  private static String cut(String text, int width) {
    if (text.length() <= width) {
      return text;
    }
    int end = Math.max(0, width - 2);
    // Not between the two halves of a character.
    if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end) + "..";
  }
}
