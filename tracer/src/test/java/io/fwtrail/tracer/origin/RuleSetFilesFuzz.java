package io.fwtrail.tracer.origin;

import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.fwtrail.tracer.ruleset.Listings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A file of {@code --ruleset}, in nft's language or for iptables-restore. Read twice it has the
 * same chains, with as many rules, each in a line that the file has.
 */
public final class RuleSetFilesFuzz implements FuzzTarget {
  private static final Path FILE = Path.of("rules");

  private static final int MOST_VARIABLES = 8;

  private final Names names = Names.ofHost();

  @Override
  public List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>(Listings.IPTABLES);
    seeds.addAll(Listings.NFT);
    seeds.add(
        Listings.bytes(
            """
            #!/usr/sbin/nft -f
            flush ruleset
            define lan = { 10.0.0.0/8, 192.168.1.1-192.168.1.9 }
            define web = $lan
            add table inet t
            add chain inet t c { type filter hook input priority -5; policy accept; }
            insert rule inet t c ip saddr $web tcp dport { http, 443 } counter accept \\
              comment "the web"
            add rule inet t c position 3 meta mark & 0xff == 0x10 ip6 daddr 2001:db8::1 drop
            delete table ip x
            """));
    return seeds;
  }

  @Override
  public List<byte[]> pieces() {
    return List.of(
        Listings.bytes("define a = $a\n"),
        Listings.bytes("{"),
        Listings.bytes("table t {"),
        Listings.bytes("add rule t c "),
        Listings.bytes("-A c -s 1.1.1.1,"),
        Listings.bytes("\\"),
        Listings.bytes("\\ "),
        Listings.bytes("aaaa::"),
        Listings.bytes("1."),
        Listings.bytes("\""),
        Listings.bytes("$a."));
  }

  /**
   * At each digit up to 45 characters are looked at, which could be of an address. A rule of
   * iptables with several addresses is read once for each.
   */
  @Override
  public Cost limit() {
    return new Cost(4_000, 10_000, 1_000);
  }

  @Override
  public List<byte[]> heads() {
    return List.of(Listings.bytes("table ip t {\n chain c {\n "), Listings.bytes("*filter\n-A c "));
  }

  @Override
  public void run(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    // Files would be opened that this machine has. What variables stand for has a limit of its own,
    // which does not go by the file's length (Limits.EXPANDED_TOKENS).
    if (text.contains("include") || text.chars().filter(c -> c == '$').count() > MOST_VARIABLES) {
      return;
    }
    Map<WrittenChain.Key, WrittenChain> chains = read(text);
    Map<WrittenChain.Key, WrittenChain> again = read(text);
    if (!chains.keySet().equals(again.keySet())) {
      throw new AssertionError("not the same chains twice");
    }
    long lines = text.chars().filter(c -> c == '\n').count() + 1;
    chains.forEach(
        (key, chain) -> {
          if (chain.size() != again.get(key).size() || chain.size() > text.length()) {
            throw new AssertionError(key + " has " + chain.size() + " rules");
          }
          for (WrittenChain.WrittenRule rule : chain.rules()) {
            if (rule.origin().line() < 1 || rule.origin().line() > lines) {
              throw new AssertionError(rule.origin() + " of " + lines + " lines");
            }
          }
        });
  }

  private Map<WrittenChain.Key, WrittenChain> read(String text) {
    try {
      return SaveReader.isOne(text)
          ? SaveReader.read(FILE, text, names).chains()
          : NftReader.read(FILE, text, new SourceFiles(), names).chains();
    } catch (IOException e) {
      return Map.of(); // It says which limit the file is beyond.
    }
  }
}
