package io.fwtrail.cli.rules;

import io.fwtrail.netlink.nftables.NfFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A place in the rule set, as somebody wrote it: a chain of some table, in every flavour and family
 * that has it, and perhaps a number in it.
 *
 * @param family null for all that have it
 * @param number from 1; 0 for the whole chain
 * @param logged what the kernel's log called the number: {@code rule}, {@code policy} or {@code
 *     return}; null where the place is not from there
 */
public record Place(
    @Nullable NfFamily family, String table, String chain, int number, @Nullable String logged) {
  /** As nf_log has it: the chain's name may have colons too, a legacy table's has none. */
  private static final Pattern LOGGED =
      Pattern.compile("([^:]+):(.+):(rule|policy|return):([0-9]+)");

  private static final Pattern NUMBER = Pattern.compile("[0-9]+");

  /**
   * Reads it.
   *
   * @param words {@code filter INPUT 6}, {@code filter:INPUT:rule:6}, or with the family ahead
   * @throws IllegalArgumentException if it is no place; the message says what is one
   */
  public static Place parse(List<String> words) {
    List<String> left = new ArrayList<>(words);
    if (left.size() > 1 && left.get(0).equals("TRACE:")) {
      left.remove(0);
    }
    NfFamily family = null;
    // nft's people name the family first; a table of that name is meant where a number comes third.
    if (left.size() == 4 || (left.size() == 3 && !NUMBER.matcher(left.get(2)).matches())) {
      family = family(left.get(0));
      if (family != null) {
        left.remove(0);
      }
    }
    Matcher logged = LOGGED.matcher(left.get(0).replaceFirst("^TRACE: ", "").strip());
    if (left.size() == 1 && logged.matches()) {
      return new Place(
          family, logged.group(1), logged.group(2), number(logged.group(4)), logged.group(3));
    }
    if (left.size() == 1) {
      throw new IllegalArgumentException(
          "a table and a chain are needed: fwtrail rules filter INPUT 6");
    }
    if (left.size() > 3) {
      throw new IllegalArgumentException(
          "a place is a table, a chain and a number, not " + words.size() + " words");
    }
    return new Place(
        family, left.get(0), left.get(1), left.size() == 3 ? number(left.get(2)) : 0, null);
  }

  /** The family of a word of nft's, or null. */
  public static @Nullable NfFamily family(String word) {
    for (NfFamily family : NfFamily.values()) {
      if (family.number() > 0 && family.keyword().equals(word)) {
        return family;
      }
    }
    return null;
  }

  private static int number(String text) {
    try {
      int number = Integer.parseInt(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Not a number, or a larger one than there are rules.
    }
    throw new IllegalArgumentException("'" + text + "' is no number of a rule: they count from 1");
  }

  /**
   * The chains that stand here.
   *
   * @param nearest finds the candidate nearest to a word, or null
   * @throws RulesException if there is none
   */
  public List<ListedChain> find(
      Listing listing, BiFunction<String, Set<String>, @Nullable String> nearest)
      throws RulesException {
    List<ListedChain> ofFamily = listing.of(family).chains();
    String where = family == null ? "" : " of family " + family.keyword();
    List<ListedChain> ofTable =
        ofFamily.stream().filter(listed -> listed.chain().table().equals(table)).toList();
    if (ofTable.isEmpty()) {
      Set<String> tables =
          ofFamily.stream()
              .map(listed -> listed.chain().table())
              .collect(Collectors.toCollection(TreeSet::new));
      throw missing("no table '" + table + "'" + where, table, tables, nearest);
    }
    List<ListedChain> found =
        ofTable.stream().filter(listed -> listed.chain().name().equals(chain)).toList();
    if (found.isEmpty()) {
      Set<String> chains =
          ofTable.stream()
              .map(listed -> listed.chain().name())
              .collect(Collectors.toCollection(TreeSet::new));
      throw missing("no chain '" + chain + "' in table " + table + where, chain, chains, nearest);
    }
    if (number > 0 && found.stream().noneMatch(this::reaches)) {
      throw new RulesException(
          "there is no rule "
              + number
              + " in "
              + found.stream()
                  .map(listed -> listed.place() + ", which has " + count(listed))
                  .collect(Collectors.joining("; nor in ")));
    }
    return found;
  }

  private static RulesException missing(
      String what,
      String word,
      Set<String> candidates,
      BiFunction<String, Set<String>, @Nullable String> nearest) {
    if (candidates.isEmpty()) {
      return new RulesException(what + ": there is none at all");
    }
    String meant =
        candidates.stream()
            .filter(word::equalsIgnoreCase)
            .findFirst()
            .orElseGet(() -> nearest.apply(word, candidates));
    return new RulesException(
        what
            + (meant == null ? "" : "; did you mean '" + meant + "'?")
            + " (there "
            + (candidates.size() == 1 ? "is " : "are ")
            + String.join(", ", candidates)
            + ")");
  }

  /** Whether a chain has something at this number: a rule, or its end behind the last one. */
  public boolean reaches(ListedChain listed) {
    return number <= listed.rules().size() + 1;
  }

  /**
   * Whether the log says of this place what is not so in the rule set.
   *
   * @param isEnd whether there is a chain's end here
   */
  public boolean isStale(boolean isEnd) {
    return logged != null && logged.equals("rule") == isEnd;
  }

  /** How many rules a chain has, in words. */
  public static String count(ListedChain listed) {
    int count = listed.rules().size();
    return count == 0 ? "no rules" : count == 1 ? "1 rule" : count + " rules";
  }
}
