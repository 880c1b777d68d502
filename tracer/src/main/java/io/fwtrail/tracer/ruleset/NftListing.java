package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rules' texts out of what {@code nft --handle list ruleset} prints.
 *
 * <pre>
 * table inet filter { # handle 1
 * 	chain input { # handle 1
 * 		type filter hook input priority filter; policy drop;
 * 		ct state established accept # handle 4
 * 		ip saddr { 10.0.0.1, 10.0.0.2,
 * 			   10.0.0.3 } drop # handle 5
 * 	}
 * }
 * </pre>
 *
 * <p>A rule may go over several lines, and ends with its handle. Nesting is told by tabs: nft puts
 * one before what is in a table, two before what is in a chain. Lines that are not of a chain are
 * passed over. A comment may hold anything but a quote and a line's end; a listing in which one
 * does all the same only spoils the text of rules in that chain.
 */
final class NftListing {
  private static final String HANDLE = " # handle ";

  private final Map<RuleSet.TableKey, Map<Long, String>> texts = new HashMap<>();
  private @Nullable Map<Long, String> table;
  private boolean inChain;
  private final StringBuilder rule = new StringBuilder();

  private final String listing;

  private NftListing(String listing) {
    this.listing = listing;
  }

  static RuleTexts.Texts parse(String listing) {
    NftListing parser = new NftListing(listing);
    int start = 0;
    while (start < listing.length()) {
      int end = listing.indexOf('\n', start);
      end = end < 0 ? listing.length() : end;
      parser.line(start, end > start && listing.charAt(end - 1) == '\r' ? end - 1 : end);
      start = end + 1;
    }
    return new RuleTexts.Texts(parser.texts);
  }

  private void line(int start, int end) {
    if (listing.startsWith("table ", start)) {
      String[] words = listing.substring(start, end).split(" ", 4);
      table = null;
      inChain = false;
      NfFamily family = words.length < 3 ? null : family(words[1]);
      if (family != null) {
        table = texts.computeIfAbsent(new RuleSet.TableKey(family, words[2]), k -> new HashMap<>());
      }
    } else if (listing.startsWith("\tchain ", start)) {
      inChain = true;
      rule.setLength(0);
    } else if (end - start == 2 && listing.startsWith("\t}", start)) {
      inChain = false;
    } else if (inChain && table != null && listing.startsWith("\t\t", start)) {
      int from = start + 2;
      int to = end;
      while (from < to && Character.isWhitespace(listing.charAt(from))) {
        from++;
      }
      while (from < to && Character.isWhitespace(listing.charAt(to - 1))) {
        to--;
      }
      rule(from, to, table);
    }
  }

  /** Takes a line of a chain: a rule, or a part of one. */
  private void rule(int from, int to, Map<Long, String> into) {
    int at = handleAt(from, to);
    // In a chain's own comment these words may stand before the closing quote.
    long handle = at < 0 ? -1 : number(listing, at + HANDLE.length(), to);
    if (handle >= 0 && rule.isEmpty()) {
      into.put(handle, listing.substring(from, at));
      return;
    }
    if (!rule.isEmpty()) {
      rule.append(' ');
    }
    rule.append(listing, from, handle < 0 ? to : at);
    if (handle >= 0) {
      into.put(handle, rule.toString());
      rule.setLength(0);
    } else if ((to > from && listing.charAt(to - 1) == ';')
        || listing.startsWith("comment \"", from)) {
      // The chain's own line (type, hook, policy) or its comment.
      rule.setLength(0);
    }
  }

  /** Where the mark of a handle stands last in a line, or -1. */
  private int handleAt(int from, int to) {
    for (int at = to - HANDLE.length(); at >= from; at--) {
      if (listing.startsWith(HANDLE, at)) {
        return at;
      }
    }
    return -1;
  }

  /** The decimal number that is all of a part of {@code text}, or -1. */
  private static long number(String text, int from, int to) {
    if (from == to || to - from > 18) {
      return -1;
    }
    for (int i = from; i < to; i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return -1;
      }
    }
    return Long.parseLong(text, from, to, 10);
  }

  private static @Nullable NfFamily family(String keyword) {
    for (NfFamily family : NfFamily.values()) {
      if (family.keyword().equals(keyword)) {
        return family;
      }
    }
    return null;
  }
}
