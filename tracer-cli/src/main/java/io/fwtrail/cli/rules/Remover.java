package io.fwtrail.cli.rules;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.ruleset.IptablesSave.SavedChain;
import io.fwtrail.tracer.ruleset.IptablesSave.SavedRule;
import io.fwtrail.tracer.ruleset.IptablesSave.SavedTable;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.TraceRules;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Removes rules by what they are, so that never another one goes, whatever was put in or taken out
 * since they were listed. Numbers, which shift, are not used.
 *
 * <p>Rules of nf_tables, those of iptables-nft among them, are removed by handle, in a batch that
 * the kernel refuses unless the rule set is still of the generation in which table, handle and
 * content were found to be those that were listed. Rules of iptables-legacy have no handle; its own
 * program removes the first that says the same, word for word.
 */
public final class Remover {
  /** {@code ERESTART}: the rule set is of another generation by now. */
  static final int OTHER_GENERATION = 85;

  /** A rule set that changes this often between a look and a removal is not to be caught. */
  private static final int ATTEMPTS = 16;

  /** How long iptables may wait for another one that is at work. */
  private static final String LOCK_SECONDS = "10";

  private static final String CHANGED = "it is gone, or was changed, since it was listed";

  private final HostFirewall firewall;

  /** Works on {@code firewall}, which stays the caller's. */
  public Remover(HostFirewall firewall) {
    this.firewall = firewall;
  }

  /**
   * Removes a rule.
   *
   * @return of iptables-legacy, how many rules of the same words are left in its chain; of
   *     nf_tables 0, as each rule there has a handle of its own
   * @throws IOException if it is not there any more, or it cannot be removed
   */
  public int removeRule(ListedRule rule) throws IOException {
    if (rule.flavour() == Flavour.IPTABLES_LEGACY) {
      return removeLegacy(rule);
    }
    RuleMessage listed = Objects.requireNonNull(rule.message());
    NfFamily family = rule.chain().family();
    String table = rule.chain().table();
    commit(
        rule,
        now -> {
          RuleMessage found = now.rule(key(rule), listed.handle());
          if (found == null
              || !found.chain().equals(listed.chain())
              || !TraceRules.sameContent(found, listed)) {
            throw new IOException(CHANGED);
          }
        },
        (w, n) -> RuleMessage.writeDelete(w, n, family, table, listed.chain(), listed.handle()));
    return 0;
  }

  /**
   * Removes the whole table that a rule is in.
   *
   * @throws IOException if it is not there any more, belongs to somebody now, or cannot be removed
   */
  public void removeTable(ListedRule rule) throws IOException {
    commit(
        rule,
        now -> {
          if (Objects.requireNonNull(now.table(key(rule))).owner() != 0) {
            throw new IOException("it belongs to a running program by now");
          }
        },
        (w, n) -> TableMessage.writeDelete(w, n, rule.chain().family(), rule.chain().table()));
  }

  private static RuleSet.TableKey key(ListedRule rule) {
    return new RuleSet.TableKey(rule.chain().family(), rule.chain().table());
  }

  /** Looks whether what is to be removed is still what it was. */
  @FunctionalInterface
  private interface Check {
    void on(NfListing now) throws IOException;
  }

  private void commit(ListedRule rule, Check check, NetlinkClient.Request command)
      throws IOException {
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      long generation = firewall.generation();
      NfListing now = new NfListing();
      // A dump that was disturbed is of another generation, which the kernel will find itself.
      boolean unused = now.read(firewall.client());
      TableMessage table = now.table(key(rule));
      if (table == null || table.handle() != rule.tableHandle()) {
        throw new IOException("its table is gone, or was made anew, since it was listed");
      }
      check.on(now);
      try {
        firewall
            .client()
            .batch(
                "removing it",
                (w, n) -> Nfnetlink.batchBegin(w, n, generation),
                List.of(command),
                Nfnetlink::batchEnd);
        return;
      } catch (KernelRefusedException e) {
        if (e.errno() != OTHER_GENERATION) {
          throw e;
        }
      }
    }
    throw new IOException("the rule set changes all the time; try again when it has come to rest");
  }

  private int removeLegacy(ListedRule rule) throws IOException {
    if (equalLegacyRules(rule) == 0) {
      throw new IOException(CHANGED);
    }
    List<String> command =
        new ArrayList<>(List.of("-w", LOCK_SECONDS, "-t", rule.chain().table(), "-D"));
    command.addAll(rule.words());
    firewall.iptables().change(rule.chain().family(), command);
    return equalLegacyRules(rule);
  }

  /** How many rules there are now of these words, which have the chain's name among them. */
  private int equalLegacyRules(ListedRule rule) {
    int equal = 0;
    for (SavedTable table : firewall.iptables().legacy(rule.chain().family())) {
      SavedChain chain = table.chains().get(rule.chain().name());
      if (table.name().equals(rule.chain().table()) && chain != null) {
        for (SavedRule other : chain.rules()) {
          equal += other.words().equals(rule.words()) ? 1 : 0;
        }
      }
    }
    return equal;
  }
}
