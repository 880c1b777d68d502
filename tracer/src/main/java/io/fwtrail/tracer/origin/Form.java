package io.fwtrail.tracer.origin;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a rule says, however it is written: two rules of equal keys are the same rule.
 *
 * @param key the whole of it, or a digest where that is long
 * @param words what {@link #mayBe} compares; null where only equal keys count
 */
record Form(String key, @Nullable List<String> words) {
  /** A rule that cannot be compared. */
  static final Form NONE = new Form("", null);

  private static final int LONGEST_KEY = 512;
  private static final int MOST_WORDS = 64;
  private static final String SEPARATOR = "\u001f";

  /**
   * Makes one.
   *
   * @param language keeps rules of nft and of iptables apart
   * @param comparable whether words that differ can be told to mean the same or not
   */
  static Form of(
      String language, Collection<String> words, @Nullable String comment, boolean comparable) {
    String all =
        language
            + SEPARATOR
            + String.join(SEPARATOR, words)
            + (comment == null ? "" : SEPARATOR + "#" + SEPARATOR + comment);
    String key = all.length() <= LONGEST_KEY ? all : digest(all);
    return new Form(key, comparable && words.size() <= MOST_WORDS ? List.copyOf(words) : null);
  }

  private static String digest(String text) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every Java has it.
    }
  }

  boolean isNone() {
    return key.isEmpty();
  }

  /**
   * Whether a rule of a file may be {@code listed}, a rule of the kernel, in other words: the two
   * must be the same but for names in the file which nothing here knows (of a host, a user, a
   * variable given to nft), and values in their place in the listing.
   */
  boolean mayBe(Form listed) {
    List<String> mine = words;
    List<String> others = listed.words;
    if (mine == null || others == null || mine.size() != others.size()) {
      return false;
    }
    Set<String> here = new HashSet<>(mine);
    Set<String> there = new HashSet<>(others);
    int unknown = 0;
    for (int i = 0; i < mine.size(); i++) {
      String name = mine.get(i);
      String value = others.get(i);
      if (name.equals(value)) {
        continue;
      }
      // A word of the language that stands in one rule and not in the other makes two rules.
      if (there.contains(name) || here.contains(value) || NftWords.isKnown(name)) {
        return false;
      }
      if (Values.isLiteral(name) || !Values.isLiteral(value)) {
        return false;
      }
      unknown++;
    }
    return unknown > 0 && unknown * 2 <= mine.size();
  }
}
