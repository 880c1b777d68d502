package io.fwtrail.tracer.ruleset;

import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Verdict;
import org.junit.jupiter.api.Test;

class RuleSetTest {
  private static final RuleSet RULES =
      ruleSet()
          .table(NfFamily.INET, "filter")
          .base("input", Hook.INPUT, 0, Verdict.DROP)
          .rule(4, Verdict.ACCEPT)
          .jump(5, "user")
          .chain("user")
          .mark(6, 7)
          .table(NfFamily.IP, "late")
          .base("input", Hook.INPUT, 10)
          .table(NfFamily.IP6, "early")
          .base("input", Hook.INPUT, -10)
          .table(NfFamily.NETDEV, "dev")
          .onDevices("in", Hook.INGRESS, 0, "eth0")
          .table(NfFamily.INET, "inetdev")
          .onDevices("in", Hook.INGRESS, -5, "eth1")
          .build();

  private static boolean agrees(
      String chain, long handle, Verdict verdict, boolean policy, String target, long mark) {
    return RULES.agrees(NfFamily.INET, "filter", chain, handle, verdict, policy, target, mark);
  }

  @Test
  void anInetChainStandsAmongThoseOfBothVersionsByPriority() {
    assertThat(RULES.baseChains(NfFamily.IP, Hook.INPUT))
        .extracting(Chain::toString)
        .containsExactly("inet filter input", "ip late input");
    assertThat(RULES.baseChains(NfFamily.IP6, Hook.INPUT))
        .extracting(Chain::toString)
        .containsExactly("ip6 early input", "inet filter input");
  }

  @Test
  void anInetIngressChainStandsAmongThoseOfDevices() {
    assertThat(RULES.baseChains(NfFamily.NETDEV, Hook.INGRESS))
        .extracting(Chain::toString)
        .containsExactly("inet inetdev in", "netdev dev in");
  }

  @Test
  void aHookWithoutChainsHasNone() {
    assertThat(RULES.baseChains(NfFamily.IP, Hook.FORWARD)).isEmpty();
    assertThat(RULES.baseChains(NfFamily.ARP, Hook.INPUT)).isEmpty();
  }

  /**
   * The kernel runs all nat chains of a hook from one hook function: at NF_IP_PRI_NAT_DST (-100)
   * before routing and NF_IP_PRI_NAT_SRC (100) behind it (nf_nat_proto.c, nf_nat_core.c). A nat
   * chain's own priority only orders it among nat chains.
   */
  @Test
  void natChainsStandWhereTheKernelRunsThemNotAtTheirOwnPriority() {
    RuleSet rules =
        ruleSet()
            .table(NfFamily.IP, "t")
            .nat("natLate", Hook.OUTPUT, 5)
            .nat("nat", Hook.OUTPUT, 0)
            .base("mangle", Hook.OUTPUT, -150)
            .base("filter", Hook.OUTPUT, -50)
            .nat("snat", Hook.POSTROUTING, 0)
            .base("post", Hook.POSTROUTING, 50)
            .build();
    assertThat(rules.baseChains(NfFamily.IP, Hook.OUTPUT))
        .extracting(Chain::name)
        .containsExactly("mangle", "nat", "natLate", "filter");
    assertThat(rules.baseChains(NfFamily.IP, Hook.POSTROUTING))
        .extracting(Chain::name)
        .containsExactly("post", "snat");
  }

  @Test
  void findsAChainByFamilyTableAndName() {
    assertThat(RULES.chain(NfFamily.INET, "filter", "user")).isNotNull();
    assertThat(RULES.chain(NfFamily.IP, "filter", "user")).isNull();
    assertThat(RULES.chain(NfFamily.INET, "late", "user")).isNull();
    assertThat(RULES.chain(NfFamily.INET, "filter", "User")).isNull();
  }

  @Test
  void numbersTheRulesOfAChainFromOne() {
    Chain chain = RULES.chain(NfFamily.INET, "filter", "input");
    assertThat(chain.rule(4).number()).isEqualTo(1);
    assertThat(chain.rule(5).number()).isEqualTo(2);
    assertThat(chain.rule(6)).isNull();
  }

  @Test
  void agreesWithAHopAtARuleThatIsThereAndGivesThatVerdict() {
    assertThat(agrees("input", 4, Verdict.ACCEPT, false, null, 0)).isTrue();
    assertThat(agrees("input", 4, Verdict.DROP, false, null, 0)).isFalse();
    assertThat(agrees("input", 9, Verdict.ACCEPT, false, null, 0)).isFalse();
    assertThat(agrees("user", 4, Verdict.ACCEPT, false, null, 0)).isFalse();
    assertThat(agrees("gone", 4, Verdict.ACCEPT, false, null, 0)).isFalse();
  }

  @Test
  void agreesWithAHopAtARuleThatLeadsThere() {
    assertThat(agrees("input", 5, Verdict.JUMP, false, "user", 0)).isTrue();
    assertThat(agrees("input", 5, Verdict.JUMP, false, "other", 0)).isFalse();
  }

  @Test
  void agreesWithAHopThatBearsTheRulesMark() {
    assertThat(agrees("user", 6, Verdict.CONTINUE, false, null, 7)).isTrue();
    assertThat(agrees("user", 6, Verdict.CONTINUE, false, null, 8)).isFalse();
  }

  @Test
  void agreesWithThePolicyThatABaseChainHas() {
    assertThat(agrees("input", 0, Verdict.DROP, true, null, 0)).isTrue();
    assertThat(agrees("input", 0, Verdict.ACCEPT, true, null, 0)).isFalse();
    assertThat(agrees("user", 0, Verdict.DROP, true, null, 0)).isFalse();
  }

  @Test
  void agreesWithTheEndOfAnyChainThatIsThere() {
    assertThat(agrees("user", 0, Verdict.CONTINUE, false, null, 0)).isTrue();
    assertThat(agrees("gone", 0, Verdict.CONTINUE, false, null, 0)).isFalse();
  }

  @Test
  void theEmptyOneKnowsNothing() {
    assertThat(RuleSet.EMPTY.tables()).isEmpty();
    assertThat(RuleSet.EMPTY.chain(NfFamily.IP, "filter", "INPUT")).isNull();
    assertThat(RuleSet.EMPTY.baseChains(NfFamily.IP, Hook.INPUT)).isEmpty();
  }
}
