package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes rule sets for tests, in the order in which nft would print them: a table, its chains, each
 * chain's rules.
 */
public final class RuleSetBuilder {
  private final List<RuleSet.Table> tables = new ArrayList<>();
  private final Map<String, Chain> chains = new HashMap<>();
  private final List<Chain.Entry> entries = new ArrayList<>();
  private long generation = 1;
  private NfFamily family = NfFamily.UNSPECIFIED;
  private String table = "";
  private String chain = "";
  private Hook hook;
  private int priority;
  private String type = "";
  private Verdict policy;
  private List<String> devices = List.of();

  private RuleSetBuilder() {}

  /** An empty rule set of generation 1. */
  public static RuleSetBuilder ruleSet() {
    return new RuleSetBuilder();
  }

  /** Of another generation. */
  public RuleSetBuilder generation(long number) {
    generation = number;
    return this;
  }

  /** Begins a table. */
  public RuleSetBuilder table(NfFamily of, String name) {
    endTable();
    family = of;
    table = name;
    return this;
  }

  /** Begins a base chain of type filter. */
  public RuleSetBuilder base(String name, Hook at, int priorityOf, Verdict policyOf) {
    return chain(name, at, priorityOf, "filter", policyOf, List.of());
  }

  /** Begins a base chain of type filter with policy accept. */
  public RuleSetBuilder base(String name, Hook at, int priorityOf) {
    return base(name, at, priorityOf, Verdict.ACCEPT);
  }

  /** Begins a base chain of type nat. */
  public RuleSetBuilder nat(String name, Hook at, int priorityOf) {
    return chain(name, at, priorityOf, "nat", Verdict.ACCEPT, List.of());
  }

  /** Begins an ingress or egress chain. */
  public RuleSetBuilder onDevices(String name, Hook at, int priorityOf, String... names) {
    return chain(name, at, priorityOf, "filter", Verdict.ACCEPT, List.of(names));
  }

  /** Begins a chain that is only jumped to. */
  public RuleSetBuilder chain(String name) {
    return chain(name, null, 0, "", null, List.of());
  }

  private RuleSetBuilder chain(
      String name, Hook at, int priorityOf, String typeOf, Verdict policyOf, List<String> on) {
    endChain();
    chain = name;
    hook = at;
    priority = priorityOf;
    type = typeOf;
    policy = policyOf;
    devices = on;
    return this;
  }

  /** Appends a rule that can give these verdicts; none stands for "continue". */
  public RuleSetBuilder rule(long handle, Verdict... verdicts) {
    return rule(handle, "rule " + handle, null, -1, verdicts);
  }

  /** Appends a rule with its text. */
  public RuleSetBuilder rule(long handle, String text, Verdict... verdicts) {
    return rule(handle, text, null, -1, verdicts);
  }

  /** Appends a rule that leads to a chain. */
  public RuleSetBuilder jump(long handle, String target) {
    return rule(handle, "jump " + target, target, -1, Verdict.JUMP);
  }

  /** Appends a rule that sets the mark. */
  public RuleSetBuilder mark(long handle, long mark) {
    return rule(handle, "meta mark set " + mark, null, mark, Verdict.CONTINUE);
  }

  private RuleSetBuilder rule(
      long handle, String text, String target, long mark, Verdict... verdicts) {
    EnumSet<Verdict> set = EnumSet.noneOf(Verdict.class);
    set.addAll(verdicts.length == 0 ? List.of(Verdict.CONTINUE) : List.of(verdicts));
    entries.add(
        new Chain.Entry(
            new Rule(entries.size() + 1, handle, text, null), new RuleEffects(set, target, mark)));
    return this;
  }

  private void endChain() {
    if (!chain.isEmpty()) {
      chains.put(
          chain,
          new Chain(
              Chain.Engine.NF_TABLES,
              family,
              table,
              chain,
              hook,
              priority,
              type,
              policy,
              devices,
              entries));
    }
    chain = "";
    entries.clear();
  }

  private void endTable() {
    endChain();
    if (!table.isEmpty()) {
      tables.add(
          new RuleSet.Table(new RuleSet.TableKey(family, table), tables.size() + 1, false, chains));
    }
    chains.clear();
  }

  /** The rule set. */
  public RuleSet build() {
    endTable();
    table = "";
    return new RuleSet(generation, tables);
  }
}
