package io.fwtrail.tracer.trail;

import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.RuleSet;
import org.junit.jupiter.api.Test;

/** Which hop people mean when they ask what let a packet pass, or what stopped it. */
class DecidedByTest {
  private static final RuleSet RULES =
      ruleSet()
          .table(NfFamily.INET, "t")
          .base("pre", Hook.PREROUTING, 0)
          .base("in", Hook.INPUT, 0)
          .base("late", Hook.INPUT, 10)
          .base("out", Hook.OUTPUT, 0)
          .nat("natout", Hook.OUTPUT, -100)
          .base("post", Hook.POSTROUTING, 0)
          .nat("snat", Hook.POSTROUTING, 100)
          .chain("user")
          .build();

  private final Bench bench = Bench.with(RULES);

  private String decidedBy() {
    bench.quiet();
    Hop decider = bench.out.only().decidedBy();
    return decider == null ? null : Recorder.text(decider);
  }

  @Test
  void theFiltersRuleGoesBeforePoliciesAndOtherHooks() {
    bench
        .packet(1)
        .at("pre")
        .rule(1, Verdict.ACCEPT)
        .at("in")
        .rule(2, Verdict.ACCEPT)
        .at("late")
        .passes();
    assertThat(decidedBy()).isEqualTo("in:2:accept");
  }

  @Test
  void theFiltersPolicyGoesBeforeARuleOfAnotherHook() {
    bench.packet(1).at("out").passes().at("post").rule(1, Verdict.ACCEPT);
    assertThat(decidedBy()).isEqualTo("out:policy:accept");
  }

  @Test
  void ofTwoRulesTheLastOneCounts() {
    bench
        .packet(1)
        .at("in")
        .rule(1, Verdict.ACCEPT)
        .at("late")
        .jump(2, "user")
        .rule(3, Verdict.ACCEPT);
    assertThat(decidedBy()).isEqualTo("user:3:accept");
  }

  @Test
  void natCountsLeast() {
    bench
        .packet(1)
        .connection("new")
        .at("out")
        .passes()
        .at("post")
        .passes()
        .at("snat")
        .rule(1, Verdict.ACCEPT);
    assertThat(decidedBy()).isEqualTo("out:policy:accept");
  }

  @Test
  void aFilterRuleCountsThoughNatOfTheSameTableIsHookedInThereToo() {
    bench
        .packet(1)
        .connection("new")
        .at("natout")
        .passes()
        .at("out")
        .rule(1, Verdict.ACCEPT)
        .at("post")
        .passes();
    assertThat(decidedBy()).isEqualTo("out:1:accept");
  }

  @Test
  void aDropIsTheLastHops() {
    bench.packet(1).at("pre").rule(1, Verdict.ACCEPT).at("in").rule(2).rule(3, Verdict.DROP);
    assertThat(decidedBy()).isEqualTo("in:3:drop");
  }

  @Test
  void aDropBeyondTheLimitOfHopsIsNamedAllTheSame() {
    PacketWalk walk = bench.packet(1).at("in");
    for (int i = 0; i < Bench.LIMITS.hopsPerTrail(); i++) {
      walk.rule(1);
    }
    walk.rule(2, Verdict.DROP);
    assertThat(decidedBy()).isEqualTo("in:2:drop");
  }

  @Test
  void whereTheEndWasNotSeenNothingDecided() {
    bench.packet(1).at("in").rule(1);
    bench.quiet();
    assertThat(bench.out.only().decidedBy()).isNull();
  }
}
