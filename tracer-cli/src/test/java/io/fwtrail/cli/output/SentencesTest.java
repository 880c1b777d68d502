package io.fwtrail.cli.output;

import static io.fwtrail.cli.testing.TrailBuilder.ip;
import static io.fwtrail.cli.testing.TrailBuilder.syn;
import static io.fwtrail.cli.testing.TrailBuilder.trail;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.cli.testing.TrailBuilder;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SentencesTest {
  private static final String COMES =
      "At TIME a UDP packet of 60 bytes from 10.0.0.1:1000 to 10.0.0.2:53 came in by lan0. ";

  private static String told(Trail trail) {
    return new Sentences().of(trail).replaceFirst("\\d\\d:\\d\\d:\\d\\d\\.\\d{6}", "TIME");
  }

  @Test
  void theChainThatDroppedIsToldWithItsRule() {
    Rule rule = new Rule(2, 5, "tcp dport 22 drop", "no ssh", new Rule.Origin("/etc/fw.nft", 23));
    Trail trail =
        trail()
            .at(Hook.PREROUTING, "raw", "prerouting")
            .policy(Verdict.ACCEPT)
            .at(Hook.PREROUTING, "mangle", "prerouting")
            .policy(Verdict.ACCEPT)
            .at(Hook.FORWARD, "filter", "fw")
            .rule(rule, Verdict.DROP, null)
            .dropped();
    assertThat(told(trail))
        .isEqualTo(
            COMES
                + "Nothing stopped it in inet raw prerouting and inet mangle prerouting. In inet "
                + "filter fw at forward, rule 2 \"no ssh\" (tcp dport 22 drop; /etc/fw.nft:23) "
                + "dropped it. That was its end.");
  }

  @Test
  void aCalledChainIsToldWithItsCaller() {
    Trail trail =
        trail()
            .at(Hook.FORWARD, "filter", "forward")
            .jump(4, "jump names", "names")
            .chain("names")
            .rule(1, "counter", Verdict.CONTINUE)
            .end()
            .chain("forward")
            .rule(5, "accept", Verdict.ACCEPT)
            .decided()
            .accepted();
    assertThat(told(trail))
        .endsWith(
            "In inet filter forward, rule 4 (jump names) sent it to names, where rule 1 (counter) "
                + "matched, the end of names sent it back and in forward rule 5 (accept) accepted "
                + "it. So it passed the firewall.");
  }

  @Test
  void natIsToldWithTheRuleThatSetItUp() {
    Trail trail =
        trail()
            .of(syn("10.0.0.1", 1000, "1.2.3.4", 443))
            .at(Hook.PREROUTING, "nat", "prerouting")
            .rule(3, "tcp dport 443 dnat to 10.0.0.5:8443", Verdict.ACCEPT)
            .of(syn("10.0.0.1", 1000, "10.0.0.5", 8443))
            .at(Hook.FORWARD, "filter", "forward")
            .out("wan0")
            .policy(Verdict.ACCEPT)
            .changed("dst", "1.2.3.4", "10.0.0.5")
            .changed("dport", 443, 8443)
            .ending(Ending.Kind.FORWARDED, null)
            .accepted();
    assertThat(told(trail))
        .isEqualTo(
            "At TIME a TCP SYN packet of 60 bytes from 10.0.0.1:1000 to 1.2.3.4:443 came in by "
                + "lan0. In inet nat prerouting, rule 3 (tcp dport 443 dnat to 10.0.0.5:8443) set "
                + "up NAT for its connection. Its destination was changed from 1.2.3.4:443 to "
                + "10.0.0.5:8443 by rule 3 of inet nat prerouting. Nothing stopped it in inet "
                + "filter forward. So it was forwarded, out by wan0.");
  }

  @Test
  void natOfAnEarlierPacketIsNotSaidOfARule() {
    Trail trail =
        trail()
            .state(9, "original", "established")
            .at(Hook.PREROUTING, "raw", "prerouting")
            .jump(1, "jump dnat", "dnat")
            .policy(Verdict.ACCEPT)
            .of(syn("10.0.0.1", 1000, "10.0.0.5", 53))
            .at(Hook.FORWARD, "filter", "forward")
            .policy(Verdict.ACCEPT)
            .changed("dst", "10.0.0.2", "10.0.0.5")
            .accepted();
    assertThat(told(trail))
        .contains(
            "Its destination was changed from 10.0.0.2:53 to 10.0.0.5:53, as its connection's "
                + "first packet had it.");
  }

  @ParameterizedTest
  @CsvSource({
    "new, original, It began a new connection.",
    "established, reply, It was an answer in a connection that stood.",
    "invalid, , Conntrack found it invalid: it fits no connection.",
  })
  void theStateOfTheConnectionIsTold(String state, String direction, String sentence) {
    assertThat(told(trail().state(1, direction, state).policy(Verdict.ACCEPT).accepted()))
        .contains(sentence);
  }

  @Test
  void aMarkIsToldOfTheRuleThatSetIt() {
    Trail trail =
        trail()
            .rule(1, "meta mark set 0x7", Verdict.CONTINUE)
            .changed("mark", 0L, 7L)
            .policy(Verdict.ACCEPT)
            .accepted();
    assertThat(told(trail)).contains("rule 1 (meta mark set 0x7) set its mark to 7 and matched");
  }

  @ParameterizedTest
  @CsvSource({
    "REJECTED, icmp port-unreachable, 'rejected it. That was its end, and its sender was told so"
        + " with icmp port-unreachable.'",
    "STOLEN, flowtable, flowtable took it over.",
    "QUEUED, 3, Its fate is up to the program at queue 3.",
    "DELIVERED, , So it was delivered on this machine.",
    "LOST, , Then it was lost sight of.",
  })
  void theEndIsTold(Ending.Kind kind, String detail, String end) {
    Verdict verdict = kind == Ending.Kind.REJECTED ? Verdict.DROP : Verdict.ACCEPT;
    Trail trail = trail().rule(1, "x", verdict).decided().ending(kind, detail).ends(verdict);
    assertThat(told(trail)).endsWith(end);
  }

  @Test
  void whatIsMissingAndWhatWasFoundAreTold() {
    Trail trail = trail().policy(Verdict.ACCEPT).why("messages were lost").hint("no route").build();
    assertThat(told(trail))
        .endsWith(
            "Then it was lost sight of. The trail is not complete: messages were lost. Outside the "
                + "firewall: no route.");
  }

  @Test
  void anotherNamespaceIsASentence() {
    Trail trail =
        trail()
            .netns("host")
            .policy(Verdict.ACCEPT)
            .netns("web")
            .in("eth0")
            .policy(Verdict.ACCEPT)
            .accepted();
    assertThat(told(trail))
        .contains("came in by lan0 in namespace host.")
        .contains("It went on in namespace web, in by eth0.");
  }

  @Test
  void aTrailWithoutHopsOrPacketIsToldAsWell() {
    assertThat(told(trail().of(null).build()))
        .isEqualTo(
            "At TIME a packet whose beginning was not seen was seen. Then it was lost sight of.");
  }

  @Test
  void linesFitATerminal() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputQueue queue = new OutputQueue(out, () -> {})) {
      OutputForm.EXPLAIN
          .printer(queue, false)
          .trail(trail().rule(1, "a text  with \u001b[2J " + "word ".repeat(40), null).build());
    }
    String text = out.toString(StandardCharsets.UTF_8);
    assertThat(text.lines()).allMatch(line -> line.length() <= 78 && line.equals(line.strip()));
    assertThat(text).endsWith("\n\n").doesNotContain("\u001b");
  }

  @Test
  void aProtocolOutOfAFileCannotSpeakToTheTerminal() {
    for (String protocol : new String[] {"\u009b2J", "7\u009b2J", ""}) {
      Packet packet =
          TrailBuilder.packet(
              protocol, ip("10.0.0.1"), Packet.ABSENT, ip("10.0.0.2"), Packet.ABSENT, null, null);
      assertThat(new Sentences().of(trail().of(packet).build()))
          .contains("from 10.0.0.1 to 10.0.0.2")
          .doesNotContain("\u009b");
    }
  }
}
