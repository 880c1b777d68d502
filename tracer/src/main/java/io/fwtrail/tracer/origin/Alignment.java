package io.fwtrail.tracer.origin;

import io.fwtrail.tracer.hop.Rule;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds for each of a chain's rules which rule of a file it is, as far as that is certain. Rules
 * may have been added, deleted or moved since the file was loaded.
 *
 * <p>In the manner of patience diff: rules whose form is there once in the file and once in the
 * kernel belong together. Those of them that are in the same order on both sides, whichever way one
 * looks for the longest such row, are anchors. Between two anchors a form that was there twice may
 * be there once, and so on. What stands more than once between two anchors belongs together in
 * order where there are as many on both sides. What is left between two anchors belongs together
 * where there are as many on both sides, and each may be the other in other words.
 *
 * <p>Each round costs time in proportion to the rules (and a logarithm); there are a few rounds.
 */
final class Alignment {
  /** Rounds after which what is still open stays so: no rule set needs so many. */
  private static final int MOST_ROUNDS = 24;

  /** The longest row of rules that may be one another in other words. */
  private static final int LONGEST_GAP = 256;

  private final List<Form> written;
  private final List<Form> listed;
  private final int[] writtenIds;
  private final int[] listedIds;
  private final int[] found;

  private record Section(int from, int to, int listedFrom, int listedTo, int round) {}

  private record Pair(int written, int listed) {}

  private Alignment(List<Form> written, List<Form> listed) {
    this.written = written;
    this.listed = listed;
    this.writtenIds = new int[written.size()];
    this.listedIds = new int[listed.size()];
    this.found = new int[listed.size()];
    Arrays.fill(found, -1);
    Map<String, Integer> ids = new HashMap<>();
    fill(writtenIds, written, ids);
    fill(listedIds, listed, ids);
  }

  /** Equal forms have equal numbers; a rule that cannot be compared has one of its own. */
  private static void fill(int[] into, List<Form> forms, Map<String, Integer> ids) {
    for (int i = 0; i < into.length; i++) {
      Form form = forms.get(i);
      into[i] = form.isNone() ? -1 : ids.computeIfAbsent(form.key(), k -> ids.size());
    }
  }

  /**
   * Aligns a chain.
   *
   * @param rules the kernel's, for their handles
   * @param listed their forms
   * @return for each of them the place of its rule in the file's chain, or -1
   */
  static int[] of(WrittenChain chain, List<Form> written, List<Rule> rules, List<Form> listed) {
    Alignment alignment = new Alignment(written, listed);
    int[] places = new int[listed.size()];
    for (int i = 0; i < places.length; i++) {
      places[i] = i;
    }
    for (Pair pair : alignment.unique(places, 0, written.size(), 0, places.length)) {
      alignment.found[pair.listed()] = pair.written();
    }
    if (chain.isInOrder()) {
      alignment.sections(chain.isOnlyAppended() ? withoutLate(rules) : places);
    }
    return alignment.found;
  }

  /**
   * The rules that can have been there since the chain was loaded. The kernel's handles count up,
   * so a rule that stands ahead of one with a lower handle was put in later.
   */
  private static int[] withoutLate(List<Rule> rules) {
    int[] kept = new int[rules.size()];
    int count = 0;
    long lowest = Long.MAX_VALUE;
    for (int i = rules.size() - 1; i >= 0; i--) {
      long handle = rules.get(i).handle();
      if (handle <= 0 || handle <= lowest) {
        kept[count++] = i;
        lowest = handle <= 0 ? lowest : handle;
      }
    }
    int[] places = new int[count];
    for (int i = 0; i < count; i++) {
      places[i] = kept[count - 1 - i];
    }
    return places;
  }

  /** Works on the listed rules whose places are given, and no others. */
  private void sections(int[] places) {
    Deque<Section> open = new ArrayDeque<>();
    open.push(new Section(0, writtenIds.length, 0, places.length, 1));
    while (!open.isEmpty()) {
      Section section = open.pop();
      if (section.from() == section.to() || section.listedFrom() == section.listedTo()) {
        continue;
      }
      List<Pair> anchors =
          inEveryLongestRow(
              unique(
                  places, section.from(), section.to(), section.listedFrom(), section.listedTo()));
      if (anchors.isEmpty()) {
        anchors = repeated(places, section);
      }
      if (anchors.isEmpty()) {
        gap(places, section);
        continue;
      }
      int from = section.from();
      int listedFrom = section.listedFrom();
      for (Pair anchor : anchors) {
        found[places[anchor.listed()]] = anchor.written();
        push(open, section, from, anchor.written(), listedFrom, anchor.listed());
        from = anchor.written() + 1;
        listedFrom = anchor.listed() + 1;
      }
      push(open, section, from, section.to(), listedFrom, section.listedTo());
    }
  }

  private static void push(
      Deque<Section> open, Section of, int from, int to, int listedFrom, int listedTo) {
    if (of.round() < MOST_ROUNDS) {
      open.push(new Section(from, to, listedFrom, listedTo, of.round() + 1));
    }
  }

  /** How often a form is there, and where the last time, on both sides. */
  private static final class Seen {
    private int inFile;
    private int inKernel;
    private int place;
    private final List<Integer> places = new ArrayList<>(1);
  }

  private Map<Integer, Seen> seen(int[] places, int from, int to, int listedFrom, int listedTo) {
    Map<Integer, Seen> all = new HashMap<>();
    for (int i = from; i < to; i++) {
      if (writtenIds[i] >= 0) {
        Seen seen = all.computeIfAbsent(writtenIds[i], k -> new Seen());
        seen.inFile++;
        seen.places.add(i);
      }
    }
    for (int i = listedFrom; i < listedTo; i++) {
      Seen seen = all.get(listedIds[places[i]]);
      if (seen != null) {
        seen.inKernel++;
      }
    }
    return all;
  }

  /** What is there once on both sides, in the kernel's order. */
  private List<Pair> unique(int[] places, int from, int to, int listedFrom, int listedTo) {
    Map<Integer, Seen> all = seen(places, from, to, listedFrom, listedTo);
    List<Pair> pairs = new ArrayList<>();
    for (int i = listedFrom; i < listedTo; i++) {
      Seen seen = all.get(listedIds[places[i]]);
      if (seen != null && seen.inFile == 1 && seen.inKernel == 1) {
        pairs.add(new Pair(seen.places.get(0), i));
      }
    }
    return pairs;
  }

  /** What is there as often on both sides, if that gives one order; else nothing. */
  private List<Pair> repeated(int[] places, Section section) {
    Map<Integer, Seen> all =
        seen(places, section.from(), section.to(), section.listedFrom(), section.listedTo());
    List<Pair> pairs = new ArrayList<>();
    int last = -1;
    for (int i = section.listedFrom(); i < section.listedTo(); i++) {
      Seen seen = all.get(listedIds[places[i]]);
      if (seen == null || seen.inFile != seen.inKernel) {
        continue;
      }
      int place = seen.places.get(seen.place++);
      if (place < last) {
        return List.of();
      }
      last = place;
      pairs.add(new Pair(place, i));
    }
    return pairs;
  }

  private void gap(int[] places, Section section) {
    int length = section.to() - section.from();
    if (length != section.listedTo() - section.listedFrom() || length > LONGEST_GAP) {
      return;
    }
    for (int i = 0; i < length; i++) {
      Form mine = written.get(section.from() + i);
      if (!mine.mayBe(listed.get(places[section.listedFrom() + i]))) {
        return;
      }
    }
    for (int i = 0; i < length; i++) {
      found[places[section.listedFrom() + i]] = section.from() + i;
    }
  }

  /**
   * The pairs without which no longest row in the same order on both sides can be made: where two
   * rules have changed places, neither is one, as either may be the one that was moved.
   */
  private static List<Pair> inEveryLongestRow(List<Pair> pairs) {
    int count = pairs.size();
    int[] places = new int[count];
    for (int i = 0; i < count; i++) {
      places[i] = pairs.get(i).written();
    }
    int[] upTo = rowsEndingAt(places);
    for (int i = 0; i < count / 2; i++) {
      int other = places[i];
      places[i] = -places[count - 1 - i];
      places[count - 1 - i] = -other;
    }
    if (count % 2 == 1) {
      places[count / 2] = -places[count / 2];
    }
    int[] from = rowsEndingAt(places);
    int longest = 0;
    for (int length : upTo) {
      longest = Math.max(longest, length);
    }
    int[] atLength = new int[longest + 1];
    for (int i = 0; i < count; i++) {
      if (upTo[i] + from[count - 1 - i] - 1 == longest) {
        atLength[upTo[i]]++;
      }
    }
    List<Pair> anchors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (upTo[i] + from[count - 1 - i] - 1 == longest && atLength[upTo[i]] == 1) {
        anchors.add(pairs.get(i));
      }
    }
    return anchors;
  }

  /** For each number the length of the longest rising row that ends with it. */
  private static int[] rowsEndingAt(int[] numbers) {
    int[] lowestEnd = new int[numbers.length];
    int[] lengths = new int[numbers.length];
    int longest = 0;
    for (int i = 0; i < numbers.length; i++) {
      int place = Arrays.binarySearch(lowestEnd, 0, longest, numbers[i]);
      int length = place < 0 ? -place - 1 : place;
      lowestEnd[length] = numbers[i];
      longest = Math.max(longest, length + 1);
      lengths[i] = length + 1;
    }
    return lengths;
  }
}
