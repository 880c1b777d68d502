package io.fwtrail.cli.summary;

import static io.fwtrail.cli.testing.TrailBuilder.echo;
import static io.fwtrail.cli.testing.TrailBuilder.syn;
import static io.fwtrail.cli.testing.TrailBuilder.trail;
import static io.fwtrail.cli.testing.TrailBuilder.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.cli.output.Style;
import io.fwtrail.cli.testing.Records;
import io.fwtrail.cli.testing.TrailBuilder;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Loss;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class SummaryTextTest {
  private final TrafficSummary summary = new TrafficSummary();

  private List<String> lines(int columns, int rows) {
    return new SummaryText(new Style(false)).lines(summary, columns, rows);
  }

  private static TrailBuilder forward() {
    return trail().at(Hook.FORWARD, "filter", "forward");
  }

  private void traffic() {
    for (int i = 0; i < 3; i++) {
      summary.add(forward().rule(1, "udp dport 53 accept", Verdict.ACCEPT).decided().accepted());
    }
    summary.add(
        forward()
            .of(syn("10.0.0.9", 1000, "10.0.0.2", 22))
            .jump(2, "jump ssh", "ssh")
            .chain("ssh")
            .rule(1, "drop", Verdict.DROP)
            .dropped());
    summary.add(
        forward()
            .of(echo("10.0.0.9", "10.0.0.3"))
            .policy(Verdict.DROP)
            .ending(Ending.Kind.REJECTED, null)
            .why("x")
            .dropped());
  }

  @Test
  void rulesEndsAndTalkersAreOnOneScreen() {
    traffic();
    List<String> lines = lines(80, 24);
    assertThat(lines.get(0)).startsWith("5 packets, ");
    assertThat(lines.subList(1, lines.size()))
        .containsExactly(
            "accepted 3 (60%), dropped 1 (20%), rejected 1 (20%), incomplete 1",
            "",
            "    hits   of  verdict   rule",
            "       3  60%  accept    inet filter forward 1       udp dport 53 accept",
            "       1  20%  drop      inet filter forward policy",
            "       1  20%  drop      inet filter ssh 1           drop",
            "       1  20%  jump ssh  inet filter forward 2       jump ssh",
            "",
            "dropped+rejected: from    dropped+rejected: to      dropped+rejected: service",
            "2  10.0.0.9               1  10.0.0.2               1  icmp echo-request",
            "                          1  10.0.0.3               1  tcp/22",
            "all: from                 all: to                   all: service",
            "3  10.0.0.1               4  10.0.0.2               3  udp/53",
            "2  10.0.0.9               1  10.0.0.3               1  icmp echo-request",
            "                                                    1  tcp/22");
  }

  @Test
  void nothingIsLongerThanTheScreenNorHigher() {
    for (int i = 0; i < 200; i++) {
      summary.add(
          trail()
              .of(udp("10.0." + i + ".1", 1000, "10.0.0." + i, i))
              .at(Hook.FORWARD, "a-table-with-a-long-name", "a-chain-with-a-long-name")
              .rule(
                  new Rule(i + 1, i, "x".repeat(300), "\u001b[2J\ud83d\udd25".repeat(40)),
                  Verdict.DROP,
                  null)
              .dropped());
    }
    for (int columns : new int[] {60, 80, 133, 300}) {
      for (int rows : new int[] {16, 21, 24, 60}) {
        assertThat(lines(columns, rows))
            .hasSizeLessThanOrEqualTo(rows)
            .hasSizeGreaterThan(rows - 3)
            .allMatch(line -> line.length() <= columns)
            .allMatch(line -> line.indexOf(0x1b) < 0)
            .anyMatch(line -> line.contains("more rules and policies"));
      }
    }
  }

  @Test
  void hitsOfRulesThatAreNotShownAreCounted() {
    for (int i = 1; i <= 100; i++) {
      summary.add(forward().rule(i, "r" + i, Verdict.ACCEPT).accepted());
    }
    List<String> lines = lines(80, 24);
    long shown = lines.stream().filter(line -> line.contains("inet filter forward")).count();
    assertThat(lines)
        .contains(
            String.format("%8d       of %d more rules and policies", 100 - shown, 100 - shown));
  }

  @Test
  void rulesBeyondTheBoundAreCountedTogether() {
    RuleHits hits = new RuleHits(2);
    for (int i = 1; i <= 5; i++) {
      forward().rule(i, "r", Verdict.ACCEPT).build().hops().forEach(hop -> hits.add(hop, true));
    }
    assertThat(hits.ordered()).hasSize(2);
    assertThat(hits.others()).isEqualTo(3);
  }

  @Test
  void oneRuleWithTwoVerdictsIsTwoLines() {
    RuleHits hits = new RuleHits(9);
    Rule map = new Rule(1, 1, "tcp dport vmap @ports", null);
    TrailBuilder trail = forward().rule(map, Verdict.DROP, null).rule(map, Verdict.JUMP, "a").end();
    trail.build().hops().forEach(hop -> hits.add(hop, false));
    assertThat(hits.ordered()).hasSize(2).allMatch(line -> line.hits() == 1);
  }

  @Test
  void anAnswersServiceIsWhereItComesFrom() {
    summary.add(
        forward()
            .of(udp("10.0.0.2", 53, "10.0.0.1", 40_000))
            .state(1, "reply", "established")
            .policy(Verdict.ACCEPT)
            .accepted());
    assertThat(summary.all.services.top(1).get(0).key()).hasToString("udp/53");
  }

  @Test
  void theRecordHasTheSameCounts() {
    traffic();
    JsonNode node = Records.read(SummaryJson.line(summary));
    assertThat(node.get("packets").asInt()).isEqualTo(5);
    assertThat(node.get("verdicts").toString())
        .isEqualTo("{\"accept\":3,\"drop\":1,\"reject\":1,\"queue\":0,\"stolen\":0,\"lost\":0}");
    assertThat(node.get("rules").get(0).toString())
        .isEqualTo(
            "{\"family\":\"inet\",\"table\":\"filter\",\"chain\":\"forward\",\"kind\":\"rule\","
                + "\"rule\":{\"number\":1,\"handle\":101,\"text\":\"udp dport 53 accept\"},"
                + "\"verdict\":\"accept\",\"hits\":3,\"decided\":3}");
    assertThat(node.get("dropped").get("sources").toString())
        .isEqualTo("[{\"value\":\"10.0.0.9\",\"atLeast\":2,\"atMost\":2}]");
  }

  @Test
  void noPacketsAreOneLine() {
    assertThat(lines(80, 24)).containsExactly("0 packets");
  }

  @Test
  void whatWasLostIsALineOfItsOwn() {
    traffic();
    List<String> before = lines(80, 24);
    summary.add(new Loss(1, Loss.Cause.RECEIVE_BUFFER, 2));
    summary.add(new Loss(1, Loss.Cause.RECEIVE_BUFFER, 1));
    List<String> lines = lines(80, 24);
    assertThat(lines).contains("lost: 3 messages (the receive buffer was full)");
    assertThat(lines.size()).isBetween(before.size(), 24);
    assertThat(Records.read(SummaryJson.line(summary)).get("lost").toString())
        .isEqualTo("{\"receive-buffer\":3}");
  }
}
