package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trace rules of all flavours on one host. */
@NeedsKernel
class RulesKernelTest {
  private Lab lab;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    iptables("iptables-nft -t raw -A PREROUTING -p icmp -j ACCEPT");
    iptables("iptables-nft -t raw -A PREROUTING -p icmp -j TRACE");
    iptables(
        "iptables-legacy -t raw -A PREROUTING -p udp --dport 53 -m comment --comment mine -j TRACE");
    iptables("ip6tables-legacy -t raw -A OUTPUT -p tcp -j TRACE");
    iptables("iptables-legacy -A FORWARD -s 10.0.0.0/8 -j ACCEPT");
    iptables("iptables-legacy -A FORWARD -p udp -m comment --comment second -j DROP");
    lab.nft(
        Host.GATEWAY,
        """
        table inet own {
          chain c {
            type filter hook input priority 0; policy drop;
            tcp dport 22 counter accept
            tcp dport 23 meta nftrace set 1
          }
        }
        """);
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  private void iptables(String command) throws Exception {
    String unused = lab.run(Host.GATEWAY, command.split(" ", -1));
  }

  private Running rules(String... arguments) throws Exception {
    String[] words = new String[arguments.length + 1];
    words[0] = "rules";
    System.arraycopy(arguments, 0, words, 1, arguments.length);
    Running running = Fwtrail.start(lab, Host.GATEWAY, words);
    running.endInput();
    int unused = running.awaitEnd(Fwtrail.PATIENCE);
    return running;
  }

  @Test
  void rulesThatTraceAreShownWhoeverPutThemThere() throws Exception {
    assertThat(rules().out())
        .containsExactlyInAnyOrder(
            "nft  inet own c  rule 2  tcp dport 23 meta nftrace set 1",
            "iptables-nft  ip raw PREROUTING  rule 2  -A PREROUTING -p icmp -j TRACE  (0 packets)",
            "iptables-legacy  ip raw PREROUTING  rule 1  -A PREROUTING -p udp -m udp --dport 53 -j"
                + " TRACE  \"mine\"  (0 packets)",
            "iptables-legacy  ip6 raw OUTPUT  rule 1  -A OUTPUT -p tcp -j TRACE  (0 packets)");
  }

  @Test
  void aPlaceOfTheLogLeadsToItsRule() throws Exception {
    String rule =
        "iptables-legacy  ip filter FORWARD  rule 2  -A FORWARD -p udp -j DROP  \"second\"  (0 packets)";
    assertThat(rules("filter", "FORWARD", "2").out()).containsExactly(rule);
    assertThat(rules("filter:FORWARD:rule:2").out()).containsExactly(rule);
    assertThat(rules("filter:FORWARD:policy:3").out())
        .containsExactly("iptables-legacy  ip filter FORWARD  policy  accept");
    assertThat(rules("own", "c", "1").out())
        .containsExactly("nf_tables  inet own c  rule 1  tcp dport 22 counter accept  (0 packets)");
  }

  @Test
  void whatIsNotThereIsNamed() throws Exception {
    assertThat(rules("filter", "FORWRD", "1").err())
        .containsExactly(
            "fwtrail rules: no chain 'FORWRD' in the table filter here; did you mean 'FORWARD'?");
    Running past = rules("filter", "FORWARD", "9");
    assertThat(past.err())
        .containsExactly("fwtrail rules: there is no rule 9 in filter FORWARD, which has 2 rules");
    assertThat(past.awaitEnd(Fwtrail.PATIENCE)).isEqualTo(1);
  }

  @Test
  void straysAreRemovedAndNothingElse() throws Exception {
    Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp");
    Running asked = rules("--remove");
    assertThat(asked.awaitEnd(Fwtrail.PATIENCE)).as("without a terminal").isEqualTo(2);
    assertThat(rules().out()).hasSize(5);

    assertThat(rules("--remove", "--yes").awaitEnd(Fwtrail.PATIENCE)).isZero();
    assertThat(rules().out())
        .singleElement()
        .asString()
        .contains("fwtrail-")
        .endsWith("[a running fwtrail]");
    assertThat(Fwtrail.terminate(trace)).isZero();
    String nft = lab.run(Host.GATEWAY, "nft", "list", "ruleset");
    assertThat(nft).contains("tcp dport 22 counter").doesNotContain("nftrace");
    assertThat(
            lab.run(Host.GATEWAY, "iptables-nft", "-t", "raw", "-S", "PREROUTING").lines().toList())
        .isEqualTo(List.of("-P PREROUTING ACCEPT", "-A PREROUTING -p icmp -j ACCEPT"));
    assertThat(lab.run(Host.GATEWAY, "iptables-legacy-save"))
        .contains("second")
        .doesNotContain("TRACE");
  }
}
