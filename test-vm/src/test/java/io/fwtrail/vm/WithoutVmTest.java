package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.Running;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Hosts that lack something give trails by the way that is left, and say which. */
class WithoutVmTest {
  private static final String TEXT_OF_DROP = "-A FORWARD -p udp -m udp --dport 66 -j DROP";

  @TempDir private Path folder;

  private final Deque<Removed> removed = new ArrayDeque<>();

  @BeforeEach
  void clear() throws Exception {
    Rules.clear();
  }

  @AfterEach
  void putBack() throws Exception {
    while (!removed.isEmpty()) {
      removed.pop().putBack();
    }
    List<String> unused = Machine.run("systemctl", "start", "rsyslog");
    Rules.clear();
  }

  private void remove(String debianPackage) throws Exception {
    removed.push(new Removed(debianPackage));
  }

  /** A run that traced one packet to port 66: its trail, and what was said. */
  private record Traced(JsonNode trail, List<String> said) {
    String text() {
      return trail.at("/decidedBy/rule/text").asString();
    }

    List<String> sources() {
      return trail
          .get("hops")
          .valueStream()
          .map(hop -> hop.get("source").asString())
          .distinct()
          .toList();
    }
  }

  private static Traced trace(String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("trace", "-s", Lab.CLIENT_V4, "--output", "json", "--count", "1"));
    arguments.addAll(List.of(more));
    try (Lab lab = Lab.onThisHost();
        Running trace = Machine.fwtrail(arguments.toArray(String[]::new))) {
      Traffic.packetTo(lab, 66);
      assertThat(trace.awaitEnd(Machine.PATIENCE)).isZero();
      Traced traced = new Traced(Machine.records(trace.out()).get(0), trace.err());
      assertThat(traced.trail().get("verdict").asString()).isEqualTo("drop");
      return traced;
    }
  }

  /** A log has the packet to port 66, and nothing else that was traced. */
  private static void assertTheDropIsReadOf(Path log) throws Exception {
    List<JsonNode> read =
        Machine.records(
            Machine.run(
                "fwtrail",
                "read",
                log.toString(),
                "--ruleset",
                Rules.file("rules.v4").toString(),
                "--output",
                "json"));
    assertThat(read)
        .singleElement()
        .extracting(trail -> trail.at("/decidedBy/rule/text").asString())
        .isEqualTo(TEXT_OF_DROP);
  }

  @Test
  void withoutRsyslogItIsNetlinkAndTheKernelLogAndTheJournal() throws Exception {
    Rules.iptables("legacy");
    List<String> unused = Machine.run("systemctl", "stop", "syslog.socket", "rsyslog");
    remove("rsyslog");
    Machine.Said setup = Machine.attempt("fwtrail", "setup", "rsyslog");
    assertThat(setup.code()).isEqualTo(1);
    assertThat(setup.err()).anyMatch(line -> line.contains("not installed: apt install rsyslog"));

    String since = Machine.run("date", "+%F %T.%N").get(0);
    Traced kmsg = trace("--source", "kmsg");
    assertThat(kmsg.sources()).containsExactly("kmsg");
    assertThat(kmsg.text()).isEqualTo(TEXT_OF_DROP);

    // journald has the kernel's log as well.
    Path export = folder.resolve("journal.json");
    await()
        .atMost(Machine.PATIENCE)
        .until(
            () -> {
              Files.write(export, Machine.run("journalctl", "-k", "-o", "json", "--since", since));
              return Files.readString(export).contains("TRACE: filter:FORWARD:rule:5");
            });
    assertTheDropIsReadOf(export);
  }

  @Test
  void withoutTheProgramNftTheLibraryPrintsRules() throws Exception {
    Rules.nftables();
    remove("nftables");
    assertThat(Machine.attempt("sh", "-c", "command -v nft").code()).isNotZero();
    Traced traced = trace();
    assertThat(traced.sources()).containsExactly("nftrace");
    assertThat(traced.text()).isEqualTo("udp dport 66 drop");
  }

  @Test
  void withoutTheLibraryRulesAreShownByNumber() throws Exception {
    Rules.nftables();
    remove("nftables");
    remove("libnftables1");
    Traced traced = trace();
    assertThat(traced.sources()).containsExactly("nftrace");
    assertThat(traced.trail().at("/decidedBy/rule/number").asInt()).isEqualTo(5);
    assertThat(traced.said())
        .anyMatch(line -> line.contains("libnftables is not installed (apt install nftables)"));
  }

  @Test
  void withoutIptablesRulesOfNftAreTraced() throws Exception {
    Rules.nftables();
    remove("iptables");
    Traced traced = trace();
    assertThat(traced.sources()).containsExactly("nftrace");
    assertThat(traced.text()).isEqualTo("udp dport 66 drop");
    assertThat(Machine.run("fwtrail", "doctor"))
        .anyMatch(line -> line.startsWith("note") && line.contains("iptables is not installed"))
        .last()
        .asString()
        .startsWith("Tracing works here");
  }

  @Test
  void withoutIptablesLegacyRulesThatAreLoadedAreHeardAllTheSame() throws Exception {
    Rules.iptables("legacy");
    remove("iptables");
    try (Lab lab = Lab.onThisHost();
        Running trace = Machine.fwtrail("trace", "-s", Lab.CLIENT_V4, "--output", "json-hops")) {
      Traffic.packetTo(lab, 66);
      await()
          .atMost(Machine.PATIENCE)
          .until(
              () ->
                  trace.out().stream().anyMatch(line -> line.contains("\"rule\":{\"number\":5}")));
      Machine.end(trace);
      assertThat(trace.err()).anyMatch(line -> line.contains("shown by number"));
    }
  }

  @Test
  void withoutJournaldTheKernelLogAndRsyslogDo() throws Exception {
    Rules.iptables("legacy");
    String units =
        "systemd-journald.socket systemd-journald-dev-log.socket systemd-journald.service";
    List<String> unused =
        Machine.sh("systemctl mask " + units + " 2>&1 && systemctl stop " + units + " 2>&1");
    try {
      unused = Machine.run("fwtrail", "setup", "rsyslog");
      assertThat(trace("--source", "kmsg").sources()).containsExactly("kmsg");
      Path log = Path.of("/var/log/firewall_trace.log");
      await()
          .atMost(Machine.PATIENCE)
          .until(
              () ->
                  Files.exists(log)
                      && Files.readString(log).contains("TRACE: filter:FORWARD:rule:5"));
      assertTheDropIsReadOf(log);
    } finally {
      unused = Machine.run("fwtrail", "setup", "remove", "--logs");
      unused =
          Machine.sh(
              "systemctl unmask "
                  + units
                  + " 2>&1 && systemctl start systemd-journald.socket"
                  + " systemd-journald 2>&1");
    }
  }
}
