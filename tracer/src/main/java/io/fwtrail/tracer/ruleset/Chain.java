package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.netty.util.collection.LongObjectHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A chain with its rules, as it stood at one generation of the rule set. Immutable. */
public final class Chain {
  /** {@code NF_IP_PRI_NAT_DST} and {@code NF_IP_PRI_NAT_SRC} of linux/netfilter_ipv4.h. */
  private static final int DESTINATION_NAT_PRIORITY = -100;

  private static final int SOURCE_NAT_PRIORITY = 100;

  /** The two machines in the kernel that run chains. */
  public enum Engine {
    /** nftables, and iptables-nft with it. */
    NF_TABLES,
    /** iptables-legacy, whose tables bear the same names. */
    X_TABLES
  }

  private final Engine engine;
  private final NfFamily family;
  private final String table;
  private final String name;
  private final @Nullable Hook hook;
  private final int priority;
  private final String type;
  private final @Nullable Verdict policy;
  private final List<String> devices;
  private final List<Entry> entries;
  private final List<Rule> rules;
  private final LongObjectHashMap<Entry> byHandle;

  /** A rule, and what a hop that met it must look like. */
  record Entry(Rule rule, RuleEffects effects) {}

  Chain(
      Engine engine,
      NfFamily family,
      String table,
      String name,
      @Nullable Hook hook,
      int priority,
      String type,
      @Nullable Verdict policy,
      List<String> devices,
      List<Entry> entries) {
    this.engine = engine;
    this.family = family;
    this.table = table;
    this.name = name;
    this.hook = hook;
    this.priority = priority;
    this.type = type;
    this.policy = policy;
    this.devices = List.copyOf(devices);
    this.entries = List.copyOf(entries);
    this.rules = entries.stream().map(Entry::rule).toList();
    this.byHandle = new LongObjectHashMap<>(Math.max(1, entries.size() * 2));
    for (Entry entry : entries) {
      if (entry.rule().handle() != 0) {
        byHandle.put(entry.rule().handle(), entry);
      }
    }
  }

  /** Whose chain it is. */
  public Engine engine() {
    return engine;
  }

  /** Its table's family. */
  public NfFamily family() {
    return family;
  }

  /** Its table's name. */
  public String table() {
    return table;
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** Whether packets come to it from a hook, not only from other chains. */
  public boolean isBase() {
    return hook != null;
  }

  /** The hook it stands at; null for a chain that is only jumped to. */
  public @Nullable Hook hook() {
    return hook;
  }

  /** Chains of one hook are run from the lowest to the highest; 0 for a chain without a hook. */
  public int priority() {
    return priority;
  }

  /**
   * Where among its hook's base chains the kernel runs it. That is its priority, but for nat: all
   * nat chains of a hook are run by one function, hooked in where NAT belongs, and their priorities
   * only order them among one another (net/netfilter/nf_nat_core.c, nf_nat_register_fn).
   */
  public int runsAt() {
    if (!isNat() || hook == null) {
      return priority;
    }
    return hook == Hook.PREROUTING || hook == Hook.OUTPUT
        ? DESTINATION_NAT_PRIORITY
        : SOURCE_NAT_PRIORITY;
  }

  /** Whether {@code other} is this chain, perhaps as another generation of the rule set has it. */
  public boolean isNamedAs(Chain other) {
    return engine == other.engine
        && family == other.family
        && table.equals(other.table)
        && name.equals(other.name);
  }

  /** Whether only the first packet of a connection comes here. */
  public boolean isNat() {
    return type.equals("nat");
  }

  /** What becomes of packets that no rule decided; null for a chain without a hook. */
  public @Nullable Verdict policy() {
    return policy;
  }

  /** The devices of an ingress or egress chain, else empty. */
  public List<String> devices() {
    return devices;
  }

  /** Its rules in order. */
  public List<Rule> rules() {
    return rules;
  }

  /** The rule of a handle, or null. */
  public @Nullable Rule rule(long handle) {
    Entry entry = byHandle.get(handle);
    return entry == null ? null : entry.rule();
  }

  /** The rule at a place, counted from 1; null where there is none. */
  public @Nullable Rule ruleAt(int number) {
    return isPlace(number) ? rules.get(number - 1) : null;
  }

  /** The one verdict that the rule at a place can give; null where it is not known. */
  public @Nullable Verdict verdictAt(int number) {
    return isPlace(number) ? entries.get(number - 1).effects().onlyVerdict() : null;
  }

  /** The chain that the rule at a place leads to; null where it leads to none. */
  public @Nullable String targetAt(int number) {
    return isPlace(number) ? entries.get(number - 1).effects().target() : null;
  }

  private boolean isPlace(int number) {
    return number >= 1 && number <= rules.size();
  }

  @Nullable Entry entry(long handle) {
    return byHandle.get(handle);
  }

  @Override
  public String toString() {
    return family.keyword() + " " + table + " " + name;
  }
}
