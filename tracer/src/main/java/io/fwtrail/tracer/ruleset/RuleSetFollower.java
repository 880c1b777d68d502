package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.ChainMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.SetMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.ruleset.RuleSet.TableKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the next generation of a rule set out of the kernel's notices. They come after the commit,
 * one for each command of the transaction and in the commands' order, and the message of the new
 * generation ends them (net/netfilter/nf_tables_api.c, nf_tables_commit; seen on Linux 6.18). What
 * a generation leaves as it was is shared with the one before.
 *
 * <p>Notices that do not fit the rule set at hand, and those that say too little (a renamed chain,
 * whose name stands in other rules; a table that falls asleep; an ingress chain's devices), end in
 * no rule set: then it has to be read anew. Not for use by several threads.
 */
public final class RuleSetFollower {
  private final ContentReader contents;
  private final EffectsPool effects = new EffectsPool();
  private final TextCache texts;
  private @Nullable Draft draft;

  RuleSetFollower(TextCache texts) {
    this.texts = texts;
    this.contents = new ContentReader();
  }

  /**
   * Takes a notice of a change.
   *
   * @param of the rule set that it changes
   * @throws MalformedMessageException if it does not fit; there is no next rule set then
   */
  public void take(MessageCursor notice, RuleSet of) {
    Draft current = draft;
    if (current == null || current.base.generation() != of.generation()) {
      current = new Draft(of);
      draft = current;
    }
    boolean fits = false;
    try {
      fits = current.fits && current.take(notice);
    } finally {
      current.fits = fits;
    }
  }

  /**
   * Ends the notices of one generation.
   *
   * @param of the rule set before
   * @return the rule set of that generation; null where the notices did not fit
   */
  public @Nullable RuleSet end(RuleSet of, long generation) {
    Draft ended = draft;
    draft = null;
    if (ended == null) {
      // What changed shows in no rule.
      return of.with(generation, of.kernelTables());
    }
    boolean fits = ended.fits && ended.base.generation() == of.generation();
    return fits ? ended.toRuleSet(of, generation) : null;
  }

  /** Forgets the notices since the last end: some of them were lost. */
  public void forget() {
    draft = null;
  }

  private static TableKey key(int family, String table) {
    return new TableKey(NfFamily.of(family), table);
  }

  /** A rule set while it changes. What is not changed is not copied. */
  private final class Draft {
    private final RuleSet base;
    private final Map<TableKey, DraftTable> changed = new HashMap<>();
    private final Set<TableKey> gone = new HashSet<>();
    private boolean fits = true;

    Draft(RuleSet base) {
      this.base = base;
    }

    private @Nullable DraftTable table(TableKey key) {
      DraftTable table = changed.get(key);
      if (table == null && !gone.contains(key)) {
        RuleSet.Table old = base.table(key.family(), key.name());
        if (old != null) {
          table = new DraftTable(old);
          changed.put(key, table);
        }
      }
      return table;
    }

    boolean take(MessageCursor notice) {
      int command = Nfnetlink.command(notice.type());
      if (command == NfTables.NEWTABLE || command == NfTables.DELTABLE) {
        return table(TableMessage.decode(notice), command == NfTables.NEWTABLE);
      }
      return switch (command) {
        case NfTables.NEWCHAIN, NfTables.DELCHAIN -> {
          ChainMessage chain = ChainMessage.decode(notice);
          DraftTable table = table(key(chain.family(), chain.table()));
          yield table != null
              && (command == NfTables.NEWCHAIN ? table.add(chain) : table.delete(chain));
        }
        case NfTables.NEWRULE -> {
          RuleMessage rule = RuleMessage.decode(notice);
          DraftTable table = table(key(rule.family(), rule.table()));
          yield table != null && table.add(rule, entry(rule, table), RuleMessage.place(notice));
        }
        case NfTables.DELRULE -> {
          RuleMessage rule = RuleMessage.decode(notice);
          DraftTable table = table(key(rule.family(), rule.table()));
          yield table != null && table.delete(rule);
        }
        case NfTables.NEWSET, NfTables.DELSET, NfTables.NEWSETELEM -> {
          SetMessage set = SetMessage.decode(notice);
          DraftTable table = table(key(Nfnetlink.family(notice), set.table()));
          yield table != null && set(command, set, table);
        }
        default -> true; // other objects, and elements that go: no rule's text shows them
      };
    }

    private boolean table(TableMessage message, boolean isNew) {
      TableKey key = key(message.family(), message.name());
      DraftTable known = table(key);
      if (!isNew) {
        changed.remove(key);
        gone.add(key);
        return known != null;
      }
      boolean asleep = (message.flags() & TableMessage.FLAG_DORMANT) != 0;
      if (known != null && known.handle == message.handle()) {
        known.owned = message.owner() != 0;
        return known.asleep == asleep;
      }
      // One that belonged to a socket goes without a notice (nf_tables_api.c, nft_rcv_nl_event).
      changed.put(key, new DraftTable(key, message.handle(), message.owner() != 0, asleep));
      return true;
    }

    private Chain.Entry entry(RuleMessage rule, DraftTable table) {
      Content content = contents.of(rule, table.sets);
      return new Chain.Entry(
          new Rule(0, rule.handle(), texts.of(table.key, content), rule.comment()),
          effects.shared(RuleEffects.of(rule)),
          content);
    }

    private boolean set(int command, SetMessage message, DraftTable table) {
      SetContent known = table.sets.get(message.name());
      if (command == NfTables.NEWSET) {
        table.ownSets().put(message.name(), contents.of(message, known == null));
      } else if (command == NfTables.DELSET) {
        table.ownSets().remove(message.name());
      } else if (known != null && known.anonymous() && known.isKnown()) {
        table.ownSets().put(message.name(), contents.with(known, message));
      }
      return true;
    }

    /** {@code of} is what {@link #base} was, perhaps with more texts since. */
    @Nullable RuleSet toRuleSet(RuleSet of, long generation) {
      List<RuleSet.Table> made = new ArrayList<>();
      for (RuleSet.Table table : of.kernelTables()) {
        if (!gone.contains(table.key()) && !changed.containsKey(table.key())) {
          made.add(table);
        }
      }
      for (DraftTable table : changed.values()) {
        RuleSet.Table next = table.toTable(of.table(table.key.family(), table.key.name()));
        if (next == null) {
          return null;
        }
        made.add(next);
      }
      return of.with(generation, made);
    }
  }

  /** A table while it changes. */
  private static final class DraftTable {
    final TableKey key;
    final long handle;
    final boolean asleep;
    boolean owned;
    Map<String, SetContent> sets;
    private boolean setsOwn;

    /** All chains as they are but for their rules, which {@link #rules} has where they changed. */
    private final Map<String, Chain> chains;

    private final Map<String, DraftRules> rules = new HashMap<>();
    private final Set<Long> chainHandles = new HashSet<>();

    DraftTable(RuleSet.Table base) {
      key = base.key();
      handle = base.handle();
      asleep = base.asleep();
      owned = base.owned();
      sets = base.sets();
      chains = new HashMap<>(base.chains());
      chains.values().forEach(chain -> chainHandles.add(chain.handle()));
    }

    DraftTable(TableKey key, long handle, boolean owned, boolean asleep) {
      this.key = key;
      this.handle = handle;
      this.owned = owned;
      this.asleep = asleep;
      sets = new HashMap<>();
      setsOwn = true;
      chains = new HashMap<>();
    }

    Map<String, SetContent> ownSets() {
      if (!setsOwn) {
        sets = new HashMap<>(sets);
        setsOwn = true;
      }
      return sets;
    }

    boolean add(ChainMessage message) {
      Chain made = RuleSetReader.chain(key, message, asleep, List.of());
      Chain known = chains.get(message.name());
      if (known == null) {
        // A handle that is there already is a chain's that gets another name.
        chains.put(message.name(), made);
        return chainHandles.add(made.handle());
      }
      chains.put(message.name(), known.withPolicy(made.policy()));
      return known.devices().isEmpty()
          && known.withPolicy(made.policy()).withEntries(List.of()).isSameAs(made);
    }

    boolean delete(ChainMessage message) {
      Chain known = chains.get(message.name());
      if (known == null) {
        return ContentReader.isUnnamed(message.name());
      }
      if (known.handle() != message.handle()
          || (message.hook() != null && !known.devices().isEmpty())) {
        return false;
      }
      remove(message.name(), known);
      return true;
    }

    private void remove(String name, Chain chain) {
      chains.remove(name);
      rules.remove(name);
      chainHandles.remove(chain.handle());
    }

    private @Nullable DraftRules rules(String chain) {
      DraftRules found = rules.get(chain);
      Chain known = chains.get(chain);
      if (found == null && known != null) {
        found = new DraftRules(known.entries());
        rules.put(chain, found);
      }
      return found;
    }

    boolean add(RuleMessage rule, Chain.Entry entry, RuleMessage.Place place) {
      DraftRules chain = rules(rule.chain());
      return chain != null && chain.add(entry, place);
    }

    boolean delete(RuleMessage rule) {
      DraftRules chain = rules(rule.chain());
      if (chain == null) {
        return ContentReader.isUnnamed(rule.chain());
      }
      Chain.Entry deleted = chain.delete(rule.handle());
      String target = deleted == null ? null : deleted.effects().target();
      if (target != null && ContentReader.isUnnamed(target)) {
        // A chain that stands inside a rule goes with it, and without a notice (Linux 6.18).
        Chain inside = chains.get(target);
        if (inside != null) {
          remove(target, inside);
        }
      }
      return deleted != null;
    }

    RuleSet.@Nullable Table toTable(RuleSet.@Nullable Table old) {
      Map<String, Chain> made = new HashMap<>(chains);
      for (Map.Entry<String, DraftRules> changed : rules.entrySet()) {
        Chain chain = chains.get(changed.getKey());
        Chain before = old == null ? null : old.chains().get(changed.getKey());
        List<Chain.Entry> entries = changed.getValue().toEntries(before);
        if (chain == null || entries == null) {
          return null;
        }
        Chain next = chain.withEntries(entries);
        made.put(changed.getKey(), before != null && before.isSameAs(next) ? before : next);
      }
      RuleSet.Table next = new RuleSet.Table(key, handle, owned, made, asleep, sets);
      return old == null ? next : IptablesNft.inOneLanguage(old, next);
    }
  }

  /** The rules of a chain while they change. */
  private static final class DraftRules {
    private final List<Chain.Entry> entries;

    /** Rules that stand behind one of which no notice has come yet, by its handle. */
    private final Map<Long, List<Chain.Entry>> early = new HashMap<>();

    /** Where the rule stood that the last notice deleted, or -1. */
    private int deletedAt = -1;

    DraftRules(List<Chain.Entry> entries) {
      this.entries = new ArrayList<>(entries);
    }

    boolean add(Chain.Entry entry, RuleMessage.Place place) {
      int replaced = deletedAt;
      deletedAt = -1;
      if (place.behind() != 0) {
        int before = lastIndexOf(place.behind());
        if (before < 0) {
          early.computeIfAbsent(place.behind(), h -> new ArrayList<>()).add(entry);
          return true;
        }
        add(before + 1, entry);
        return true;
      }
      if (!place.created()) {
        // A rule in the place of another; or a kernel that does not say what it is.
        if (!place.append() || replaced < 0) {
          return false;
        }
        add(replaced, entry);
        return true;
      }
      add(place.append() ? entries.size() : 0, entry);
      return true;
    }

    private void add(int index, Chain.Entry entry) {
      entries.add(index, entry);
      int at = index;
      Chain.Entry last = entry;
      while (!early.isEmpty()) {
        List<Chain.Entry> behind = early.remove(last.rule().handle());
        if (behind == null) {
          return;
        }
        // Where several were told to stand right behind it, the later ones are nearer to it.
        for (int i = 0; i < behind.size() - 1; i++) {
          add(at + 1, behind.get(i));
        }
        last = behind.get(behind.size() - 1);
        entries.add(++at, last);
      }
    }

    Chain.@Nullable Entry delete(long handle) {
      for (int i = 0; i < entries.size(); i++) {
        if (entries.get(i).rule().handle() == handle) {
          deletedAt = i;
          return entries.remove(i);
        }
      }
      deletedAt = -1;
      return deleteEarly(handle);
    }

    private Chain.@Nullable Entry deleteEarly(long handle) {
      Chain.Entry deleted = null;
      for (List<Chain.Entry> behind : early.values()) {
        for (int i = 0; i < behind.size() && deleted == null; i++) {
          if (behind.get(i).rule().handle() == handle) {
            deleted = behind.remove(i);
          }
        }
      }
      early.values().removeIf(List::isEmpty);
      return deleted;
    }

    private int lastIndexOf(long handle) {
      for (int i = entries.size() - 1; i >= 0; i--) {
        if (entries.get(i).rule().handle() == handle) {
          return i;
        }
      }
      return -1;
    }

    /** The rules with their numbers; null where one is there twice, or has no place. */
    @Nullable List<Chain.Entry> toEntries(@Nullable Chain before) {
      Set<Long> handles = new HashSet<>();
      List<Chain.Entry> numbered = new ArrayList<>(entries.size());
      for (Chain.Entry entry : entries) {
        Chain.Entry next = entry.at(numbered.size() + 1);
        Chain.Entry old = before == null ? null : before.entry(next.rule().handle());
        numbered.add(old != null && next.equals(old) ? old : next);
        if (!handles.add(next.rule().handle())) {
          return null;
        }
      }
      return early.isEmpty() ? numbered : null;
    }
  }
}
