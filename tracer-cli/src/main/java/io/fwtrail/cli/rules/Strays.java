package io.fwtrail.cli.rules;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Of the rules that trace packets, those that nobody takes away by himself.
 *
 * @param rules to be removed one by one
 * @param tables a rule of each table that a killed fwtrail left behind, to be removed as a whole
 * @param doMore trace packets and decide about them besides: to remove these would change what the
 *     firewall lets pass
 * @param running how many are of a running program
 */
public record Strays(
    List<ListedRule> rules, List<ListedRule> tables, List<ListedRule> doMore, int running) {
  /** Those of a listing. */
  public static Strays of(Listing listing) {
    List<ListedRule> rules = new ArrayList<>();
    Map<String, ListedRule> tables = new LinkedHashMap<>();
    List<ListedRule> doMore = new ArrayList<>();
    int running = 0;
    for (ListedRule rule : listing.tracing()) {
      if (rule.owner() == Owner.FWTRAIL || rule.owner() == Owner.PROGRAM) {
        running++;
      } else if (rule.owner() == Owner.KILLED_FWTRAIL
          && rule.flavour() != Flavour.IPTABLES_LEGACY) {
        ListedRule unused =
            tables.putIfAbsent(rule.chain().family().keyword() + ' ' + rule.chain().table(), rule);
      } else if (rule.onlyTraces()) {
        rules.add(rule);
      } else {
        doMore.add(rule);
      }
    }
    return new Strays(rules, List.copyOf(tables.values()), doMore, running);
  }

  /** Whether there is nothing that could be removed. */
  public boolean isEmpty() {
    return rules.isEmpty() && tables.isEmpty();
  }

  /** What would go, in words: {@code these 3 rules and this table}. */
  public String inWords() {
    if (rules.isEmpty()) {
      return these(tables.size(), "table");
    }
    return these(rules.size(), "rule")
        + (tables.isEmpty() ? "" : " and " + these(tables.size(), "table"));
  }

  private static String these(int count, String noun) {
    return count == 1 ? "this " + noun : "these " + count + ' ' + noun + 's';
  }
}
