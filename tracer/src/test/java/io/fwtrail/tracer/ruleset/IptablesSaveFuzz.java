package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.fuzz.FuzzTarget;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What iptables-save prints: read twice it is the same, and has no more rules than lines. Without
 * counters it is the same but for them.
 */
public final class IptablesSaveFuzz implements FuzzTarget {
  @Override
  public List<byte[]> seeds() {
    return Listings.IPTABLES;
  }

  @Override
  public List<byte[]> pieces() {
    return List.of(
        Listings.bytes("*filter\n:A - [0:0]\n-A A \"\n"),
        Listings.bytes("-A A \""),
        Listings.bytes("-A A \"\n"),
        Listings.bytes("\\"),
        Listings.bytes("\""),
        Listings.bytes(" -s a:"),
        Listings.bytes("\n"));
  }

  @Override
  public List<byte[]> heads() {
    return List.of(
        Listings.bytes("*filter\n:A - [0:0]\n"), Listings.bytes("*filter\n:A - [0:0]\n-A A \""));
  }

  @Override
  public void run(byte[] input) {
    String listing = new String(input, StandardCharsets.UTF_8);
    IptablesSave save = IptablesSave.parse(listing);
    if (!save.tables().equals(IptablesSave.parse(listing).tables())) {
      throw new AssertionError("not the same twice");
    }
    long rules = 0;
    for (IptablesSave.SavedTable table : save.tables()) {
      for (IptablesSave.SavedChain chain : table.chains().values()) {
        rules += chain.rules().size();
        for (IptablesSave.SavedRule rule : chain.rules()) {
          if (rule.text().length() > 2L * listing.length() || rule.words().isEmpty()) {
            throw new AssertionError("a rule that is longer than the listing: " + rule);
          }
        }
      }
      if (!table.withoutCounters().withoutCounters().equals(table.withoutCounters())) {
        throw new AssertionError("counters are left");
      }
    }
    if (rules + save.notUnderstood() > listing.lines().count()) {
      throw new AssertionError(rules + " rules in " + listing.lines().count() + " lines");
    }
    try {
      OfflineRules offline = new OfflineRules();
      offline.add(listing);
      RuleSet unused = offline.ruleSet();
    } catch (IllegalArgumentException e) {
      // It says that there is no table in it.
    }
  }
}
