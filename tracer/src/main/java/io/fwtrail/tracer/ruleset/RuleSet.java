package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  }

  /**
   * One table.
   *
   * @param key its family and name
   * @param handle the kernel's number for it: another one once it was deleted and made anew
   * @param owned whether a program's socket owns it
   * @param chains its chains by name
   */
  public record Table(TableKey key, long handle, boolean owned, Map<String, Chain> chains) {
    /** Copies the map. */
    public Table {
      chains = Map.copyOf(chains);
    }
  }

  private final long generation;
  private final Map<NfFamily, Map<String, Table>> tables = new EnumMap<>(NfFamily.class);
  private final Map<NfFamily, Map<String, Table>> legacyTables = new EnumMap<>(NfFamily.class);
  private final Map<NfFamily, Map<Hook, List<Chain>>> baseChains = new EnumMap<>(NfFamily.class);

  /** Makes one of its tables. */
  public RuleSet(long generation, Iterable<Table> tables) {
    this.generation = generation;
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
    tables.values().forEach(byName -> all.addAll(byName.values()));
    return new RuleSet(generation, all);
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
    return baseChains.getOrDefault(family, Map.of()).getOrDefault(hook, List.of());
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
