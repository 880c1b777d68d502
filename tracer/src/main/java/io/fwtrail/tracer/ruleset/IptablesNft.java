package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tables iptables-nft made. The kernel does not say; but it makes its tables, its base chains
 * at the priorities of the legacy ones, and puts a counter into each rule (iptables/nft.c), which
 * few people do by hand. Who does gets rules in iptables's words, which are true as well.
 */
final class IptablesNft {
  private static final Set<String> TABLES = Set.of("raw", "mangle", "nat", "filter", "security");

  private IptablesNft() {}

  /** Whether a table of this name can be its own. */
  static boolean mayBeItsOwn(RuleSet.TableKey key) {
    return (key.family() == NfFamily.IP || key.family() == NfFamily.IP6)
        && TABLES.contains(key.name());
  }

  /** Whether it made this table, which has rules. */
  static boolean isItsOwn(RuleSet.Table table) {
    if (!mayBeItsOwn(table.key())) {
      return false;
    }
    boolean hasRules = false;
    for (Chain chain : table.chains().values()) {
      Hook hook = chain.hook();
      if (hook != null
          && (hook != LegacyTables.hook(chain.name())
              || chain.priority() != LegacyTables.priority(chain.table(), hook))) {
        return false;
      }
      for (Chain.Entry entry : chain.entries()) {
        Content content = entry.content();
        if (content == null || !content.isCounted()) {
          return false;
        }
        hasRules = true;
      }
    }
    return hasRules;
  }

  /** Whether a printed table is this one: as many rules in each chain that has any. */
  static boolean fits(RuleSet.Table table, IptablesSave.SavedTable printed) {
    for (Chain chain : table.chains().values()) {
      IptablesSave.SavedChain there = printed.chains().get(chain.name());
      int count = there == null ? 0 : there.rules().size();
      if (count != chain.entries().size()) {
        return false;
      }
    }
    return true;
  }

  /**
   * All rules of a table are shown in the words of one program. A table that was iptables's and is
   * not any more, or the other way round, has to be printed anew.
   */
  static RuleSet.Table inOneLanguage(RuleSet.Table before, RuleSet.Table after) {
    if (!mayBeItsOwn(after.key()) || isItsOwn(before) == isItsOwn(after)) {
      return after;
    }
    Map<String, Chain> chains = new HashMap<>();
    for (Chain chain : after.chains().values()) {
      List<Chain.Entry> bare = new ArrayList<>();
      for (Chain.Entry entry : chain.entries()) {
        Rule rule = entry.rule();
        bare.add(entry.with(new Rule(rule.number(), rule.handle(), null, rule.comment())));
      }
      chains.put(chain.name(), chain.withEntries(bare));
    }
    return after.withChains(chains);
  }
}
