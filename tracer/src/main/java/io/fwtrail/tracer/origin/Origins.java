package io.fwtrail.tracer.origin;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Rule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which line of which file each rule of the kernel is, of files in nft's language or in that of
 * iptables-save. A line is told only where it is certain: a rule that is in no file, or that could
 * be several, has none. Immutable; may be used by any thread.
 */
public final class Origins {
  private final Map<WrittenChain.Key, WrittenChain> chains;
  private final Names names;
  private final int notUnderstood;

  private Origins(Map<WrittenChain.Key, WrittenChain> chains, Names names, int notUnderstood) {
    this.chains = chains;
    this.names = names;
    this.notUnderstood = notUnderstood;
  }

  /**
   * Reads files, and those that they include. A file that is named and included as well, or named
   * twice, is read as one.
   *
   * @throws IOException if one is not there, may not be read or is too large; the message names the
   *     file, and says what to do
   */
  public static Origins read(List<Path> named) throws IOException {
    Names names = Names.ofHost();
    SourceFiles files = new SourceFiles();
    Map<Path, Map<WrittenChain.Key, WrittenChain>> byFile = new LinkedHashMap<>();
    Set<Path> included = new HashSet<>();
    int notUnderstood = 0;
    for (Path file : named) {
      String text = files.read(file, "");
      Path real = file.toRealPath();
      if (byFile.containsKey(real)) {
        continue;
      }
      if (SaveReader.isOne(text)) {
        SaveReader save = SaveReader.read(file, text, names);
        byFile.put(real, save.chains());
        notUnderstood += save.notUnderstood();
      } else {
        NftReader nft = NftReader.read(file, text, files, names);
        byFile.put(real, nft.chains());
        included.addAll(nft.included());
        notUnderstood += nft.notUnderstood();
      }
    }
    Map<WrittenChain.Key, WrittenChain> all = new HashMap<>();
    byFile.forEach(
        (file, chains) -> {
          if (!included.contains(file)) {
            chains.forEach(
                (key, chain) -> all.computeIfAbsent(key, k -> new WrittenChain()).appendAll(chain));
          }
        });
    return new Origins(all, names, notUnderstood);
  }

  /** How many rules the files have. */
  public int rules() {
    return chains.values().stream().mapToInt(WrittenChain::size).sum();
  }

  /** How many lines or statements of the files were not understood. */
  public int notUnderstood() {
    return notUnderstood;
  }

  /**
   * Where the rules of a chain were written.
   *
   * @param rules all of the chain's, in order, with texts as nft or iptables-save print them
   * @return as many, null where it is not certain
   */
  public List<Rule.@Nullable Origin> of(
      NfFamily family, String table, String chain, List<Rule> rules) {
    WrittenChain written = chains.get(new WrittenChain.Key(family, table, chain));
    List<Rule.@Nullable Origin> origins = new ArrayList<>(Collections.nCopies(rules.size(), null));
    if (written == null) {
      return origins;
    }
    List<WrittenChain.WrittenRule> lines = written.rules();
    List<Form> listed = new ArrayList<>(rules.size());
    for (Rule rule : rules) {
      listed.add(form(rule, family));
    }
    int[] found =
        Alignment.of(
            written, lines.stream().map(WrittenChain.WrittenRule::form).toList(), rules, listed);
    for (int i = 0; i < found.length; i++) {
      if (found[i] >= 0) {
        origins.set(i, lines.get(found[i]).origin());
      }
    }
    return origins;
  }

  private Form form(Rule rule, NfFamily family) {
    String text = rule.text();
    if (text == null) {
      return Form.NONE;
    }
    return text.startsWith("-A ")
        ? IptablesForm.of(text, rule.comment(), family, names)
        : NftForm.of(text, rule.comment(), family, names);
  }
}
