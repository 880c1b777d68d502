package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.netlink.lab.UdpServer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Trace rules of all flavours on one host: shown, found by their place, and taken away. */
@NeedsKernel
class RulesKernelTest {

  /** A comment that would be a rule, an option and a colour, were it not a comment. */
  private static final String COMMENT = "a \"b\" \\\n-A OUTPUT -j DROP \u001b[31m --comment";

  private static final List<String> LISTERS =
      List.of(
          "iptables-nft-save",
          "ip6tables-nft-save",
          "iptables-legacy-save",
          "ip6tables-legacy-save");

  private Lab lab;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    for (String flavour : List.of("nft", "legacy")) {
      for (String program : List.of("iptables-" + flavour, "ip6tables-" + flavour)) {
        lab.run(Host.GATEWAY, words(program, "-t raw -N user"));
        lab.run(Host.GATEWAY, words(program, "-t raw -A PREROUTING -j user"));
        lab.run(Host.GATEWAY, words(program, "-t raw -A user -p udp --dport 53 -j TRACE"));
        lab.run(Host.GATEWAY, words(program, "-t raw -A user -p udp --dport 54 -j RETURN"));
        lab.run(Host.GATEWAY, words(program, "-t raw -A user -p udp --dport 53 -j TRACE"));
        List<String> commented =
            new ArrayList<>(List.of(words(program, "-t raw -A OUTPUT ! -o lo -p tcp -m comment")));
        commented.addAll(List.of("--comment", COMMENT, "-j", "TRACE"));
        lab.run(Host.GATEWAY, commented.toArray(String[]::new));
        lab.run(Host.GATEWAY, words(program, "-A FORWARD -p udp --dport 53 -j ACCEPT"));
        lab.run(
            Host.GATEWAY, words(program, "-A FORWARD -p udp -m comment --comment rest -j DROP"));
      }
    }
    lab.nft(
        Host.GATEWAY,
        """
        table inet own {
          chain input {
            type filter hook input priority 0; policy drop;
            tcp dport 22 counter accept comment "ssh"
            ip saddr { 10.0.0.1, 10.0.0.2 } counter meta nftrace set 1 comment "forgotten"
            meta nftrace set 0
          }
          chain user {
            meta nftrace set 1
          }
        }
        table bridge own {
          chain pre {
            type filter hook prerouting priority 0;
            ether type arp meta nftrace set 1
          }
        }
        """);
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  private static String[] words(String program, String arguments) {
    return Stream.concat(Stream.of(program), Arrays.stream(arguments.split(" ", -1)))
        .toArray(String[]::new);
  }

  /** Runs the command to its end, without a terminal. */
  private Running rules(String... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of("rules"));
    words.addAll(List.of(arguments));
    Running running = Fwtrail.start(lab, Host.GATEWAY, words.toArray(String[]::new));
    running.endInput();
    int unused = running.awaitEnd(Fwtrail.PATIENCE);
    return running;
  }

  private static int code(Running running) {
    return running.process().exitValue();
  }

  private static List<String> squeezed(List<String> lines) {
    return lines.stream().map(line -> line.replaceAll(" {2,}", "  ")).toList();
  }

  /** All that stands in the kernel, as the tools that own it print it. */
  private List<String> everything() throws Exception {
    List<String> lines =
        new ArrayList<>(
            lab.run(Host.GATEWAY, "nft", "-s", "-a", "list", "ruleset").lines().toList());
    for (String lister : LISTERS) {
      lines.add(lister);
      lab.run(Host.GATEWAY, lister)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.replaceFirst("^(:\\S+ \\S+) \\[.*", "$1"))
          .forEach(lines::add);
    }
    return lines;
  }

  @Test
  void rulesThatTraceAreShownWhoeverPutThemThere() throws Exception {
    Running listed = rules();

    String user = "  raw  user  rule 1  0 packets  -A user -p udp -m udp --dport 53 -j TRACE";
    String again = user.replace("rule 1", "rule 3");
    String output =
        "  raw  OUTPUT  rule 1  0 packets  -A OUTPUT ! -o lo -p tcp -j TRACE"
            + "  \"a \"b\" \\\\x0a-A OUTPUT -j DROP \\x1b[31m --comment\"";
    List<String> expected =
        new ArrayList<>(
            List.of(
                "nft  inet  own  input  rule 2  0 packets  ip saddr { 10.0.0.1, 10.0.0.2 } counter"
                    + " meta nftrace set 1  \"forgotten\"",
                "nft  inet  own  user  rule 1  not counted  meta nftrace set 1",
                "nft  bridge  own  pre  rule 1  not counted  ether type arp meta nftrace set 1"));
    for (String flavour : List.of("iptables-nft", "iptables-legacy")) {
      for (String family : List.of("  ip", "  ip6")) {
        Stream.of(output, user, again).map(rule -> flavour + family + rule).forEach(expected::add);
      }
    }
    assertThat(squeezed(listed.out())).isEqualTo(expected);
    assertThat(listed.err()).isEmpty();
    assertThat(code(listed)).isZero();
  }

  @Test
  void whereNothingTracesItSaysSo() throws Exception {
    Running listed = rules("--netns", lab.name(Host.SERVER));
    assertThat(listed.out()).isEmpty();
    assertThat(listed.err()).containsExactly("fwtrail: no rule traces packets here");
    assertThat(code(listed)).isZero();
  }

  @Test
  void aPlaceIsShownInEveryFlavourThatHasIt() throws Exception {
    try (UdpServer server = lab.udpSink(Host.SERVER, 53);
        UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 53)) {
      sender.send(3, 100);
      await().atMost(Fwtrail.PATIENCE).until(() -> server.received() == 3);
    }
    String rule = "  filter  FORWARD  rule 1  %s  -A FORWARD -p udp -m udp --dport 53 -j ACCEPT";
    List<String> expected =
        List.of(
            "iptables-nft  ip" + String.format(rule, "3 packets, 108 bytes"),
            "iptables-nft  ip6" + String.format(rule, "0 packets, 0 bytes"),
            "iptables-legacy  ip" + String.format(rule, "3 packets, 108 bytes"),
            "iptables-legacy  ip6" + String.format(rule, "0 packets, 0 bytes"));

    assertThat(squeezed(rules("filter", "FORWARD", "1").out())).isEqualTo(expected);
    assertThat(squeezed(rules("filter:FORWARD:rule:1").out())).isEqualTo(expected);
    assertThat(squeezed(rules("--family", "ip6", "filter", "FORWARD", "1").out()))
        .containsExactly(expected.get(1), expected.get(3));
  }

  @Test
  void onePastTheEndIsThePolicy() throws Exception {
    assertThat(squeezed(rules("own", "input").out()))
        .containsExactly(
            "nft  inet  own  input  rule 1  0 packets, 0 bytes  tcp dport 22 counter accept  \"ssh\"",
            "nft  inet  own  input  rule 2  0 packets, 0 bytes  ip saddr { 10.0.0.1, 10.0.0.2 }"
                + " counter meta nftrace set 1  \"forgotten\"",
            "nft  inet  own  input  rule 3  not counted  meta nftrace set 0",
            "nft  inet  own  input  policy  drop, behind its 3 rules");
    assertThat(squeezed(rules("own", "input", "4").out()))
        .containsExactly("nft  inet  own  input  policy  drop, behind its 3 rules");
    assertThat(squeezed(rules("own", "user", "2").out()))
        .containsExactly("nft  inet  own  user  end  return, behind its 1 rule");
  }

  @Test
  void whatIsNotThereIsNamed() throws Exception {
    Running chain = rules("filter", "FORWRD", "1");
    assertThat(chain.err())
        .containsExactly(
            "fwtrail rules: no chain 'FORWRD' in table filter; did you mean 'FORWARD'?"
                + " (there are FORWARD, INPUT, OUTPUT)");
    assertThat(code(chain)).isEqualTo(1);
    Running past = rules("own", "input", "5");
    assertThat(past.err())
        .containsExactly(
            "fwtrail rules: there is no rule 5 in nft inet own input, which has 3 rules");
    assertThat(code(past)).isEqualTo(1);
  }

  @Test
  void aRuleALineAsJson() throws Exception {
    List<JsonNode> rules = rules("--output", "json").out().stream().map(Records::read).toList();
    assertThat(rules).hasSize(15);
    assertThat(rules.get(0).toString())
        .isEqualTo(
            "{\"flavour\":\"nft\",\"family\":\"inet\",\"table\":\"own\",\"chain\":\"input\","
                + "\"hook\":\"input\",\"kind\":\"rule\",\"rule\":{\"number\":2,\"handle\":5,"
                + "\"text\":\"ip saddr { 10.0.0.1, 10.0.0.2 } counter meta nftrace set 1\","
                + "\"comment\":\"forgotten\"},\"packets\":0,\"bytes\":0,\"traces\":true}");
    JsonNode legacy = rules.get(9);
    assertThat(legacy.get("flavour").asString()).isEqualTo("iptables-legacy");
    assertThat(legacy.at("/rule/comment").asString()).isEqualTo(COMMENT);
    assertThat(legacy.at("/rule/handle").isMissingNode()).isTrue();
    List<JsonNode> place =
        rules("own", "input", "4", "--output", "json").out().stream().map(Records::read).toList();
    assertThat(place)
        .singleElement()
        .asString()
        .endsWith("\"kind\":\"policy\",\"verdict\":\"drop\"}");
  }

  @Test
  void straysAreRemovedAndNothingElseMoves() throws Exception {
    List<String> expected =
        everything().stream()
            .filter(line -> !line.contains("TRACE") && !line.contains("nftrace set 1"))
            .toList();

    Running removed = rules("--remove", "--yes");

    assertThat(removed.err()).isEmpty();
    assertThat(code(removed)).isZero();
    assertThat(removed.out())
        .hasSize(15)
        .contains(
            "removed nft inet own input: ip saddr { 10.0.0.1, 10.0.0.2 } counter meta nftrace set 1"
                + "  \"forgotten\"",
            "removed iptables-legacy ip raw user: -A user -p udp -m udp --dport 53 -j TRACE;"
                + " of the same words 1 more there",
            "removed iptables-legacy ip raw user: -A user -p udp -m udp --dport 53 -j TRACE");
    assertThat(withoutTrace(everything())).isEqualTo(withoutTrace(expected));
    assertThat(rules().out()).isEmpty();
    Running again = rules("--remove", "--yes");
    assertThat(again.err())
        .containsExactly(
            "fwtrail: no rule to remove: nothing traces packets here that was left behind");
    assertThat(code(again)).isZero();
  }

  /** A comment of several lines is printed as several, of which only the last names the target. */
  private static List<String> withoutTrace(List<String> lines) {
    return lines.stream().filter(line -> !line.contains("--comment \"a \\\"b\\\"")).toList();
  }

  @Test
  void oneFamilyIsRemovedAlone() throws Exception {
    Running removed = rules("--remove", "--yes", "--family", "bridge");
    assertThat(removed.out())
        .containsExactly("removed nft bridge own pre: ether type arp meta nftrace set 1");
    assertThat(rules().out()).hasSize(14);
  }

  @Test
  void withoutATerminalItDoesNotAsk() throws Exception {
    List<String> before = everything();
    Running removed = rules("--remove");
    assertThat(code(removed)).isEqualTo(2);
    assertThat(removed.err())
        .containsExactly(
            "fwtrail rules: --remove asks first, and there is no terminal to ask at: give --yes"
                + " (fwtrail rules --help shows all)");
    assertThat(everything()).isEqualTo(before);
  }

  /** Runs it at a pseudo-terminal, and answers its question. */
  private List<String> atTerminal(String answer) throws Exception {
    StringBuilder command = new StringBuilder();
    for (String word : Fwtrail.command()) {
      command.append('\'').append(word).append("' ");
    }
    command.append("rules --remove --family bridge");
    Running running =
        lab.start(Host.GATEWAY, "script", "-q", "-e", "-c", command.toString(), "/dev/null");
    // The question ends without a line's end, so the line before it is waited for.
    String unused = running.awaitLine(line -> line.contains("ether type arp"), Fwtrail.PATIENCE);
    running.input(answer);
    assertThat(running.awaitEnd(Fwtrail.PATIENCE)).isZero();
    return running.out().stream().map(String::strip).toList();
  }

  @Test
  void itAsksAtATerminalWithEachRuleInFull() throws Exception {
    List<String> before = everything();
    List<String> refused = atTerminal("n\n");
    assertThat(squeezed(refused))
        .contains("nft  bridge  own  pre  rule 1  not counted  ether type arp meta nftrace set 1");
    assertThat(refused).anyMatch(line -> line.startsWith("remove this rule? [y/N]"));
    assertThat(refused).last().asString().endsWith("fwtrail: nothing was removed");
    assertThat(everything()).isEqualTo(before);

    assertThat(atTerminal("y\n"))
        .last()
        .asString()
        .endsWith("removed nft bridge own pre: ether type arp meta nftrace set 1");
    assertThat(rules("--family", "bridge").out()).isEmpty();
  }

  @Test
  void aRuleThatDecidesAsWellIsLeftAlone() throws Exception {
    lab.run(
        Host.GATEWAY,
        words("nft", "add rule bridge own pre ether type ip meta nftrace set 1 accept"));
    Running removed = rules("--remove", "--yes", "--family", "bridge");
    assertThat(code(removed)).isEqualTo(1);
    assertThat(removed.err())
        .singleElement()
        .asString()
        .startsWith(
            "fwtrail: not removed: nft bridge own pre: ether type ip meta nftrace set 1 accept:"
                + " it does more than trace");
    assertThat(removed.out())
        .containsExactly("removed nft bridge own pre: ether type arp meta nftrace set 1");
  }

  @Test
  void aRunningFwtrailKeepsItsMark() throws Exception {
    Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp");
    assertThat(squeezed(rules("--family", "inet").out()))
        .filteredOn(line -> line.contains("fwtrail-"))
        .singleElement()
        .asString()
        .endsWith("meta nftrace set 1 accept  (of a running fwtrail)");

    Running removed = rules("--remove", "--yes");

    assertThat(code(removed)).isZero();
    assertThat(removed.err())
        .containsExactly("fwtrail: 2 rules are of a running program, and left to it");
    assertThat(lab.run(Host.GATEWAY, "nft", "list", "tables")).contains("fwtrail-");
    assertThat(Fwtrail.terminate(trace)).isZero();
  }

  @Test
  void aKilledFwtrailsTableGoesAsAWhole() throws Exception {
    // As a fwtrail leaves it that is killed on Linux before 5.12.
    lab.nft(
        Host.GATEWAY,
        """
        table inet fwtrail-4123456789 {
          chain trace {
            counter meta nftrace set 1 accept
          }
          chain prerouting {
            type filter hook prerouting priority -301;
            udp dport 53 goto trace
          }
        }
        """);
    assertThat(rules("--family", "inet").out())
        .anyMatch(line -> line.endsWith("accept  (left behind by a killed fwtrail)"));

    Running removed = rules("--remove", "--yes", "--family", "inet");

    assertThat(removed.out()).contains("removed the table inet fwtrail-4123456789");
    assertThat(code(removed)).isZero();
    assertThat(lab.run(Host.GATEWAY, "nft", "list", "tables")).doesNotContain("fwtrail-");
  }
}
