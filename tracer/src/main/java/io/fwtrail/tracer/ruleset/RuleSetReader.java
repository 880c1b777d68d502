package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.ChainMessage;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rule set out of the kernel: its structure over netlink, the rules' texts from whoever
 * can print them. A reading is of one generation: where the rule set changes under it, it is done
 * again.
 */
public final class RuleSetReader {
  /** A rule set that changes in the middle of this many readings is of no one generation. */
  private static final int ATTEMPTS = 8;

  private static final int EINVAL = 22;

  private final NetlinkClient client;
  private final RuleTexts texts;
  private final IptablesTables iptables;
  private @Nullable Boolean nfTables;
  private Map<NfFamily, List<IptablesSave.SavedTable>> savedLegacy = Map.of();
  private volatile List<RuleSet.Table> legacyTables = List.of();

  /**
   * Asks through {@code client} for nf_tables, {@code texts} for what its rules look like, and
   * {@code iptables} for tables that are iptables's own.
   */
  public RuleSetReader(NetlinkClient client, RuleTexts texts, IptablesTables iptables) {
    this.client = client;
    this.texts = texts;
    this.iptables = iptables;
  }

  /**
   * Reads the tables of iptables-legacy anew, which have no generation; {@link #read} has them
   * then. May be called on any thread.
   *
   * @return them, if they have changed since they were read last, else null
   */
  public @Nullable List<RuleSet.Table> readLegacy() {
    Map<NfFamily, List<IptablesSave.SavedTable>> saved = new EnumMap<>(NfFamily.class);
    for (NfFamily family : List.of(NfFamily.IP, NfFamily.IP6)) {
      saved.put(
          family,
          iptables.legacy(family).stream().map(IptablesSave.SavedTable::withoutCounters).toList());
    }
    synchronized (this) {
      if (saved.equals(savedLegacy)) {
        return null;
      }
      savedLegacy = saved;
      List<RuleSet.Table> tables = new ArrayList<>();
      saved.forEach((family, of) -> of.forEach(table -> tables.add(table.toLegacy(family))));
      legacyTables = tables;
      return tables;
    }
  }

  /** Whether the kernel has nf_tables. */
  public boolean hasNfTables() throws IOException {
    if (nfTables == null) {
      long unused = generation();
    }
    return Boolean.TRUE.equals(nfTables);
  }

  /**
   * The present generation of the rule set; 0 where the kernel has no nf_tables. Then nfnetlink
   * says EINVAL to any of its messages (net/netfilter/nfnetlink.c, nfnetlink_rcv_msg).
   */
  public long generation() throws IOException {
    if (Boolean.FALSE.equals(nfTables)) {
      return 0;
    }
    try {
      long generation = ask();
      nfTables = true;
      return generation;
    } catch (KernelRefusedException e) {
      if (nfTables != null || e.errno() != EINVAL) {
        throw e;
      }
      nfTables = false;
      return 0;
    }
  }

  private long ask() throws IOException {
    long[] generation = {0};
    client.query(
        "asking for the rule set's generation",
        GenerationMessage::writeGet,
        message -> generation[0] = GenerationMessage.decode(message).generation());
    return generation[0];
  }

  /**
   * Reads it whole. Where it changes too fast for that, parts of it are older than others, and its
   * generation is 0.
   *
   * @throws IOException if the kernel refuses
   */
  public RuleSet read() throws IOException {
    long before = generation();
    if (!hasNfTables()) {
      return new RuleSet(0, legacyTables);
    }
    for (int attempt = 1; ; attempt++) {
      Listing listing = new Listing();
      boolean consistent = listing.read();
      RuleTexts.Texts printed = texts.read();
      listing.readIptables();
      long after = generation();
      boolean whole = consistent && before == after;
      if (whole || attempt == ATTEMPTS) {
        return listing.toRuleSet(whole ? after : 0, printed);
      }
      before = after;
    }
  }

  /** The messages of one reading. */
  private final class Listing {
    private final List<TableMessage> tables = new ArrayList<>();
    private final Map<RuleSet.TableKey, List<ChainMessage>> chains = new HashMap<>();
    private final Map<ChainKey, List<Chain.Entry>> rules = new HashMap<>();
    private final List<RuleMessage> ruleMessages = new ArrayList<>();
    private final Map<RuleSet.TableKey, IptablesSave.SavedTable> saved = new HashMap<>();

    private record ChainKey(RuleSet.TableKey table, String name) {}

    boolean read() throws IOException {
      boolean consistent =
          client.dump(
              "listing tables",
              TableMessage::writeDump,
              message -> tables.add(TableMessage.decode(message)));
      consistent &=
          client.dump(
              "listing chains",
              ChainMessage::writeDump,
              message -> {
                ChainMessage chain = ChainMessage.decode(message);
                chains
                    .computeIfAbsent(key(chain.family(), chain.table()), k -> new ArrayList<>())
                    .add(chain);
              });
      consistent &=
          client.dump(
              "listing rules",
              RuleMessage::writeDump,
              message -> ruleMessages.add(RuleMessage.decode(message)));
      return consistent;
    }

    /** Has iptables print its own tables, if there are any. */
    void readIptables() {
      IptablesNft own = new IptablesNft(tables, chains, ruleMessages);
      for (NfFamily family : own.families()) {
        for (IptablesSave.SavedTable table : iptables.nft(family)) {
          RuleSet.TableKey key = new RuleSet.TableKey(family, table.name());
          if (own.fits(key, table)) {
            saved.put(key, table);
          }
        }
      }
    }

    RuleSet toRuleSet(long generation, RuleTexts.Texts printed) {
      for (RuleMessage message : ruleMessages) {
        ChainKey key = new ChainKey(key(message.family(), message.table()), message.chain());
        List<Chain.Entry> entries = rules.computeIfAbsent(key, k -> new ArrayList<>());
        int number = entries.size() + 1;
        entries.add(new Chain.Entry(rule(key, number, message, printed), RuleEffects.of(message)));
      }
      List<RuleSet.Table> made = new ArrayList<>(legacyTables);
      for (TableMessage table : tables) {
        RuleSet.TableKey key = key(table.family(), table.name());
        boolean asleep = (table.flags() & TableMessage.FLAG_DORMANT) != 0;
        Map<String, Chain> byName = new HashMap<>();
        for (ChainMessage chain : chains.getOrDefault(key, List.of())) {
          byName.put(chain.name(), chain(key, chain, asleep));
        }
        made.add(new RuleSet.Table(key, table.handle(), table.owner() != 0, byName));
      }
      return new RuleSet(generation, made);
    }

    private Rule rule(ChainKey chain, int number, RuleMessage message, RuleTexts.Texts printed) {
      IptablesSave.SavedTable table = saved.get(chain.table());
      if (table != null) {
        IptablesSave.SavedRule rule =
            Objects.requireNonNull(table.chains().get(chain.name())).rules().get(number - 1);
        return new Rule(number, message.handle(), rule.text(), rule.comment());
      }
      String text = printed.text(chain.table(), message.handle(), message.comment());
      return new Rule(number, message.handle(), text, message.comment());
    }

    private Chain chain(RuleSet.TableKey table, ChainMessage chain, boolean asleep) {
      ChainMessage.Hook hook = asleep ? null : chain.hook();
      @Nullable String type = chain.type();
      return new Chain(
          Chain.Engine.NF_TABLES,
          table.family(),
          table.name(),
          chain.name(),
          hook == null ? null : Hook.of(table.family(), hook.number()),
          hook == null ? 0 : hook.priority(),
          type == null ? "" : type,
          chain.policy() < 0 ? null : Verdict.ofCode(chain.policy()),
          hook == null ? List.of() : hook.devices(),
          rules.getOrDefault(new ChainKey(table, chain.name()), List.of()));
    }

    private RuleSet.TableKey key(int family, String table) {
      return new RuleSet.TableKey(NfFamily.of(family), table);
    }
  }
}
