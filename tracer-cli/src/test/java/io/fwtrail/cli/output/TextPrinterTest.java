package io.fwtrail.cli.output;

import static io.fwtrail.cli.testing.TrailBuilder.ip;
import static io.fwtrail.cli.testing.TrailBuilder.syn;
import static io.fwtrail.cli.testing.TrailBuilder.trail;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.cli.testing.TrailBuilder;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextPrinterTest {
  private static List<String> lines(Trail trail) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputQueue queue = new OutputQueue(out, () -> {})) {
      OutputForm.TEXT.printer(queue, false).trail(trail);
    }
    // The time of day depends on where this runs.
    return out.toString(StandardCharsets.UTF_8)
        .replaceFirst("^\\d\\d:\\d\\d:\\d\\d\\.\\d{6}", "TIME")
        .lines()
        .toList();
  }

  private static String heading(Trail trail) {
    return lines(trail).get(0);
  }

  private static Connection.Tuple tuple(String src, int sport, String dst, int dport) {
    return new Connection.Tuple(ip(src), ip(dst), "tcp", sport, dport, -1);
  }

  /** A published web server: what is asked of it most often. */
  private static TrailBuilder published() {
    return trail()
        .of(syn("10.11.0.2", 40_000, "1.2.3.4", 443))
        .state(3_585_013_973L, "original", "new")
        .at(Hook.PREROUTING, "nat", "pre")
        .rule(
            new Rule(
                1, 3, "dnat to 10.0.0.5:8443", "web", new Rule.Origin("/etc/nftables.conf", 9)),
            Verdict.ACCEPT,
            null)
        .at(Hook.FORWARD, "filter", "forward")
        .of(syn("10.11.0.2", 40_000, "10.0.0.5", 8443))
        .out("wan0")
        .rule(
            new Rule(6, 9, "accept", null, new Rule.Origin("/etc/nftables.conf", 23)),
            Verdict.ACCEPT,
            null)
        .decided()
        .changed("dst", "1.2.3.4", "10.0.0.5")
        .changed("dport", 443, 8443)
        .connection(
            new Connection(
                3_585_013_973L,
                0,
                tuple("10.11.0.2", 40_000, "1.2.3.4", 443),
                tuple("10.0.0.5", 8443, "10.11.0.2", 40_000),
                List.of("dst-nat"),
                0));
  }

  @Test
  void natConnectionAndOriginAreSaid() {
    assertThat(lines(published().hint("no route to 10.0.0.5").accepted()))
        .containsExactly(
            "TIME  ACCEPTED  tcp 10.11.0.2:40000 > 1.2.3.4:443 SYN, 60 bytes, in lan0 out wan0, "
                + "by inet filter forward rule 6",
            "  connection 3585013973 new: 10.11.0.2:40000 > 1.2.3.4:443, "
                + "answers 10.0.0.5:8443 > 10.11.0.2:40000",
            "  prerouting   inet nat pre         rule 1  accept  dnat to 10.0.0.5:8443  \"web\"  "
                + "/etc/nftables.conf:9",
            "               dst 1.2.3.4:443 -> 10.0.0.5:8443",
            "> forward      inet filter forward  rule 6  accept  accept  /etc/nftables.conf:23",
            "  hint: no route to 10.0.0.5",
            "");
  }

  @Test
  void anEverydayConnectionTakesNoLine() {
    Trail trail =
        trail()
            .state(7, "original", "established")
            .policy(Verdict.ACCEPT)
            .connection(
                new Connection(
                    7,
                    0,
                    tuple("10.0.0.1", 1000, "10.0.0.2", 53),
                    tuple("10.0.0.2", 53, "10.0.0.1", 1000),
                    List.of("assured"),
                    0))
            .accepted();
    assertThat(lines(trail)).noneMatch(line -> line.contains("connection"));
  }

  @ParameterizedTest
  @CsvSource({"invalid, connection invalid", "related, connection 9 related"})
  void aStateThatRulesTellApartTakesOne(String state, String line) {
    Trail trail =
        trail()
            .state(state.equals("invalid") ? 0 : 9, "original", state)
            .policy(Verdict.ACCEPT)
            .accepted();
    assertThat(lines(trail).get(1)).isEqualTo("  " + line);
  }

  @Test
  void anAnswerIsCalledOne() {
    assertThat(lines(trail().state(9, "reply", "related").policy(Verdict.ACCEPT).accepted()).get(1))
        .isEqualTo("  connection 9 related (this is an answer)");
  }

  @ParameterizedTest
  @CsvSource({
    "REJECTED, icmp port-unreachable, REJECTED with icmp port-unreachable",
    "REJECTED, , REJECTED",
    "DROPPED, , DROPPED",
    "QUEUED, 3, QUEUED 3",
    "STOLEN, defrag, STOLEN by defrag",
    "LOST, , LOST SIGHT OF",
  })
  void anEndingIsSaidInTheHeading(Ending.Kind kind, String detail, String words) {
    Trail trail = trail().policy(Verdict.ACCEPT).ending(kind, detail).ends(Verdict.DROP);
    assertThat(heading(trail)).startsWith("TIME  " + words + " ");
  }

  @Test
  void whereItWentIsSaidWhereInterfacesDoNotSayIt() {
    TrailBuilder delivered = trail().policy(Verdict.ACCEPT).ending(Ending.Kind.DELIVERED, null);
    assertThat(heading(delivered.accepted())).endsWith("60 bytes, delivered, in lan0");
    TrailBuilder forwarded =
        trail().out("wan0").policy(Verdict.ACCEPT).ending(Ending.Kind.FORWARDED, null);
    assertThat(heading(forwarded.accepted())).endsWith("60 bytes, in lan0 out wan0");
    TrailBuilder unseen = trail().policy(Verdict.ACCEPT).ending(Ending.Kind.FORWARDED, null);
    assertThat(heading(unseen.accepted())).endsWith("60 bytes, forwarded, in lan0");
    TrailBuilder sent =
        trail().in(null).out("wan0").policy(Verdict.ACCEPT).ending(Ending.Kind.SENT, null);
    assertThat(heading(sent.accepted())).endsWith("60 bytes, out wan0");
  }

  /** Before Linux 5.5 postrouting does not have it. */
  @Test
  void theWayInIsNamedThoughTheLastHopDoesNotTell() {
    TrailBuilder trail =
        trail()
            .at(Hook.FORWARD, "filter", "FORWARD")
            .out("wan0")
            .policy(Verdict.ACCEPT)
            .at(Hook.POSTROUTING, "mangle", "POSTROUTING")
            .in(null)
            .policy(Verdict.ACCEPT)
            .ending(Ending.Kind.FORWARDED, null);
    assertThat(heading(trail.accepted())).endsWith("60 bytes, in lan0 out wan0");
  }

  @Test
  void aWayThroughSeveralNamespacesNamesThem() {
    Trail trail =
        trail()
            .netns("client")
            .in(null)
            .out("eth0")
            .policy(Verdict.ACCEPT)
            .netns("host")
            .in("lan0")
            .out(null)
            .policy(Verdict.ACCEPT)
            .accepted();
    assertThat(heading(trail)).endsWith("60 bytes, netns client > host");
    assertThat(lines(trail)).contains("               netns client -> host, in lan0");
  }

  @Test
  void aHintCannotSpeakToTheTerminal() {
    assertThat(lines(trail().hint("x\u001b[2J").build())).contains("  hint: x\\x1b[2J");
  }

  /** As a file of trails may have it, which anybody can have written. */
  @Test
  void aProtocolCannotSpeakToTheTerminal() {
    assertThat(heading(trail().of(ofProtocol("\u009b2J")).build()))
        .contains(" \\x9b2J 10.0.0.1 > ");
    assertThat(heading(trail().of(ofProtocol("7\u001b")).build())).contains(" protocol 7\\x1b 10.");
    assertThat(heading(trail().of(ofProtocol("")).build())).contains("  10.0.0.1 > 10.0.0.2");
  }

  private static Packet ofProtocol(String protocol) {
    return TrailBuilder.packet(
        protocol, ip("10.0.0.1"), Packet.ABSENT, ip("10.0.0.2"), Packet.ABSENT, null, null);
  }
}
