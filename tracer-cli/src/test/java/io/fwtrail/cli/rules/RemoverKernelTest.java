package io.fwtrail.cli.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.RuleMessage;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is removed where the rules change between the look and the removal. */
@NeedsKernel
class RemoverKernelTest {
  private static final String RULES =
      """
      table inet own {
        chain c {
          udp dport 1 accept
          udp dport 2 counter meta nftrace set 1
        }
      }
      """;

  private Lab lab;
  private HostFirewall firewall;
  private Remover remover;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    lab.nft(Host.GATEWAY, RULES);
    firewall = new HostFirewall(lab.namespace(Host.GATEWAY));
    remover = new Remover(firewall);
  }

  @AfterEach
  void clear() throws IOException {
    firewall.close();
    lab.close();
  }

  private ListedRule stray() throws IOException {
    List<ListedRule> tracing = firewall.read().tracing();
    assertThat(tracing).hasSize(1);
    return tracing.get(0);
  }

  private void nft(String command) throws Exception {
    lab.nft(Host.GATEWAY, command + "\n");
  }

  private String ruleSet() throws Exception {
    return lab.run(Host.GATEWAY, "nft", "-s", "-a", "list", "ruleset");
  }

  private void legacy(String arguments) throws Exception {
    String unused = lab.run(Host.GATEWAY, ("iptables-legacy -t raw " + arguments).split(" ", -1));
  }

  private List<String> legacyRules() throws Exception {
    return lab.run(Host.GATEWAY, "iptables-legacy", "-t", "raw", "-S", "OUTPUT")
        .lines()
        .skip(1)
        .toList();
  }

  @Test
  void theRuleGoesThoughItsNumberIsAnothersNow() throws Exception {
    ListedRule stray = stray();
    assertThat(stray.rule().number()).isEqualTo(2);
    nft("insert rule inet own c udp dport 3 drop");

    assertThat(remover.removeRule(stray)).isZero();

    assertThat(ruleSet()).contains("dport 1 accept", "dport 3 drop").doesNotContain("nftrace");
  }

  @Test
  void whatItCountedMeanwhileMakesNoOtherRuleOfIt() throws Exception {
    nft("add chain inet own out { type filter hook output priority 0; jump c; }");
    ListedRule stray = stray();
    try (var sender = lab.udpSender(Host.GATEWAY, Lab.SERVER_V4, 2)) {
      sender.send(1, 1000);
    }
    assertThat(lab.run(Host.GATEWAY, "nft", "list", "ruleset")).contains("counter packets 1 ");

    assertThat(remover.removeRule(stray)).isZero();

    assertThat(ruleSet()).doesNotContain("nftrace");
  }

  @Test
  void noRuleOfATableMadeAnewGoesThoughItBearsTheHandle() throws Exception {
    ListedRule stray = stray();
    nft("flush ruleset\n" + RULES);
    String before = ruleSet();
    assertThat(before).contains("nftrace set 1 # handle " + stray.rule().handle());

    assertThatThrownBy(() -> remover.removeRule(stray))
        .isInstanceOf(IOException.class)
        .hasMessage("its table is gone, or was made anew, since it was listed");

    assertThat(ruleSet()).isEqualTo(before);
  }

  @Test
  void aRuleThatWasReplacedStays() throws Exception {
    ListedRule stray = stray();
    nft("replace rule inet own c handle " + stray.rule().handle() + " udp dport 2 drop");
    String before = ruleSet();

    assertThatThrownBy(() -> remover.removeRule(stray))
        .hasMessage("it is gone, or was changed, since it was listed");

    assertThat(ruleSet()).isEqualTo(before);
  }

  @Test
  void aTableThatSomebodyMadeAnewStays() throws Exception {
    ListedRule stray = stray();
    nft("delete table inet own\n" + RULES);
    String before = ruleSet();

    assertThatThrownBy(() -> remover.removeTable(stray)).isInstanceOf(IOException.class);

    assertThat(ruleSet()).isEqualTo(before);
  }

  @Test
  void theKernelRefusesABatchOfAnotherGeneration() throws Exception {
    ListedRule stray = stray();
    long generation = firewall.generation();
    nft("add rule inet own c udp dport 4 drop");
    String before = ruleSet();

    assertThatThrownBy(
            () ->
                firewall
                    .client()
                    .batch(
                        "removing it",
                        (w, n) -> Nfnetlink.batchBegin(w, n, generation),
                        List.of(
                            (w, n) ->
                                RuleMessage.writeDelete(
                                    w, n, NfFamily.INET, "own", "c", stray.rule().handle())),
                        Nfnetlink::batchEnd))
        .isInstanceOfSatisfying(
            KernelRefusedException.class,
            e -> assertThat(e.errno()).isEqualTo(Remover.OTHER_GENERATION));

    assertThat(ruleSet()).isEqualTo(before);
  }

  @Test
  void aLegacyRuleGoesByItsWords() throws Exception {
    nft("flush ruleset");
    legacy("-A OUTPUT -p udp --dport 2 -m comment --comment mine -j TRACE");
    ListedRule stray = stray();
    legacy("-I OUTPUT -p udp --dport 2 -j TRACE");
    legacy("-I OUTPUT -p udp --dport 1 -j ACCEPT");

    assertThat(remover.removeRule(stray)).isZero();

    assertThat(legacyRules())
        .containsExactly(
            "-A OUTPUT -p udp -m udp --dport 1 -j ACCEPT",
            "-A OUTPUT -p udp -m udp --dport 2 -j TRACE");
  }

  @Test
  void ofEqualLegacyRulesOneGoes() throws Exception {
    nft("flush ruleset");
    legacy("-A OUTPUT -p udp -j TRACE");
    ListedRule stray = stray();
    legacy("-A OUTPUT -p udp -j TRACE");
    legacy("-A OUTPUT -p udp -j TRACE");

    assertThat(remover.removeRule(stray)).isEqualTo(2);

    assertThat(legacyRules()).hasSize(2);
  }

  @Test
  void aLegacyRuleThatSaysSomethingElseNowStays() throws Exception {
    nft("flush ruleset");
    legacy("-A OUTPUT -p udp -j TRACE");
    ListedRule stray = stray();
    legacy("-R OUTPUT 1 -p tcp -j TRACE");

    assertThatThrownBy(() -> remover.removeRule(stray))
        .isInstanceOf(IOException.class)
        .hasMessage("it is gone, or was changed, since it was listed");

    assertThat(legacyRules()).containsExactly("-A OUTPUT -p tcp -j TRACE");
  }
}
