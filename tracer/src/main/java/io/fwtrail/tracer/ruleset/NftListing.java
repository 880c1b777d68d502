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

  private NftListing() {}

  static RuleTexts.Texts parse(String listing) {
    NftListing parser = new NftListing();
    listing.lines().forEach(parser::line);
    return new RuleTexts.Texts(parser.texts);
  }

  private void line(String line) {
    if (line.startsWith("table ")) {
      String[] words = line.split(" ", 4);
      table = null;
      inChain = false;
      NfFamily family = words.length < 3 ? null : family(words[1]);
      if (family != null) {
        table = texts.computeIfAbsent(new RuleSet.TableKey(family, words[2]), k -> new HashMap<>());
      }
    } else if (line.startsWith("\tchain ")) {
      inChain = true;
      rule.setLength(0);
    } else if (line.equals("\t}")) {
      inChain = false;
    } else if (inChain && table != null && line.startsWith("\t\t")) {
      rule(line.strip(), table);
    }
  }

  private void rule(String part, Map<Long, String> into) {
    if (rule.length() > 0) {
      rule.append(' ');
    }
    rule.append(part);
    int at = part.lastIndexOf(HANDLE);
    // In a chain's own comment these words may stand before the closing quote.
    long handle = at < 0 ? -1 : number(part, at + HANDLE.length());
    if (handle < 0) {
      if (part.endsWith(";") || part.startsWith("comment \"")) {
        // The chain's own line (type, hook, policy) or its comment.
        rule.setLength(0);
      }
      return;
    }
    into.put(handle, rule.substring(0, rule.length() - (part.length() - at)));
    rule.setLength(0);
  }

  /** The decimal number that is all of the rest of {@code text}, or -1. */
  private static long number(String text, int from) {
    if (from == text.length() || text.length() - from > 18) {
      return -1;
    }
    for (int i = from; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return -1;
      }
    }
    return Long.parseLong(text, from, text.length(), 10);
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
