package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.Running;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What can happen to a trace, and to the rules below it: nothing is left, nothing is lost. */
class EndsVmTest {
  private static final Path CONFIGURATION = Path.of("/etc/nftables.conf");

  @TempDir private Path folder;

  @BeforeEach
  @AfterEach
  void clear() throws Exception {
    Rules.clear();
  }

  private static void awaitTrails(Path file, int count) {
    await()
        .atMost(Machine.PATIENCE)
        .until(() -> Files.exists(file) && Files.readAllLines(file).size() >= count);
  }

  @Test
  void killedItLeavesNoMarkAndWhatItWrote() throws Exception {
    Rules.iptables("legacy");
    String before = Machine.nfLog();
    Path file = folder.resolve("trails.jsonl");
    try (Lab lab = Lab.onThisHost();
        Running trace =
            Machine.fwtrail(
                "trace", "-s", Lab.CLIENT_V4, "--output", "json", "--write", file.toString())) {
      for (int port = 2000; port < 2010; port++) {
        Traffic.packetTo(lab, port);
      }
      awaitTrails(file, 10);
      trace.process().destroyForcibly().waitFor();

      assertThat(Machine.run("nft", "list", "tables")).noneMatch(line -> line.contains("fwtrail"));
      assertThat(Machine.records(Files.readAllLines(file)))
          .extracting(trail -> trail.at("/packet/dport").asInt())
          .containsExactly(2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009);
    }
    // The kernel puts a setting back for nobody: the next run does.
    assertThat(Machine.nfLog()).isEqualTo("nfnetlink_log");
    List<String> unused = Machine.run("fwtrail", "listen", "--for", "1s");
    assertThat(Machine.nfLog()).isEqualTo(before);
    Machine.assertNothingIsLeft();
  }

  @Test
  void rulesAreLoadedAnewByTheirService() throws Exception {
    Path kept = folder.resolve("nftables.conf");
    Files.copy(CONFIGURATION, kept);
    Files.copy(Rules.file("nftables.conf"), CONFIGURATION, StandardCopyOption.REPLACE_EXISTING);
    try (Lab lab = Lab.onThisHost()) {
      List<String> unused = Machine.run("systemctl", "restart", "nftables");
      Running trace =
          Machine.fwtrail(
              "trace",
              "-s",
              Lab.CLIENT_V4,
              "--output",
              "json",
              "--ruleset",
              CONFIGURATION.toString());
      Traffic.packetTo(lab, 53);
      await().atMost(Machine.PATIENCE).until(() -> trace.out().size() == 1);
      unused = Machine.run("systemctl", "restart", "nftables");
      Traffic.packetTo(lab, 53);
      await().atMost(Machine.PATIENCE).until(() -> trace.out().size() == 2);
      unused = Machine.run("systemctl", "stop", "nftables");
      unused = Machine.run("systemctl", "start", "nftables");
      Traffic.packetTo(lab, 53);
      await().atMost(Machine.PATIENCE).until(() -> trace.out().size() == 3);
      Machine.end(trace);

      assertThat(trace.err()).last().asString().contains("0 incomplete; 0 messages lost");
      for (JsonNode trail : Machine.records(trace.out())) {
        assertThat(trail.get("verdict").asString()).isEqualTo("accept");
        JsonNode rule = trail.at("/decidedBy/rule");
        assertThat(rule.get("text").asString()).isEqualTo("udp dport 53 accept");
        assertThat(rule.get("comment").asString()).isEqualTo("names");
        assertThat(rule.get("line").asInt()).isEqualTo(12);
      }
    } finally {
      Files.copy(kept, CONFIGURATION, StandardCopyOption.REPLACE_EXISTING);
      List<String> unused = Machine.run("systemctl", "stop", "nftables");
    }
    Machine.assertNothingIsLeft();
  }

  /** Linux 6.1 ends a chain with another message than 6.18, and tells of no connection. */
  @Test
  void theEndsOfChainsAreToldAsOnAnyKernel() throws Exception {
    List<String> unused = Machine.run("nft", "-f", Rules.file("nftables.conf").toString());
    try (Lab lab = Lab.onThisHost();
        Running trace =
            Machine.fwtrail("trace", "-s", Lab.CLIENT_V4, "--output", "json", "--count", "2")) {
      Traffic.packetTo(lab, 53);
      Traffic.packetTo(lab, 54);
      assertThat(trace.awaitEnd(Machine.PATIENCE)).isZero();
      List<JsonNode> trails = Machine.records(trace.out());
      assertThat(trails)
          .extracting(EndsVmTest::hops)
          .containsExactly(
              List.of("forward rule 2 jump", "web return return", "forward rule 3 accept"),
              List.of("forward rule 2 jump", "web return return", "forward policy drop"));
      // Where a trace message does not tell it, the kernel's own table is asked.
      assertThat(trails.get(0).at("/connection/state").asString()).isEqualTo("new");
    }
  }

  private static List<String> hops(JsonNode trail) {
    return trail.get("hops").valueStream().map(EndsVmTest::hop).toList();
  }

  private static String hop(JsonNode hop) {
    return hop.get("chain").asString()
        + " "
        + hop.get("kind").asString()
        + (hop.has("rule") ? " " + hop.at("/rule/number").asInt() : "")
        + " "
        + hop.get("verdict").asString();
  }
}
