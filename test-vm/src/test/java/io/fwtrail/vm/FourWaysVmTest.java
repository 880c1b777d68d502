package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.Running;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * The same packets through nftables, iptables-nft and iptables-legacy, whose hops come by NFLOG, by
 * the kernel log and by the file of this machine's own rsyslog, give the same hops.
 */
class FourWaysVmTest {
  private static final Path LOG = Path.of("/var/log/firewall_trace.log");
  private static final int ROUNDS = 3;
  private static final int PACKETS_PER_ROUND = 30;

  @BeforeAll
  static void setup() throws Exception {
    List<String> unused = Machine.run("fwtrail", "setup", "rsyslog");
  }

  @AfterAll
  static void removeSetup() throws Exception {
    List<String> unused = Machine.run("fwtrail", "setup", "remove", "--logs");
    assertThat(LOG).doesNotExist();
    Machine.assertNothingIsLeft();
  }

  @BeforeEach
  @AfterEach
  void clear() throws Exception {
    Rules.clear();
  }

  private static List<JsonNode> trace(String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("trace", "-s", Traffic.SOURCES, "--output", "json-hops"));
    arguments.addAll(List.of(more));
    try (Lab lab = Lab.onThisHost();
        Running trace = Machine.fwtrail(arguments.toArray(String[]::new))) {
      Traffic.throughAllRules(lab);
      // The last one: what the refused connection over IPv6 is answered with, or what refused it.
      await()
          .atMost(Machine.PATIENCE)
          .until(
              () ->
                  trace.out().stream()
                      .anyMatch(
                          line -> line.contains("\"icmpv6\"") && line.contains("postrouting")));
      Machine.end(trace);
      assertThat(trace.err()).last().asString().contains("0 messages lost");
      return Machine.records(trace.out());
    }
  }

  private static void assertCameBy(List<JsonNode> hops, String source) {
    assertThat(hops).extracting(hop -> hop.get("source").asString()).containsOnly(source);
  }

  @Test
  void samePacketsGiveTheSameHops() throws Exception {
    Rules.iptables("nft");
    List<JsonNode> iptablesNft = trace();
    assertCameBy(iptablesNft, "nftrace");
    assertThat(iptablesNft).isNotEmpty();
    List<String> expected = Hops.comparable(iptablesNft);
    Rules.clear();

    Rules.nftables();
    List<JsonNode> nftables = trace();
    assertCameBy(nftables, "nftrace");
    assertThat(Hops.comparable(nftables)).as("nftables").isEqualTo(expected);
    Rules.clear();

    Rules.iptables("legacy");
    List<JsonNode> nflog = trace();
    assertCameBy(nflog, "nflog");
    assertThat(Hops.comparable(nflog)).as("iptables-legacy by NFLOG").isEqualTo(expected);
    Machine.assertNothingIsLeft();

    List<String> unused = Machine.sh(": >" + LOG);
    List<JsonNode> kmsg = trace("--source", "kmsg");
    assertCameBy(kmsg, "kmsg");
    assertThat(Hops.comparable(kmsg)).as("iptables-legacy by kernel log").isEqualTo(expected);

    await().atMost(Machine.PATIENCE).until(() -> Files.readAllLines(LOG).size() >= kmsg.size());
    List<JsonNode> syslog =
        Machine.records(
            Machine.run(
                "fwtrail",
                "read",
                LOG.toString(),
                "--ruleset",
                Rules.file("rules.v4").toString(),
                "--ruleset",
                Rules.file("rules.v6").toString(),
                "--strict",
                "--output",
                "json-hops"));
    assertCameBy(syslog, "syslog");
    assertThat(Hops.comparable(syslog)).as("iptables-legacy by rsyslog").isEqualTo(expected);
  }

  @Test
  void logrotateTurnsTheLogOverWhileItIsRead() throws Exception {
    Rules.iptables("legacy");
    try (Lab lab = Lab.onThisHost();
        Running trace =
            Machine.fwtrail("trace", "--source", "kmsg", "-p", "udp", "-s", Lab.CLIENT_V4);
        Running read =
            Machine.start("fwtrail", "read", "--follow", LOG.toString(), "--output", "json-hops")) {
      List<Integer> sent = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        int first = 1000 + round * PACKETS_PER_ROUND;
        for (int port = first; port < first + PACKETS_PER_ROUND; port++) {
          Traffic.packetTo(lab, port);
          sent.add(port);
          if (port == first) {
            // The log is followed from here on, and is not turned over twice unseen.
            awaitHop(read, port);
          }
        }
        if (round < ROUNDS - 1) {
          List<String> unused = Machine.run("logrotate", "--force", "/etc/logrotate.conf");
        }
      }
      awaitHop(read, sent.get(sent.size() - 1));
      Machine.end(read);
      Machine.end(trace);
      // Each packet is dropped by the policy of filter's FORWARD, and so has one such hop. The log
      // may have older packets, too.
      assertThat(Machine.records(read.out()))
          .filteredOn(
              hop ->
                  hop.get("table").asString().equals("filter")
                      && hop.get("chain").asString().equals("FORWARD"))
          .extracting(hop -> hop.at("/packet/dport").asInt())
          .filteredOn(sent::contains)
          .containsExactlyElementsOf(sent);
      assertThat(Path.of(LOG + ".1")).exists();
    }
  }

  private static void awaitHop(Running read, int port) {
    await()
        .atMost(Machine.PATIENCE)
        .until(
            () -> read.out().stream().anyMatch(line -> line.contains("\"dport\":" + port + "}")));
  }
}
