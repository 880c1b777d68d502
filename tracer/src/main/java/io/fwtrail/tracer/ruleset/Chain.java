package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.netty.util.collection.LongObjectHashMap;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;
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
  private final long handle;
  private final boolean allTexts;

  /**
   * A rule, and what a hop that met it must look like.
   *
   * @param content what it is made of; null where it was not read from the kernel
   */
  record Entry(Rule rule, RuleEffects effects, @Nullable Content content) {
    Entry(Rule rule, RuleEffects effects) {
      this(rule, effects, null);
    }

    /** The same at another place. */
    Entry at(int number) {
      if (rule.number() == number) {
        return this;
      }
      return with(new Rule(number, rule.handle(), rule.text(), rule.comment(), rule.origin()));
    }

    /** The same, told of otherwise. */
    Entry with(Rule other) {
      return new Entry(other, effects, content);
    }
  }

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
    this(engine, family, table, name, hook, priority, type, policy, devices, entries, 0);
  }

  /** Makes one that was read from the kernel, which gave it the number {@code handle}. */
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
      List<Entry> entries,
      long handle) {
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
    this.rules = new Rules(this.entries);
    this.handle = handle;
    this.byHandle = new LongObjectHashMap<>(Math.max(1, entries.size() * 2));
    boolean all = true;
    for (Entry entry : this.entries) {
      all &= entry.rule().text() != null;
      if (entry.rule().handle() != 0) {
        byHandle.put(entry.rule().handle(), entry);
      }
    }
    this.allTexts = all;
  }

  /** The rules of entries, without a list of their own. */
  private static final class Rules extends AbstractList<Rule> implements RandomAccess {
    private final List<Entry> entries;

    Rules(List<Entry> entries) {
      this.entries = entries;
    }

    @Override
    public Rule get(int index) {
      return entries.get(index).rule();
    }

    @Override
    public int size() {
      return entries.size();
    }
  }

  /** The same with other rules, in their order. */
  Chain withEntries(List<Entry> others) {
    return new Chain(
        engine, family, table, name, hook, priority, type, policy, devices, others, handle);
  }

  /** The same with another policy. */
  Chain withPolicy(@Nullable Verdict other) {
    return new Chain(
        engine, family, table, name, hook, priority, type, other, devices, entries, handle);
  }

  /** Whether all that is known of {@code other} is the same, its rules included. */
  boolean isSameAs(Chain other) {
    return isNamedAs(other)
        && handle == other.handle
        && hook == other.hook
        && priority == other.priority
        && type.equals(other.type)
        && policy == other.policy
        && devices.equals(other.devices)
        && entries.equals(other.entries);
  }

  /** The kernel's number for it, unique in its table; 0 where it was not read from the kernel. */
  long handle() {
    return handle;
  }

  /** Whether a text is known of each of its rules. */
  boolean hasAllTexts() {
    return allTexts;
  }

  /** Its rules with what is known of each, in order. */
  List<Entry> entries() {
    return entries;
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

  /**
   * What one of its rules does with a packet whose way ends there; null where that is no more than
   * the verdict says, or not known.
   */
  public @Nullable Deed deed(Rule rule) {
    Entry entry = byHandle.get(rule.handle());
    if (entry == null && isPlace(rule.number())) {
      entry = entries.get(rule.number() - 1);
    }
    if (entry == null) {
      return null;
    }
    Deed deed = entry.effects().deed();
    String text = entry.rule().text();
    return deed == null && text != null && engine == Engine.X_TABLES
        ? Deed.ofText(text, family)
        : deed;
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
