package io.fwtrail.tracer.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.ruleset.OfflineRules;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Recorder;
import io.fwtrail.tracer.trail.Trail;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogTrailsTest {
  private final Recorder out = new Recorder();

  private void read(List<String> lines, RuleSet rules) {
    LogTrails trails = new LogTrails(out, Hop.Source.SYSLOG, Hop.Clock.SYSLOG, rules);
    LogLineParser parser = LogLines.parser();
    LogEvent event = new LogEvent();
    for (String line : lines) {
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      if (parser.parse(bytes, 0, bytes.length, event) == LogLineParser.Outcome.TRACE) {
        trails.take(event);
      }
    }
    trails.end();
  }

  @Test
  void thePublishedLinesAreThreePackets() {
    read(LogLines.published(), RuleSet.EMPTY);
    assertThat(out.trails()).extracting(trail -> trail.hops().size()).containsExactly(3, 1, 4);
    assertThat(out.hops()).extracting(Hop::verdict).containsOnlyNulls();
    assertThat(out.hops()).extracting(Hop::source).containsOnly(Hop.Source.SYSLOG);
  }

  @Test
  void withTheRuleSetTheyHaveVerdicts() {
    OfflineRules rules = new OfflineRules();
    rules.add(
        """
        *raw
        :PREROUTING ACCEPT [0:0]
        -A PREROUTING -p tcp -j TRACE
        COMMIT
        *mangle
        :INPUT ACCEPT [0:0]
        COMMIT
        *filter
        :INPUT DROP [0:0]
        -A INPUT -i lo -j ACCEPT
        -A INPUT -s 10.0.0.0/8 -j ACCEPT
        -A INPUT -p icmp -j ACCEPT
        -A INPUT -p udp -j ACCEPT
        -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
        -A INPUT -p tcp --dport 443 -m comment --comment "no https" -j REJECT
        COMMIT
        """);
    read(LogLines.published().subList(0, 3), rules.ruleSet());
    Trail trail = out.only();
    assertThat(trail.verdict().keyword()).isEqualTo("drop");
    assertThat(trail.complete()).isTrue();
    assertThat(trail.decidedBy().rule().comment()).isEqualTo("no https");
    assertThat(trail.decidedBy().verdictFrom()).isEqualTo(Hop.VerdictFrom.RULESET);
  }

  @Test
  void onePacketOnTwoMachinesIsTwoTrails() {
    String line = LogLines.published().get(0);
    read(List.of(line, line.replace("cerberus", "charon").replace("raw", "mangle")), RuleSet.EMPTY);
    assertThat(out.trails()).hasSize(2);
    assertThat(out.hops())
        .extracting(hop -> hop.surroundings().host())
        .containsExactly("cerberus", "charon");
  }

  @Test
  void aMachineThatWasStartedAgainBeginsAnew() {
    List<String> lines = LogLines.published();
    read(
        List.of(lines.get(0), lines.get(1).replace("[68907.892093]", "[    3.000000]")),
        RuleSet.EMPTY);
    assertThat(out.trails()).hasSize(2);
  }
}
