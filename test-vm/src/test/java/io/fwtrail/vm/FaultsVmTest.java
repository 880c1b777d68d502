package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.netlink.lab.UdpServer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Faults of a whole host: its clock and its connection table are one for all that run on it. */
class FaultsVmTest {
  private static final String MOST_CONNECTIONS = "net.netfilter.nf_conntrack_max";

  @BeforeEach
  @AfterEach
  void clear() throws Exception {
    Rules.clear();
  }

  /**
   * A packet of a new connection is dropped where connections are looked up, ahead of the chain
   * that would have let it through, and no trace message tells of it.
   */
  @Test
  void aFullConnectionTableIsNotTakenForARule() throws Exception {
    Rules.nftables();
    String most = Machine.run("sysctl", "-n", MOST_CONNECTIONS).get(0);
    try (Lab lab = Lab.onThisHost();
        UdpServer unusedServer = lab.udpEcho(Host.SERVER, 53);
        UdpSender known = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 53)) {
      // Answered, and so one that the kernel does not give up for a newer one.
      for (int i = 0; i < 3; i++) {
        known.send(1, 1000);
        long answered = i + 1L;
        await().atMost(Machine.PATIENCE).until(() -> unusedServer.received() >= answered);
      }
      List<String> unused = Machine.run("sysctl", "-w", MOST_CONNECTIONS + "=1");
      Running trace = Machine.fwtrail("trace", "-s", Lab.CLIENT_V4, "--output", "json");
      Traffic.packetTo(lab, 53);
      await().atMost(Machine.PATIENCE).until(() -> !trace.out().isEmpty());
      unused = Machine.run("sysctl", "-w", MOST_CONNECTIONS + "=" + most);
      Traffic.packetTo(lab, 53);
      await().atMost(Machine.PATIENCE).until(() -> trace.out().size() > 1);
      Machine.end(trace);

      List<JsonNode> trails = Machine.records(trace.out());
      assertThat(trails.get(0).path("verdict").asString("")).isNotEqualTo("accept");
      assertThat(trails.get(0).at("/ending/kind").asString("")).isNotEqualTo("sent");
      assertThat(trails.get(1).get("verdict").asString()).isEqualTo("accept");
      assertThat(trace.err()).last().asString().contains("0 messages lost");
    } finally {
      List<String> unused = Machine.run("sysctl", "-w", MOST_CONNECTIONS + "=" + most);
    }
    Machine.assertNothingIsLeft();
  }

  /** Trails are told apart and ended by a clock that nobody can set. */
  @Test
  void aClockThatIsSetBackHoldsNothingUp() throws Exception {
    Rules.nftables();
    Instant before = Instant.now();
    long began = System.nanoTime();
    List<String> unused = Machine.sh("systemctl stop systemd-timesyncd 2>/dev/null || true");
    try (Lab lab = Lab.onThisHost();
        Running trace =
            Machine.fwtrail("trace", "-s", Lab.CLIENT_V4, "--output", "json", "--count", "2")) {
      Traffic.packetTo(lab, 53);
      await().atMost(Machine.PATIENCE).until(() -> trace.out().size() == 1);
      unused = Machine.run("date", "-s", "@" + before.minus(Duration.ofHours(1)).getEpochSecond());
      Traffic.packetTo(lab, 53);
      assertThat(trace.awaitEnd(Machine.PATIENCE)).isZero();

      List<JsonNode> trails = Machine.records(trace.out());
      assertThat(trails)
          .allSatisfy(trail -> assertThat(trail.get("complete").asBoolean()).isTrue());
      assertThat(trails)
          .allSatisfy(
              trail -> assertThat(time(trail, "end")).isAfterOrEqualTo(time(trail, "begin")));
      assertThat(time(trails.get(1), "begin")).isBefore(time(trails.get(0), "begin"));
    } finally {
      Instant now = before.plusNanos(System.nanoTime() - began);
      unused = Machine.run("date", "-s", "@" + now.getEpochSecond());
    }
    Machine.assertNothingIsLeft();
  }

  private static Instant time(JsonNode trail, String name) {
    return Instant.parse(trail.get(name).asString());
  }
}
