package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.UdpSender;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Where the kernel keeps messages back, the same hops are shown as where it sends them all. */
@NeedsKernel
class MessageFilterKernelTest {
  private static final Pattern HANDLE = Pattern.compile("the one\" # handle (\\d+)");
  private static final int PACKETS = 50;

  /** A trail's number counts what was shown, the time is of receipt. */
  private static final List<String> OF_THE_RUN = List.of("time", "trail");

  private Lab lab;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    lab.nft(
        Host.GATEWAY,
        """
        table inet t {
          chain called { counter; udp dport 5001 counter comment "the one"; counter meta mark set 7; }
          chain calledFirst { counter; udp dport 5002 drop; jump called; counter; }
          chain before { type filter hook prerouting priority 0; counter; counter; jump called; counter; }
          chain through { type filter hook forward priority 0; policy accept;
            counter; meta mark set 3; jump calledFirst; counter; goto called; }
        }
        """);
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  private static boolean isLast(JsonNode hop) {
    return hop.path("packet").path("dport").asInt() == 5003;
  }

  private static List<JsonNode> hops(Running trace) {
    return trace.out().stream().map(Records::read).toList();
  }

  /** What both show is compared, up to the packets that tell that all is there. */
  private static List<String> comparable(List<JsonNode> hops, Predicate<JsonNode> wanted) {
    List<String> texts = new ArrayList<>();
    for (JsonNode hop : hops) {
      if (wanted.test(hop) && !isLast(hop)) {
        texts.add(((ObjectNode) hop).remove(OF_THE_RUN).toString());
      }
    }
    return texts;
  }

  private void compare(Predicate<JsonNode> wanted, String... query) throws Exception {
    List<String> words = new ArrayList<>(List.of("trace", "-p", "udp", "--output", "json-hops"));
    Running all = Fwtrail.ready(lab, Host.GATEWAY, words.toArray(String[]::new));
    words.addAll(List.of(query));
    Running filtered = Fwtrail.ready(lab, Host.GATEWAY, words.toArray(String[]::new));
    for (int port : List.of(5001, 5002)) {
      try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, port)) {
        sender.send(PACKETS, 1000);
      }
    }
    try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V6, 5003)) {
      sender.send(1, 1000);
    }
    // Of the last packet a hop is shown in any case where a chain is asked for.
    await().atMost(Fwtrail.PATIENCE).until(() -> hops(all).stream().anyMatch(hop -> isLast(hop)));
    assertThat(Fwtrail.terminate(filtered)).isZero();
    assertThat(Fwtrail.terminate(all)).isZero();

    List<String> shown = comparable(hops(filtered), hop -> true);
    assertThat(shown).isNotEmpty().isEqualTo(comparable(hops(all), wanted));
    assertThat(filtered.err()).anyMatch(line -> line.contains(", 0 incomplete; 0 messages lost"));
  }

  @Test
  void aRuleByItsHandle() throws Exception {
    Matcher handle = HANDLE.matcher(lab.run(Host.GATEWAY, "nft", "-a", "list", "ruleset"));
    assertThat(handle.find()).isTrue();
    int number = Integer.parseInt(handle.group(1));
    compare(hop -> hop.path("rule").path("handle").asInt() == number, "--rule", "handle " + number);
  }

  @Test
  void aChainWhoseNameBeginsAnothers() throws Exception {
    compare(hop -> hop.get("chain").asString().equals("called"), "--chain", "called");
  }

  @Test
  void severalChains() throws Exception {
    compare(
        hop -> List.of("calledFirst", "through").contains(hop.get("chain").asString()),
        "--chain",
        "calledFirst,through");
  }
}
