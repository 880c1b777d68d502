package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.fuzz.FuzzTarget;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What nft prints, read for the texts of rules, and as a rule set of its own. */
public final class NftListingFuzz implements FuzzTarget {
  @Override
  public List<byte[]> seeds() {
    return Listings.NFT;
  }

  @Override
  public List<byte[]> pieces() {
    return List.of(
        Listings.bytes("table ip t {\n\tchain c {\n\t\tip saddr { 1.2.3.4,\n"),
        Listings.bytes("\t\t{\n"),
        Listings.bytes("\t\t1.2.3.4,\n"),
        Listings.bytes(" # handle 1"),
        Listings.bytes(" comment \""),
        Listings.bytes("jump "),
        Listings.bytes("reject with "));
  }

  @Override
  public List<byte[]> heads() {
    return List.of(Listings.bytes("table ip t {\n\tchain c {\n\t\tip saddr { "));
  }

  @Override
  public void run(byte[] input) {
    String listing = new String(input, StandardCharsets.UTF_8);
    RuleTexts.Texts unused = NftListing.parse(listing);
    List<RuleSet.Table> tables = NftRules.parse(listing, "file");
    if (!sizes(tables).equals(sizes(NftRules.parse(listing, "file")))) {
      throw new AssertionError("not the same twice");
    }
    for (RuleSet.Table table : tables) {
      for (Chain chain : table.chains().values()) {
        for (Chain.Entry entry : chain.entries()) {
          String text = entry.rule().text();
          if (text == null || text.length() > listing.length()) {
            throw new AssertionError("a rule's text is not in the listing: " + text);
          }
        }
      }
    }
  }

  private static List<Integer> sizes(List<RuleSet.Table> tables) {
    return tables.stream().map(table -> table.chains().size()).toList();
  }
}
