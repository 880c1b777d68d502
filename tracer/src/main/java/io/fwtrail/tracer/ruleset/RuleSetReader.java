package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.ChainMessage;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.SetMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
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
  private final TextCache cache = new TextCache();
  private volatile @Nullable Boolean nfTables;
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
    for (NfFamily family : IptablesPrograms.FAMILIES) {
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

  /**
   * What the kernel says of the tables of iptables-legacy without their rules: another text where
   * they have changed, and cheap to ask for. May be called on any thread.
   */
  public String legacyNumbers() {
    return iptables.legacyNumbers(NfFamily.IP) + '/' + iptables.legacyNumbers(NfFamily.IP6);
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
   * Reads it whole, texts included. Where it changes too fast for that, parts of it are older than
   * others, and its generation is 0.
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
      FutureTask<RuleTexts.Texts> all = cache.isEmpty() ? printAll() : null;
      boolean consistent = listing.read();
      RuleSet rules = listing.toRuleSet(before, consistent);
      Texts printed = print(rules, all);
      long after = generation();
      boolean whole = consistent && before == after;
      if (whole || attempt == ATTEMPTS) {
        RuleSet of = whole ? rules : listing.toRuleSet(0, false);
        return new Printed(after, after, printed.texts(), printed.saved(), cache)
            .fill(of, List.of(of));
      }
      before = after;
    }
  }

  /**
   * Reads it without asking anybody for texts: with those that are known already from rules of the
   * same content. Otherwise as {@link #read}.
   */
  public RuleSet readStructure() throws IOException {
    long before = generation();
    if (!hasNfTables()) {
      return new RuleSet(0, legacyTables);
    }
    for (int attempt = 1; ; attempt++) {
      Listing listing = new Listing();
      boolean consistent = listing.read();
      long after = generation();
      boolean whole = consistent && before == after;
      if (whole || attempt == ATTEMPTS) {
        return listing.toRuleSet(whole ? after : 0, whole);
      }
      before = after;
    }
  }

  /**
   * Has the texts printed that are missing in a rule set, which may be an old one by then. May be
   * called on any thread, and takes long where tables are large.
   */
  public Printed printMissing(RuleSet of) throws IOException {
    long before = generation();
    Texts printed = print(of, null);
    return new Printed(before, generation(), printed.texts(), printed.saved(), cache);
  }

  /** What makes the next generation of rule sets that were read here. */
  public RuleSetFollower follower() {
    return new RuleSetFollower(cache);
  }

  private record Texts(
      RuleTexts.Texts texts, Map<RuleSet.TableKey, IptablesSave.SavedTable> saved) {}

  /** Has all texts printed meanwhile: the kernel's answers and libnftables take as long each. */
  private FutureTask<RuleTexts.Texts> printAll() {
    FutureTask<RuleTexts.Texts> all = new FutureTask<>(texts::read);
    Thread thread = new Thread(all, "fwtrail-listing");
    thread.setDaemon(true);
    thread.start();
    return all;
  }

  private static RuleTexts.Texts await(FutureTask<RuleTexts.Texts> all) throws IOException {
    try {
      return all.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while rules were printed");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IOException(e.getCause());
    }
  }

  /**
   * Has the missing texts printed.
   *
   * @param all those of all rules, if they are being printed already
   */
  private Texts print(RuleSet of, @Nullable FutureTask<RuleTexts.Texts> all) throws IOException {
    List<RuleTexts.Place> missing = new ArrayList<>();
    Set<NfFamily> families = EnumSet.noneOf(NfFamily.class);
    for (RuleSet.Table table : of.kernelTables()) {
      if (table.hasAllTexts()) {
        continue;
      }
      if (IptablesNft.isItsOwn(table)) {
        families.add(table.key().family());
      }
      for (Chain chain : table.chains().values()) {
        if (!chain.hasAllTexts() && !ContentReader.isUnnamed(chain.name())) {
          missing.add(new RuleTexts.Place(table.key(), chain.name()));
        }
      }
    }
    RuleTexts.Texts printed;
    if (all != null) {
      printed = await(all); // always, lest the next listing come in its way
    } else {
      printed = missing.isEmpty() ? new RuleTexts.Texts(Map.of()) : texts.read(missing);
    }
    Map<RuleSet.TableKey, IptablesSave.SavedTable> saved = new HashMap<>();
    for (NfFamily family : families) {
      for (IptablesSave.SavedTable table : iptables.nft(family)) {
        saved.put(new RuleSet.TableKey(family, table.name()), table);
      }
    }
    return new Texts(printed, saved);
  }

  /** A chain of a table as the kernel tells of it. */
  static Chain chain(
      RuleSet.TableKey table, ChainMessage chain, boolean asleep, List<Chain.Entry> entries) {
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
        entries,
        chain.handle());
  }

  /** The messages of one reading. */
  private final class Listing {
    private final ContentReader contents = new ContentReader();
    private final EffectsPool effects = new EffectsPool();
    private final List<TableMessage> tables = new ArrayList<>();
    private final Map<RuleSet.TableKey, List<ChainMessage>> chains = new HashMap<>();
    private final Map<RuleSet.TableKey, Map<String, SetContent>> sets = new HashMap<>();
    private final Map<RuleSet.TableKey, Map<String, List<Chain.Entry>>> rules = new HashMap<>();

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
              "listing sets",
              SetMessage::writeDump,
              message -> {
                SetMessage set = SetMessage.decode(message);
                sets.computeIfAbsent(
                        key(Nfnetlink.family(message), set.table()), k -> new HashMap<>())
                    .put(set.name(), contents.of(set, false));
              });
      consistent &=
          client.dump(
              "listing rules", RuleMessage::writeDump, message -> add(RuleMessage.decode(message)));
      return consistent;
    }

    private void add(RuleMessage message) {
      RuleSet.TableKey table = key(message.family(), message.table());
      List<Chain.Entry> entries =
          rules
              .computeIfAbsent(table, k -> new HashMap<>())
              .computeIfAbsent(message.chain(), k -> new ArrayList<>());
      Content content = contents.of(message, sets.getOrDefault(table, Map.of()));
      entries.add(
          new Chain.Entry(
              new Rule(
                  entries.size() + 1,
                  message.handle(),
                  cache.of(table, content),
                  message.comment()),
              effects.shared(RuleEffects.of(message)),
              content));
    }

    RuleSet toRuleSet(long generation, boolean whole) {
      List<RuleSet.Table> made = new ArrayList<>(legacyTables);
      for (TableMessage table : tables) {
        RuleSet.TableKey key = key(table.family(), table.name());
        boolean asleep = (table.flags() & TableMessage.FLAG_DORMANT) != 0;
        Map<String, List<Chain.Entry>> ofTable = rules.getOrDefault(key, Map.of());
        Map<String, Chain> byName = new HashMap<>();
        for (ChainMessage chain : chains.getOrDefault(key, List.of())) {
          List<Chain.Entry> entries = ofTable.getOrDefault(chain.name(), List.of());
          byName.put(chain.name(), chain(key, chain, asleep, entries));
        }
        made.add(
            new RuleSet.Table(
                key,
                table.handle(),
                table.owner() != 0,
                byName,
                asleep,
                sets.getOrDefault(key, Map.of())));
      }
      return new RuleSet(generation, made, whole);
    }

    private RuleSet.TableKey key(int family, String table) {
      return new RuleSet.TableKey(NfFamily.of(family), table);
    }
  }
}
