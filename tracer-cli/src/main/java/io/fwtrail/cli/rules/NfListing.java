package io.fwtrail.cli.rules;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.TraceRules;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What nf_tables tells of its rules beyond what a rule set has: whose they are, what they count.
 */
final class NfListing {
  private final Map<RuleSet.TableKey, TableMessage> tables = new HashMap<>();
  private final Map<RuleSet.TableKey, Map<Long, RuleMessage>> rules = new HashMap<>();

  /**
   * Reads it.
   *
   * @return whether nothing changed meanwhile, as far as the kernel says
   */
  boolean read(NetlinkClient client) throws IOException {
    boolean consistent =
        client.dump(
            "listing tables",
            TableMessage::writeDump,
            message -> {
              TableMessage table = TableMessage.decode(message);
              tables.put(key(table.family(), table.name()), table);
            });
    return client.dump(
            "listing rules",
            RuleMessage::writeDump,
            message -> {
              RuleMessage rule = RuleMessage.decode(message);
              rules
                  .computeIfAbsent(key(rule.family(), rule.table()), k -> new HashMap<>())
                  .put(rule.handle(), rule);
            })
        && consistent;
  }

  private static RuleSet.TableKey key(int family, String table) {
    return new RuleSet.TableKey(NfFamily.of(family), table);
  }

  /** A table, or null. */
  @Nullable TableMessage table(RuleSet.TableKey key) {
    return tables.get(key);
  }

  /** A rule, or null. */
  @Nullable RuleMessage rule(RuleSet.TableKey table, long handle) {
    return rules.getOrDefault(table, Map.of()).get(handle);
  }

  /**
   * All chains of nf_tables.
   *
   * @param read the rule set of the same generation
   */
  List<ListedChain> chains(RuleSet read, LongPredicate portIsOpen) {
    List<ListedChain> chains = new ArrayList<>();
    for (RuleSet.Table table : read.tables()) {
      TableMessage message = tables.get(table.key());
      if (table.key().engine() == Chain.Engine.NF_TABLES && message != null) {
        Flavour flavour = flavour(table);
        for (Chain chain : table.chains().values()) {
          List<ListedRule> listed = new ArrayList<>();
          for (Rule rule : chain.rules()) {
            listed.add(rule(flavour, chain, rule, message, portIsOpen));
          }
          chains.add(new ListedChain(flavour, chain, listed));
        }
      }
    }
    return chains;
  }

  /** A rule set has iptables-nft's rules in its own words, and no statement of nft begins so. */
  private static Flavour flavour(RuleSet.Table table) {
    for (Chain chain : table.chains().values()) {
      for (Rule rule : chain.rules()) {
        return rule.text() != null && rule.text().startsWith("-A ")
            ? Flavour.IPTABLES_NFT
            : Flavour.NFT;
      }
    }
    return Flavour.NFT;
  }

  private ListedRule rule(
      Flavour flavour, Chain chain, Rule rule, TableMessage table, LongPredicate portIsOpen) {
    RuleMessage message = rule(new RuleSet.TableKey(chain.family(), chain.table()), rule.handle());
    return new ListedRule(
        flavour,
        chain,
        rule,
        message == null ? null : TraceRules.counters(message),
        message != null && TraceRules.trace(message),
        message != null && TraceRules.onlyTrace(message),
        Owner.of(table, portIsOpen),
        table.handle(),
        message,
        List.of());
  }
}
