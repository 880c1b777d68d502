package io.fwtrail.tracer.live;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.IptablesSave;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import io.fwtrail.tracer.ruleset.RuleTexts;
import io.fwtrail.tracer.ruleset.TraceRule;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules of a host as they are now, of both engines, and which of them trace packets. */
public final class HostRules implements Closeable {
  private static final List<NfFamily> LEGACY_FAMILIES = List.of(NfFamily.IP, NfFamily.IP6);

  private final NetlinkClient client;
  private final IptablesPrograms iptables;
  private final @Nullable LibNftables nft;
  private final RuleSet rules;

  /**
   * Reads them.
   *
   * @throws IOException if the kernel refuses
   */
  public HostRules(NetworkNamespace namespace) throws IOException {
    client = new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, namespace));
    iptables = new IptablesPrograms(namespace::call);
    nft = NamespaceTexts.open(namespace);
    RuleTexts texts = NamespaceTexts.of(nft, namespace);
    RuleSetReader reader = new RuleSetReader(client, texts, iptables);
    var unused = reader.readLegacy();
    rules = reader.read();
  }

  /** All of them. */
  public RuleSet rules() {
    return rules;
  }

  /** How many packets a rule has matched; -1 where nothing counts them, or it is gone. */
  public long packets(Chain chain, Rule rule) throws IOException {
    if (chain.engine() == Chain.Engine.X_TABLES) {
      IptablesSave.SavedRule saved = savedRule(chain, rule.number());
      return saved == null ? -1 : saved.packets();
    }
    long[] packets = {-1};
    client.dump(
        "listing rules",
        (w, n) -> RuleMessage.writeDump(w, n, chain.family().number(), chain.table()),
        message -> {
          RuleMessage found = RuleMessage.decode(message);
          if (found.handle() == rule.handle() && found.table().equals(chain.table())) {
            packets[0] = TraceRule.packets(found);
          }
        });
    return packets[0];
  }

  private IptablesSave.@Nullable SavedRule savedRule(Chain chain, int number) {
    for (IptablesSave.SavedTable table : iptables.legacy(chain.family())) {
      IptablesSave.SavedChain saved = table.chains().get(chain.name());
      if (table.name().equals(chain.table()) && saved != null && number <= saved.rules().size()) {
        return saved.rules().get(number - 1);
      }
    }
    return null;
  }

  /** The rules that trace packets. */
  public List<TraceRule> traceRules() throws IOException {
    List<TraceRule> found = new ArrayList<>();
    client.dump(
        "listing rules",
        RuleMessage::writeDump,
        message -> {
          RuleMessage rule = RuleMessage.decode(message);
          if (TraceRule.sets(rule)) {
            found.add(ofNfTables(rule));
          }
        });
    for (NfFamily family : LEGACY_FAMILIES) {
      for (IptablesSave.SavedTable table : iptables.legacy(family)) {
        table
            .chains()
            .forEach((name, chain) -> addLegacy(found, family, table.name(), name, chain));
      }
    }
    return found;
  }

  private TraceRule ofNfTables(RuleMessage message) {
    NfFamily family = NfFamily.of(message.family());
    Chain chain = rules.chain(family, message.table(), message.chain());
    Rule rule = chain == null ? null : chain.rule(message.handle());
    RuleSet.Table table = rules.table(family, message.table());
    return new TraceRule(
        Chain.Engine.NF_TABLES,
        family,
        message.table(),
        message.chain(),
        rule == null ? Rule.ofHandle(message.handle()) : rule,
        TraceRule.packets(message),
        List.of(),
        table != null && table.owned());
  }

  private static void addLegacy(
      List<TraceRule> into,
      NfFamily family,
      String table,
      String name,
      IptablesSave.SavedChain chain) {
    int number = 0;
    for (IptablesSave.SavedRule rule : chain.rules()) {
      number++;
      if ("TRACE".equals(rule.goesTo())) {
        into.add(
            new TraceRule(
                Chain.Engine.X_TABLES,
                family,
                table,
                name,
                new Rule(number, 0, rule.text(), rule.comment()),
                rule.packets(),
                rule.words(),
                false));
      }
    }
  }

  /**
   * Removes a rule by what it is: one of nf_tables by its handle, if the rule set is still the one
   * that was read here, one of iptables-legacy by its words.
   *
   * @throws IOException if it could not be removed
   */
  public void remove(TraceRule rule) throws IOException {
    if (rule.engine() == Chain.Engine.X_TABLES) {
      List<String> command = new ArrayList<>(List.of("-w", "-t", rule.table(), "-D"));
      command.addAll(rule.words());
      iptables.change(rule.family(), command);
      return;
    }
    client.batch(
        "removing rule " + rule.rule().handle() + " of " + rule.table() + " " + rule.chain(),
        (w, n) -> Nfnetlink.batchBegin(w, n, rules.generation()),
        List.of(
            (w, n) ->
                RuleMessage.writeDelete(
                    w, n, rule.family(), rule.table(), rule.chain(), rule.rule().handle())),
        Nfnetlink::batchEnd);
  }

  @Override
  public void close() throws IOException {
    client.close();
    if (nft != null) {
      nft.close();
    }
  }
}
