package io.fwtrail.cli.rules;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.IptablesSave.SavedChain;
import io.fwtrail.tracer.ruleset.IptablesSave.SavedRule;
import io.fwtrail.tracer.ruleset.IptablesSave.SavedTable;
import io.fwtrail.tracer.ruleset.IptablesTables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.TraceRules;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Remembers what iptables printed: a rule set has neither its counters nor its words. */
final class LegacyListings implements IptablesTables {
  private final IptablesPrograms programs;
  private final Map<NfFamily, List<SavedTable>> printed = new EnumMap<>(NfFamily.class);

  LegacyListings(IptablesPrograms programs) {
    this.programs = programs;
  }

  @Override
  public List<SavedTable> legacy(NfFamily family) {
    List<SavedTable> tables = programs.legacy(family);
    printed.put(family, tables);
    return tables;
  }

  @Override
  public List<SavedTable> nft(NfFamily family) {
    return programs.nft(family);
  }

  /** Says so where the kernel has tables that could not be printed. */
  void notice(List<String> notices) {
    if (programs.mayHideLegacy()) {
      notices.add(IptablesPrograms.HIDDEN);
      return;
    }
    for (NfFamily family : IptablesPrograms.FAMILIES) {
      if (printed.getOrDefault(family, List.of()).isEmpty() && programs.isLegacyLoaded(family)) {
        notices.add(
            "there are tables of iptables-legacy ("
                + family.keyword()
                + ") whose rules are not shown: its program is missing or failed"
                + " (apt install iptables)");
      }
    }
  }

  /** The chains of these tables, which were read from what was printed last. */
  List<ListedChain> chains(List<RuleSet.Table> tables) {
    List<ListedChain> chains = new ArrayList<>();
    for (RuleSet.Table table : tables) {
      for (SavedTable saved : printed.getOrDefault(table.key().family(), List.of())) {
        if (saved.name().equals(table.key().name())) {
          saved
              .chains()
              .forEach(
                  (name, chain) -> {
                    Chain there = table.chains().get(name);
                    if (there != null) {
                      chains.add(chain(there, chain));
                    }
                  });
        }
      }
    }
    return chains;
  }

  private static ListedChain chain(Chain chain, SavedChain saved) {
    List<ListedRule> rules = new ArrayList<>();
    for (Rule rule : chain.rules()) {
      SavedRule printed = saved.rules().get(rule.number() - 1);
      boolean traces = TraceRules.TARGET.equals(printed.goesTo());
      rules.add(
          new ListedRule(
              Flavour.IPTABLES_LEGACY,
              chain,
              rule,
              new TraceRules.Counters(printed.packets(), printed.bytes()),
              traces,
              traces,
              Owner.of(printed),
              0,
              null,
              printed.words()));
    }
    return new ListedChain(Flavour.IPTABLES_LEGACY, chain, rules);
  }
}
