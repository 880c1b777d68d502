package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.nftables.ChainMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.hop.Hook;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
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

  private final Map<RuleSet.TableKey, Map<String, Integer>> rules = new HashMap<>();

  /** Looks at all tables, their chains and their rules. */
  IptablesNft(
      List<TableMessage> tables,
      Map<RuleSet.TableKey, List<ChainMessage>> chains,
      List<RuleMessage> ruleMessages) {
    for (TableMessage table : tables) {
      NfFamily family = NfFamily.of(table.family());
      RuleSet.TableKey key = new RuleSet.TableKey(family, table.name());
      if ((family == NfFamily.IP || family == NfFamily.IP6)
          && TABLES.contains(table.name())
          && chains.getOrDefault(key, List.of()).stream().allMatch(IptablesNft::isLikeItsOwn)) {
        rules.put(key, new HashMap<>());
      }
    }
    if (rules.isEmpty()) {
      return;
    }
    Set<RuleSet.TableKey> others = new HashSet<>();
    for (RuleMessage rule : ruleMessages) {
      RuleSet.TableKey key = new RuleSet.TableKey(NfFamily.of(rule.family()), rule.table());
      Map<String, Integer> count = rules.get(key);
      if (count == null) {
        continue;
      }
      count.merge(rule.chain(), 1, Integer::sum);
      if (!hasCounter(rule)) {
        others.add(key);
      }
    }
    rules.keySet().removeAll(others);
    rules.values().removeIf(Map::isEmpty);
  }

  private static boolean isLikeItsOwn(ChainMessage chain) {
    ChainMessage.Hook hook = chain.hook();
    if (hook == null) {
      return true;
    }
    Hook at = Hook.of(NfFamily.of(chain.family()), hook.number());
    return at != null
        && at == LegacyTables.hook(chain.name())
        && hook.priority() == LegacyTables.priority(chain.table(), at);
  }

  private static boolean hasCounter(RuleMessage rule) {
    boolean[] found = {false};
    try {
      rule.expressions(expression -> found[0] |= expression.name().equals("counter"));
    } catch (MalformedMessageException e) {
      return false;
    }
    return found[0];
  }

  /** The families in which it has tables with rules. */
  Set<NfFamily> families() {
    Set<NfFamily> families = EnumSet.noneOf(NfFamily.class);
    rules.keySet().forEach(key -> families.add(key.family()));
    return families;
  }

  /** Whether a printed table is this one: as many rules in each chain. */
  boolean fits(RuleSet.TableKey key, IptablesSave.SavedTable printed) {
    Map<String, Integer> counts = rules.get(key);
    if (counts == null) {
      return false;
    }
    for (Map.Entry<String, Integer> chain : counts.entrySet()) {
      IptablesSave.SavedChain there = printed.chains().get(chain.getKey());
      if (there == null || there.rules().size() != chain.getValue()) {
        return false;
      }
    }
    return true;
  }
}
