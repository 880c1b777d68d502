package io.fwtrail.cli.rules;

import io.fwtrail.tracer.ruleset.Chain;
import java.util.List;

/** One chain of this host, with its rules in order. */
public record ListedChain(Flavour flavour, Chain chain, List<ListedRule> rules) {
  /** Family, table and name, in a sentence. */
  public String place() {
    return flavour.keyword() + " " + chain;
  }
}
