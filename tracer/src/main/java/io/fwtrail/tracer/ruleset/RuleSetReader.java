package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.ChainMessage;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rule set out of the kernel: its structure over netlink, the rules' texts from whoever
 * can print them. A reading is of one generation: where the rule set changes under it, it is done
 * again.
 */
public final class RuleSetReader {
  /** A rule set that changes in the middle of this many readings is of no one generation. */
  private static final int ATTEMPTS = 8;

  private final NetlinkClient client;
  private final RuleTexts texts;

  /** Asks through {@code client}, and {@code texts} for what rules look like. */
  public RuleSetReader(NetlinkClient client, RuleTexts texts) {
    this.client = client;
    this.texts = texts;
  }

  /** The present generation of the rule set. */
  public long generation() throws IOException {
    long[] generation = {0};
    client.query(
        "asking for the rule set's generation",
        GenerationMessage::writeGet,
        message -> generation[0] = GenerationMessage.decode(message).generation());
    return generation[0];
  }

  /**
   * Reads it whole. Where it changes too fast for that, parts of it are older than others, and its
   * generation is 0.
   *
   * @throws IOException if the kernel refuses
   */
  public RuleSet read() throws IOException {
    long before = generation();
    for (int attempt = 1; ; attempt++) {
      Listing listing = new Listing();
      boolean consistent = listing.read();
      RuleTexts.Texts printed = texts.read();
      long after = generation();
      boolean whole = consistent && before == after;
      if (whole || attempt == ATTEMPTS) {
        return listing.toRuleSet(whole ? after : 0, printed);
      }
      before = after;
    }
  }

  /** The messages of one reading. */
  private final class Listing {
    private final List<TableMessage> tables = new ArrayList<>();
    private final Map<RuleSet.TableKey, List<ChainMessage>> chains = new HashMap<>();
    private final Map<ChainKey, List<Chain.Entry>> rules = new HashMap<>();
    private final List<RuleMessage> ruleMessages = new ArrayList<>();

    private record ChainKey(RuleSet.TableKey table, String name) {}

    boolean read() throws IOException {
      boolean consistent =
          client.dump(
              "listing tables",
              TableMessage::writeDump,
              message -> tables.add(TableMessage.decode(message)));
      consistent &=
          client.dump(
              "listing chains",
              ChainMessage::writeDump,
              message -> {
                ChainMessage chain = ChainMessage.decode(message);
                chains
                    .computeIfAbsent(key(chain.family(), chain.table()), k -> new ArrayList<>())
                    .add(chain);
              });
      consistent &=
          client.dump(
              "listing rules",
              RuleMessage::writeDump,
              message -> ruleMessages.add(RuleMessage.decode(message)));
      return consistent;
    }

    RuleSet toRuleSet(long generation, RuleTexts.Texts printed) {
      for (RuleMessage message : ruleMessages) {
        ChainKey key = new ChainKey(key(message.family(), message.table()), message.chain());
        List<Chain.Entry> entries = rules.computeIfAbsent(key, k -> new ArrayList<>());
        String text = printed.text(key.table(), message.handle(), message.comment());
        Rule rule = new Rule(entries.size() + 1, message.handle(), text, message.comment());
        entries.add(new Chain.Entry(rule, RuleEffects.of(message)));
      }
      List<RuleSet.Table> made = new ArrayList<>();
      for (TableMessage table : tables) {
        RuleSet.TableKey key = key(table.family(), table.name());
        boolean asleep = (table.flags() & TableMessage.FLAG_DORMANT) != 0;
        Map<String, Chain> byName = new HashMap<>();
        for (ChainMessage chain : chains.getOrDefault(key, List.of())) {
          byName.put(chain.name(), chain(key, chain, asleep));
        }
        made.add(new RuleSet.Table(key, table.handle(), table.owner() != 0, byName));
      }
      return new RuleSet(generation, made);
    }

    private Chain chain(RuleSet.TableKey table, ChainMessage chain, boolean asleep) {
      ChainMessage.Hook hook = asleep ? null : chain.hook();
      @Nullable String type = chain.type();
      return new Chain(
          table.family(),
          table.name(),
          chain.name(),
          hook == null ? null : Hook.of(table.family(), hook.number()),
          hook == null ? 0 : hook.priority(),
          type == null ? "" : type,
          chain.policy() < 0 ? null : Verdict.ofCode(chain.policy()),
          hook == null ? List.of() : hook.devices(),
          rules.getOrDefault(new ChainKey(table, chain.name()), List.of()));
    }

    private RuleSet.TableKey key(int family, String table) {
      return new RuleSet.TableKey(NfFamily.of(family), table);
    }
  }
}
