package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.UdpSender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * All namespaces at once: client, gateway and server are one host's. The command runs in a PID
 * namespace of its own, so that it finds the namespaces of this test and no others.
 */
@NeedsKernel
class AllNetnsKernelTest {

  private Lab lab;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    lab.nft(
        Host.CLIENT,
        """
        table inet mine {
          chain output { type filter hook output priority 0; policy accept;
            udp dport 53 accept
          }
        }
        """);
    lab.nft(
        Host.GATEWAY,
        """
        table ip nat {
          chain pre { type nat hook prerouting priority -100;
            ip daddr 10.11.0.1 udp dport 53 dnat to 10.12.0.2:5353
          }
          chain post { type nat hook postrouting priority 100;
            oifname "wan0" masquerade
          }
        }
        table inet filter {
          chain forward { type filter hook forward priority 0; policy drop;
            ct status dnat accept
          }
        }
        """);
    lab.nft(
        Host.SERVER,
        """
        table inet host {
          chain input { type filter hook input priority 0; policy accept;
            udp dport 5353 drop
          }
        }
        """);
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  private Running ready(Host host, String... arguments) throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of("unshare", "--pid", "--fork", "--mount-proc", "--propagation", "slave"));
    List<String> command = Fwtrail.command();
    words.add(command.get(0));
    // Each is process 1 there, and a JVM warns on stdout of another one's file of that number.
    words.add("-XX:-UsePerfData");
    words.addAll(command.subList(1, command.size()));
    words.addAll(List.of("trace", "--all-netns"));
    words.addAll(List.of(arguments));
    if (!words.contains("--output")) {
      words.addAll(List.of("--output", "json"));
    }
    Running running = lab.start(host, words.toArray(String[]::new));
    String unused = running.awaitLine(line -> line.contains("fwtrail: ready"), Fwtrail.PATIENCE);
    return running;
  }

  private static List<JsonNode> trails(Running running) throws Exception {
    assertThat(running.awaitEnd(Fwtrail.PATIENCE)).as(() -> running.err().toString()).isZero();
    return running.out().stream().map(Records::read).toList();
  }

  private void send(String to, int port, int packets) throws Exception {
    try (UdpSender sender = lab.udpSender(Host.CLIENT, to, port)) {
      sender.send(packets, 1000);
    }
  }

  /** Where it was, and what it met: "gateway filter forward 1". */
  private static List<String> hops(JsonNode trail) {
    return StreamSupport.stream(trail.get("hops").spliterator(), false)
        .map(
            hop ->
                hop.get("netns").asString().replaceFirst(".*-", "")
                    + " "
                    + hop.get("table").asString()
                    + " "
                    + hop.get("chain").asString()
                    + (hop.has("rule") ? " " + hop.get("rule").get("number").asInt() : ""))
        .toList();
  }

  private static List<String> changes(JsonNode trail) {
    return StreamSupport.stream(trail.get("changes").spliterator(), false)
        .filter(change -> !change.get("field").asString().equals("ttl"))
        .map(
            change ->
                change.get("hop").asInt()
                    + " "
                    + change.get("field").asString()
                    + " "
                    + change.get("from").asString()
                    + " "
                    + change.get("to").asString())
        .toList();
  }

  @Test
  void throughNatFromNamespaceToNamespaceItIsOneTrail() throws Exception {
    // The match fits in the client and at the gateway alone: at the server the address is another.
    Running trace = ready(Host.GATEWAY, "-d", "10.11.0.1", "-p", "udp", "--count", "1");
    send(Lab.GATEWAY_LAN_V4, 53, 1);

    List<JsonNode> trails = trails(trace);
    assertThat(trails).hasSize(1);
    JsonNode trail = trails.get(0);
    assertThat(hops(trail))
        .containsExactly(
            "client mine output 1",
            "gateway nat pre 1",
            "gateway filter forward 1",
            "gateway nat post 1",
            "server host input 1");
    assertThat(trail.get("verdict").asString()).isEqualTo("drop");
    assertThat(trail.get("complete").asBoolean()).isTrue();
    assertThat(changes(trail))
        .contains("3 dst 10.11.0.1 10.12.0.2", "3 dport 53 5353", "5 src 10.11.0.2 10.12.0.1");
  }

  /** Without the time, the source port, and what the lab puts before the hosts' names. */
  private static String steady(String line) {
    return line.replaceAll("^\\d\\d:\\d\\d:\\d\\d\\.\\d{6}", "TIME")
        .replaceAll("lab\\d+-\\d+-", "")
        .replaceAll("(10\\.11\\.0\\.2|10\\.12\\.0\\.1):\\d+", "$1:PORT")
        .stripTrailing();
  }

  @Test
  void theReadmeShowsWhatItPrints() throws Exception {
    String readme = Files.readString(Path.of("..", "README.md"));
    String marked = readme.substring(readme.indexOf("<!-- all-netns:"));
    List<String> sample =
        marked.split("```\n", 3)[1].lines().map(AllNetnsKernelTest::steady).toList();
    Running trace =
        ready(Host.GATEWAY, "--output", "text", "-d", "10.11.0.1", "-p", "udp", "--count", "1");
    send(Lab.GATEWAY_LAN_V4, 53, 1);
    assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();

    assertThat(
            trace.out().stream()
                .filter(line -> !line.isEmpty())
                .map(AllNetnsKernelTest::steady)
                .toList())
        .isEqualTo(sample);
  }

  @Test
  void aThousandPacketsOfOneFlowAreAThousandTrails() throws Exception {
    Running trace = ready(Host.GATEWAY, "-d", "10.11.0.1", "-p", "udp", "--count", "1000");
    send(Lab.GATEWAY_LAN_V4, 53, 1000);

    List<JsonNode> trails = trails(trace);
    assertThat(trails).hasSize(1000);
    assertThat(trails)
        .allSatisfy(
            trail -> {
              List<String> hops = hops(trail);
              assertThat(hops).startsWith("client mine output 1").endsWith("server host input 1");
              assertThat(hops).contains("gateway filter forward 1").doesNotHaveDuplicates();
              assertThat(trail.get("complete").asBoolean()).isTrue();
            });
  }

  @Test
  void aNamespaceThatAppearsIsTracedToo() throws Exception {
    Running trace = ready(Host.GATEWAY, "-p", "udp", "--dport", "77", "--count", "1");
    String late = lab.name(Host.GATEWAY) + "-late";
    String unused = lab.run(Host.GATEWAY, "ip", "netns", "add", late);
    unused = lab.run(Host.GATEWAY, "ip", "-n", late, "link", "set", "lo", "up");
    unused =
        lab.run(
            Host.GATEWAY,
            "ip",
            "netns",
            "exec",
            late,
            "nft",
            "add table inet t; add chain inet t in { type filter hook input priority 0; policy drop; }");
    await()
        .atMost(Fwtrail.PATIENCE)
        .until(
            () ->
                lab.run(Host.GATEWAY, "ip", "netns", "exec", late, "nft", "list", "tables")
                    .contains("fwtrail-"));
    unused =
        lab.run(
            Host.GATEWAY,
            "ip",
            "netns",
            "exec",
            late,
            "bash",
            "-c",
            "echo > /dev/udp/127.0.0.1/77");

    JsonNode trail = trails(trace).get(0);
    assertThat(trail.get("verdict").asString()).isEqualTo("drop");
    assertThat(trail.get("hops").get(0).get("netns").asString()).isEqualTo(late);
    unused = lab.run(Host.GATEWAY, "ip", "netns", "del", late);
  }

  @Test
  void nothingIsLeftInAnyNamespace() throws Exception {
    String before = lab.run(Host.GATEWAY, "ip", "netns", "list-id");
    Running trace = ready(Host.GATEWAY, "-d", "10.11.0.1", "--count", "1");
    for (Host host : Host.values()) {
      assertThat(lab.run(host, "nft", "list", "tables")).contains("fwtrail-");
    }
    send(Lab.GATEWAY_LAN_V4, 53, 1);
    assertThat(trails(trace)).hasSize(1);
    for (Host host : Host.values()) {
      await()
          .atMost(Fwtrail.PATIENCE)
          .until(() -> !lab.run(host, "nft", "list", "tables").contains("fwtrail-"));
    }
    assertThat(lab.run(Host.GATEWAY, "ip", "netns", "list-id")).isEqualTo(before);
  }
}
