package io.fwtrail.tracer.ruleset;

import io.fwtrail.tracer.hop.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rules as they were printed at some moment, while the rule set may have been changing. A text is
 * taken for a rule only if the rule stood unchanged, of one content, in all generations of that
 * time: a handle alone does not tell, as a rule that replaces another has its handle.
 */
public final class Printed {
  private final long before;
  private final long after;
  private final RuleTexts.Texts texts;
  private final Map<RuleSet.TableKey, IptablesSave.SavedTable> saved;
  private final TextCache cache;

  Printed(
      long before,
      long after,
      RuleTexts.Texts texts,
      Map<RuleSet.TableKey, IptablesSave.SavedTable> saved,
      TextCache cache) {
    this.before = before;
    this.after = after;
    this.texts = texts;
    this.saved = saved;
    this.cache = cache;
  }

  /** The kernel's generation before the printing began. */
  public long before() {
    return before;
  }

  /** The kernel's generation when it was done. */
  public long after() {
    return after;
  }

  /**
   * Puts the texts where they are missing.
   *
   * @param rules where
   * @param meanwhile the rule sets of all generations from {@link #before} to {@link #after}
   */
  public RuleSet fill(RuleSet rules, List<RuleSet> meanwhile) {
    boolean changed = false;
    List<RuleSet.Table> tables = new ArrayList<>();
    for (RuleSet.Table table : rules.kernelTables()) {
      RuleSet.Table filled = table.hasAllTexts() ? null : fill(table, meanwhile);
      changed |= filled != null;
      tables.add(filled == null ? table : filled);
    }
    return changed ? rules.with(rules.generation(), tables) : rules;
  }

  private RuleSet.@Nullable Table fill(RuleSet.Table table, List<RuleSet> meanwhile) {
    List<RuleSet.Table> same = new ArrayList<>();
    for (RuleSet of : meanwhile) {
      RuleSet.Table then = of.table(table.key().family(), table.key().name());
      if (then == null || then.handle() != table.handle()) {
        return null;
      }
      same.add(then);
    }
    Source source = source(table, same);
    Map<String, Chain> chains = new HashMap<>(table.chains());
    boolean changed = false;
    for (Chain chain : table.chains().values()) {
      if (!chain.hasAllTexts()) {
        List<Chain.Entry> entries = fill(chain, same, source);
        if (entries != null) {
          chains.put(chain.name(), chain.withEntries(entries));
          changed = true;
        }
      }
    }
    return changed ? table.withChains(chains) : null;
  }

  private @Nullable List<Chain.Entry> fill(Chain chain, List<RuleSet.Table> same, Source source) {
    List<Chain.Entry> entries = new ArrayList<>(chain.entries().size());
    boolean changed = false;
    for (Chain.Entry entry : chain.entries()) {
      Chain.Entry filled = null;
      if (entry.rule().text() == null && stood(chain, entry, same)) {
        filled = source.fill(chain, entry);
        changed |= filled != null;
      }
      entries.add(filled == null ? entry : filled);
    }
    return changed ? entries : null;
  }

  private static boolean stood(Chain chain, Chain.Entry entry, List<RuleSet.Table> same) {
    for (RuleSet.Table then : same) {
      Chain there = then.chains().get(chain.name());
      Chain.Entry other = there == null ? null : there.entry(entry.rule().handle());
      if (other == null || !Objects.equals(other.content(), entry.content())) {
        return false;
      }
    }
    return true;
  }

  /** Where a rule's text comes from. */
  private interface Source {
    Chain.@Nullable Entry fill(Chain chain, Chain.Entry entry);
  }

  private Source source(RuleSet.Table table, List<RuleSet.Table> same) {
    if (IptablesNft.isItsOwn(table)) {
      IptablesSave.SavedTable printed = saved.get(table.key());
      // By place, not by handle: good for the very rules that were there at that one generation.
      boolean sameRules = same.stream().allMatch(then -> then.chains().equals(table.chains()));
      if (printed != null && sameRules && IptablesNft.fits(table, printed)) {
        return (chain, entry) -> {
          Rule rule = entry.rule();
          IptablesSave.SavedRule found =
              Objects.requireNonNull(printed.chains().get(chain.name()))
                  .rules()
                  .get(rule.number() - 1);
          return entry.with(new Rule(rule.number(), rule.handle(), found.text(), found.comment()));
        };
      }
    }
    return (chain, entry) -> {
      Rule rule = entry.rule();
      String text = texts.text(table.key(), rule.handle(), rule.comment());
      if (text == null) {
        return null;
      }
      cache.put(table.key(), entry.content(), text);
      return entry.with(new Rule(rule.number(), rule.handle(), text, rule.comment()));
    };
  }
}
