package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.TraceFilter;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All tables, chains and rules as they stood at one generation. Immutable; the base chains of each
 * hook are kept in the order in which the kernel runs them.
 */
public final class RuleSet {
  /** A rule set in which nothing is known. */
  public static final RuleSet EMPTY = new RuleSet(0, List.of());

  /** What a table is found by. */
  public record TableKey(Chain.Engine engine, NfFamily family, String name) {
    /** Of a table of nf_tables. */
    public TableKey(NfFamily family, String name) {
      this(Chain.Engine.NF_TABLES, family, name);
    }

    // Written out for a quick start; see Content.
    @Override
    public int hashCode() {
      return (engine.hashCode() * 31 + family.hashCode()) * 31 + name.hashCode();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof TableKey that
          && engine == that.engine
          && family == that.family
          && name.equals(that.name);
    }
  }

  /**
   * One table.
   *
   * @param key its family and name
   * @param handle the kernel's number for it: another one once it was deleted and made anew
   * @param owned whether a program's socket owns it
   * @param chains its chains by name
   * @param asleep whether its chains see no packets
   * @param sets its sets by name, those without a name of their own too
   */
  public record Table(
      TableKey key,
      long handle,
      boolean owned,
      Map<String, Chain> chains,
      boolean asleep,
      Map<String, SetContent> sets) {
    /** Copies the maps. */
    public Table {
      // Not Map.copyOf, which searches one place after the other: names that differ in a number
      // alone have hashes side by side, so that a search would go over many of them.
      chains = Collections.unmodifiableMap(new HashMap<>(chains));
      sets = Collections.unmodifiableMap(new HashMap<>(sets));
    }

    /** One of whose sets nothing is known, and which is not asleep. */
    public Table(TableKey key, long handle, boolean owned, Map<String, Chain> chains) {
      this(key, handle, owned, chains, false, Map.of());
    }

    /** The same with other chains. */
    Table withChains(Map<String, Chain> others) {
      return new Table(key, handle, owned, others, asleep, sets);
    }

    /** Whether a text is known of each rule that any program prints by itself. */
    boolean hasAllTexts() {
      for (Chain chain : chains.values()) {
        if (!chain.hasAllTexts() && !ContentReader.isUnnamed(chain.name())) {
          return false;
        }
      }
      return true;
    }
  }

  private final long generation;
  private final boolean followable;
  private final Map<NfFamily, Map<String, Table>> tables = new EnumMap<>(NfFamily.class);
  private final Map<NfFamily, Map<String, Table>> legacyTables = new EnumMap<>(NfFamily.class);
  private final Map<NfFamily, Map<Hook, List<Chain>>> baseChains = new EnumMap<>(NfFamily.class);

  /** Makes one of its tables. */
  public RuleSet(long generation, Iterable<Table> tables) {
    this(generation, tables, false);
  }

  /**
   * Makes one.
   *
   * @param followable whether it is all of what the kernel has, and all of one generation
   */
  RuleSet(long generation, Iterable<Table> tables, boolean followable) {
    this.generation = generation;
    this.followable = followable;
    for (Table table : tables) {
      (table.key().engine() == Chain.Engine.NF_TABLES ? this.tables : legacyTables)
          .computeIfAbsent(table.key().family(), f -> new HashMap<>())
          .put(table.key().name(), table);
      for (Chain chain : table.chains().values()) {
        Hook hook = chain.hook();
        if (hook != null) {
          for (NfFamily family : seenBy(chain.family(), hook)) {
            baseChains
                .computeIfAbsent(family, f -> new EnumMap<>(Hook.class))
                .computeIfAbsent(hook, h -> new ArrayList<>())
                .add(chain);
          }
        }
      }
    }
    for (Map<Hook, List<Chain>> hooks : baseChains.values()) {
      for (List<Chain> chains : hooks.values()) {
        chains.sort(Comparator.comparingInt(Chain::runsAt).thenComparingInt(Chain::priority));
      }
    }
  }

  /** The packets, by family, that come to a base chain: an inet table sees IPv4 and IPv6. */
  private static List<NfFamily> seenBy(NfFamily family, Hook hook) {
    if (family == NfFamily.INET) {
      return hook == Hook.INGRESS ? List.of(NfFamily.NETDEV) : List.of(NfFamily.IP, NfFamily.IP6);
    }
    return List.of(family);
  }

  /** The kernel's number of the generation, unsigned 32 bits; 0 where none was read. */
  public long generation() {
    return generation;
  }

  /**
   * Whether the next generation can be made of it and the kernel's notices, by {@link
   * RuleSetFollower}: it is all that the kernel has, as it was at one generation.
   */
  public boolean isFollowable() {
    return followable;
  }

  /** Whether a text is known of each rule of nf_tables. */
  public boolean hasAllTexts() {
    for (Map<String, Table> byName : tables.values()) {
      for (Table table : byName.values()) {
        if (!table.hasAllTexts()) {
          return false;
        }
      }
    }
    return true;
  }

  /** All tables, of both engines. */
  public List<Table> tables() {
    return Stream.of(tables, legacyTables)
        .flatMap(byFamily -> byFamily.values().stream())
        .flatMap(byName -> byName.values().stream())
        .toList();
  }

  /** A chain of iptables-legacy, or null. */
  public @Nullable Chain legacyChain(NfFamily family, String table, String chain) {
    Table found = legacyTables.getOrDefault(family, Map.of()).get(table);
    return found == null ? null : found.chains().get(chain);
  }

  /** Whether iptables-legacy has any table. */
  public boolean hasLegacyTables() {
    return !legacyTables.isEmpty();
  }

  /** The same with other tables of iptables-legacy. */
  public RuleSet withLegacy(List<Table> others) {
    List<Table> all = new ArrayList<>(others);
    all.addAll(kernelTables());
    return new RuleSet(generation, all, followable);
  }

  /** The tables of nf_tables. */
  List<Table> kernelTables() {
    List<Table> all = new ArrayList<>();
    tables.values().forEach(byName -> all.addAll(byName.values()));
    return all;
  }

  /** The tables of iptables-legacy. */
  List<Table> legacyTables() {
    List<Table> all = new ArrayList<>();
    legacyTables.values().forEach(byName -> all.addAll(byName.values()));
    return all;
  }

  /** The same with other tables of nf_tables, at another generation. */
  RuleSet with(long next, Collection<Table> others) {
    List<Table> all = legacyTables();
    all.addAll(others);
    return new RuleSet(next, all, followable);
  }

  /** A table of nf_tables, or null. */
  public @Nullable Table table(NfFamily family, String name) {
    Map<String, Table> byName = tables.get(family);
    return byName == null ? null : byName.get(name);
  }

  /** A chain of nf_tables, or null. */
  public @Nullable Chain chain(NfFamily family, String table, String chain) {
    Table found = table(family, table);
    return found == null ? null : found.chains().get(chain);
  }

  /**
   * The base chains that packets of a family meet at a hook, in the order in which it meets them.
   *
   * @param family of the packet: ip, ip6, arp, bridge, or netdev for ingress and egress
   */
  public List<Chain> baseChains(NfFamily family, Hook hook) {
    Map<Hook, List<Chain>> byHook = baseChains.get(family);
    List<Chain> chains = byHook == null ? null : byHook.get(hook);
    return chains == null ? List.of() : chains;
  }

  /**
   * The base chains of nf_tables, as its trace messages name them; without those of tables that a
   * program's socket owns, such as tracers have, which come and go.
   */
  public Set<TraceFilter.BaseChain> namedBaseChains() {
    Set<TraceFilter.BaseChain> all = new HashSet<>();
    for (Table table : kernelTables()) {
      if (!table.owned()) {
        for (Chain chain : table.chains().values()) {
          if (chain.isBase()) {
            all.add(new TraceFilter.BaseChain(chain.family(), chain.table(), chain.name()));
          }
        }
      }
    }
    return all;
  }

  /** Whether packets of a family meet any base chain. */
  public boolean hasBaseChains(NfFamily family) {
    return baseChains.containsKey(family);
  }

  /**
   * Whether a hop with these values can have met this rule set: the chain is there, the rule is in
   * it, and says what the hop says.
   *
   * @param handle the rule's handle, 0 for a policy or the end of a chain
   * @param verdict what the hop shows, null where it shows none
   * @param policy whether the hop is at a policy
   * @param target where a jump or goto leads, or null
   * @param mark the packet's mark after the hop
   */
  public boolean agrees(
      NfFamily family,
      String table,
      String chain,
      long handle,
      @Nullable Verdict verdict,
      boolean policy,
      @Nullable String target,
      long mark) {
    Chain found = chain(family, table, chain);
    if (found == null) {
      return false;
    }
    if (policy) {
      return found.isBase() && (verdict == null || verdict == found.policy());
    }
    if (handle == 0) {
      return true;
    }
    Chain.Entry entry = found.entry(handle);
    return entry != null && entry.effects().agree(verdict, target, mark);
  }
}
