package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.TcpServer;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.netlink.lab.UdpServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The command as a person runs it, on a real gateway between a real client and server. */
@NeedsKernel
class TraceKernelTest {
  private static final Pattern PACKETS = Pattern.compile("packets (\\d+)");

  private static final String RULES =
      """
      table inet filter {
        chain forward {
          type filter hook forward priority 0; policy drop;
          udp dport 53 counter accept comment "dns"
          udp dport 5000-6000 accept
          tcp dport 8080 accept
        }
        chain output {
          type filter hook output priority 0; policy accept;
        }
      }
      """;

  @TempDir Path folder;
  private Lab lab;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    lab.nft(Host.GATEWAY, RULES);
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  private String tables() throws Exception {
    return lab.run(Host.GATEWAY, "nft", "list", "tables");
  }

  private void send(int port, int packets) throws Exception {
    try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, port)) {
      sender.send(packets, 1000);
    }
  }

  private static List<JsonNode> trails(Running running) {
    return running.out().stream().map(Records::read).toList();
  }

  private static void awaitTrails(Running running, int count) {
    await().atMost(Fwtrail.PATIENCE).until(() -> running.out().size() >= count);
  }

  @Test
  void showsWhatTheRuleSetDidAndLeavesNothing() throws Exception {
    Running trace =
        Fwtrail.ready(
            lab,
            Host.GATEWAY,
            "trace",
            "-p",
            "udp",
            "-d",
            "10.12.0.2",
            "--dport",
            "53",
            "--output",
            "json");
    send(53, 1);
    send(54, 1);
    awaitTrails(trace, 1);

    assertThat(Fwtrail.terminate(trace)).isZero();
    assertThat(trails(trace)).hasSize(1);
    JsonNode trail = trails(trace).get(0);
    assertThat(trail.get("verdict").asString()).isEqualTo("accept");
    assertThat(trail.get("complete").asBoolean()).isTrue();
    JsonNode rule = trail.get("decidedBy").get("rule");
    assertThat(rule.get("number").asInt()).isEqualTo(1);
    assertThat(rule.get("text").asString()).isEqualTo("udp dport 53 counter accept");
    assertThat(rule.get("comment").asString()).isEqualTo("dns");
    assertThat(trace.err())
        .contains(
            "fwtrail: 1 packet, 1 hop: 0 dropped, 1 accepted, 0 incomplete; 0 messages lost,"
                + " 0 held back");
    assertThat(tables()).isEqualTo("table inet filter");
  }

  @Test
  void killLeavesNoTable() throws Exception {
    Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp");
    assertThat(tables()).contains("fwtrail-");

    trace.process().destroyForcibly().waitFor();

    await().atMost(Fwtrail.PATIENCE).until(() -> tables().equals("table inet filter"));
  }

  @Test
  void twoAtOnceShowTheirOwnPackets() throws Exception {
    Running one = Fwtrail.ready(lab, Host.GATEWAY, "trace", "--dport", "5001", "--output", "json");
    Running two = Fwtrail.ready(lab, Host.GATEWAY, "trace", "--dport", "5002", "--output", "json");
    send(5001, 3);
    send(5002, 4);
    awaitTrails(one, 3);
    awaitTrails(two, 4);
    assertThat(Fwtrail.terminate(one)).isZero();
    assertThat(Fwtrail.terminate(two)).isZero();

    assertThat(trails(one))
        .hasSize(3)
        .allMatch(trail -> trail.get("packet").get("dport").asInt() == 5001);
    assertThat(trails(two))
        .hasSize(4)
        .allMatch(trail -> trail.get("packet").get("dport").asInt() == 5002)
        .allMatch(trail -> trail.get("hops").size() == 1);
  }

  @Test
  void countEndsByItself() throws Exception {
    Running trace =
        Fwtrail.ready(lab, Host.GATEWAY, "trace", "-i", "lan0", "--count", "5", "--output", "json");
    send(5001, 20);

    assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();
    assertThat(trace.out()).hasSize(5);
    assertThat(tables()).isEqualTo("table inet filter");
  }

  @Test
  void sampleHoldsBackAndSaysSo() throws Exception {
    Running trace =
        Fwtrail.ready(
            lab, Host.GATEWAY, "trace", "--dport", "5001", "--sample", "1/10", "--output", "json");
    send(5001, 100);
    awaitTrails(trace, 10);

    assertThat(Fwtrail.terminate(trace)).isZero();
    assertThat(trace.out()).hasSize(10);
    assertThat(trace.err())
        .anyMatch(
            line -> line.endsWith("held back 90: of 100 packets that matched 10 were traced"));
  }

  /** Those of RULES that count what passes, both ways. */
  private long passed() throws Exception {
    Matcher packets =
        PACKETS.matcher(lab.run(Host.GATEWAY, "nft", "list", "table", "inet", "seen"));
    long sum = 0;
    while (packets.find()) {
      sum += Long.parseLong(packets.group(1));
    }
    return sum;
  }

  @Test
  void aFlowIsSampledWholeOrNotAtAll() throws Exception {
    int flows = 200;
    int packets = 20;
    lab.nft(
        Host.GATEWAY,
        """
        table inet seen {
          chain before { type filter hook prerouting priority -1000;
            udp dport 5001 counter; udp sport 5001 counter; }
        }
        """);
    UdpServer unused = lab.udpEcho(Host.SERVER, 5001);
    Running trace =
        Fwtrail.ready(
            lab,
            Host.GATEWAY,
            "trace",
            "--dport",
            "5001",
            "--both-ways",
            "--sample",
            "1/10",
            "--by",
            "flow",
            "--output",
            "json");
    // All of them open until the end, as a port that is free again may be given out again.
    List<UdpSender> senders = new ArrayList<>();
    try {
      for (int flow = 1; flow <= flows; flow++) {
        UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 5001);
        senders.add(sender);
        sender.send(packets, 2_000);
        int sent = flow * packets;
        // The answer to each has passed: no socket's buffer can be full.
        await()
            .pollInterval(Duration.ofMillis(10))
            .atMost(Fwtrail.PATIENCE)
            .until(() -> passed() == 2L * sent);
      }
    } finally {
      for (UdpSender sender : senders) {
        sender.close();
      }
    }
    assertThat(Fwtrail.terminate(trace)).isZero();

    Map<Integer, Integer> there = new HashMap<>();
    Map<Integer, Integer> back = new HashMap<>();
    for (JsonNode trail : trails(trace)) {
      JsonNode packet = trail.get("packet");
      boolean answer = packet.get("sport").asInt() == 5001;
      int port = packet.get(answer ? "dport" : "sport").asInt();
      (answer ? back : there).merge(port, 1, Integer::sum);
    }
    assertThat(there.values()).allMatch(count -> count == packets);
    assertThat(back).isEqualTo(there);
    // A tenth of 200 by chance, with five standard deviations on either side.
    assertThat(there.size()).isBetween(1, 42);
    long traced = 2L * packets * there.size();
    assertThat(trace.err())
        .anyMatch(line -> line.endsWith("of 8000 packets that matched " + traced + " were traced"))
        .noneMatch(line -> line.contains("--rate held them back"));
  }

  @Test
  void theDefaultRateIsSaid() throws Exception {
    Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "--dport", "5001");
    assertThat(trace.err())
        .contains(
            "fwtrail: ready: tracing packets: port 5001, at most 10000 a second (--rate unlimited"
                + " lifts that); Ctrl-C ends it");
    assertThat(lab.run(Host.GATEWAY, "nft", "list", "ruleset"))
        .contains("limit rate 10000/second burst 10000 packets");
    assertThat(Fwtrail.terminate(trace)).isZero();
  }

  @Test
  void rateHoldsBackAndSaysSo() throws Exception {
    Running trace =
        Fwtrail.ready(
            lab, Host.GATEWAY, "trace", "--dport", "5001", "--rate", "5/h", "--output", "json");
    send(5001, 100);
    // Told of while it goes on: the kernel counts, and is asked every second.
    String news = trace.awaitLine(line -> line.startsWith("fwtrail: just lost:"), Fwtrail.PATIENCE);
    assertThat(news).endsWith(" packets (--rate held them back)");

    assertThat(Fwtrail.terminate(trace)).isZero();
    List<JsonNode> records = trails(trace);
    List<JsonNode> traced = records.stream().filter(record -> record.has("trail")).toList();
    long heldBack = 0;
    for (JsonNode record : records) {
      if (record.has("lost")) {
        assertThat(record.get("cause").asString()).isEqualTo("rate");
        heldBack += record.get("lost").asLong();
      }
    }
    assertThat(traced.size()).isBetween(5, 10);
    assertThat(heldBack).isEqualTo(100 - traced.size());
    assertThat(trace.err())
        .anyMatch(
            line -> line.endsWith("of 100 packets that matched " + traced.size() + " were traced"))
        .contains(
            "fwtrail: "
                + heldBack
                + " packets were not traced: --rate held them back; --rate unlimited lifts that");
  }

  @Test
  void resultsGoToFilesThatAreRotated() throws Exception {
    Path file = folder.resolve("trace.jsonl.gz");
    Running trace =
        Fwtrail.ready(
            lab,
            Host.GATEWAY,
            "trace",
            "--dport",
            "5001",
            "--output",
            "json",
            "--write",
            file.toString(),
            "--rotate",
            "2k",
            "--count",
            "300");
    int packets = 300;
    for (int sent = 0; sent < packets; sent += 20) {
      send(5001, 20);
    }
    assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();
    assertThat(trace.out()).isEmpty();
    assertThat(lines(folder))
        .hasSize(packets)
        .extracting(line -> Records.read(line).get("trail").asInt())
        .isSorted();
    assertThat(trace.err()).anyMatch(line -> line.startsWith("fwtrail: 300 packets"));

    Running again = Fwtrail.start(lab, Host.GATEWAY, "trace", "--write", folder.toString());
    assertThat(again.awaitEnd(Fwtrail.PATIENCE)).isEqualTo(1);
    assertThat(again.err())
        .containsExactly(
            "fwtrail trace: " + folder + " is a folder: results go to regular files only");
  }

  /** Of all files in the order of their names. */
  private static List<String> lines(Path folder) throws Exception {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        try (BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(
                    new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
          for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            lines.add(line);
          }
        }
      }
    }
    return lines;
  }

  @Test
  void outInterfaceIsKnownAfterRouting() throws Exception {
    Running wan = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-o", "wan0", "--output", "json");
    Running lan = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-o", "lan0", "--output", "json");
    send(5001, 3);
    awaitTrails(wan, 3);

    assertThat(Fwtrail.terminate(wan)).isZero();
    assertThat(Fwtrail.terminate(lan)).isZero();
    assertThat(wan.out()).hasSize(3);
    assertThat(trails(lan)).noneMatch(trail -> trail.get("packet").path("dport").asInt() == 5001);
  }

  @Test
  void bothWaysShowsTheAnswer() throws Exception {
    TcpServer unused = lab.tcpEcho(Host.SERVER, 8080);
    lab.nft(Host.GATEWAY, "insert rule inet filter forward ct state established accept\n");
    Running trace =
        Fwtrail.ready(
            lab,
            Host.GATEWAY,
            "trace",
            "-p",
            "tcp",
            "--dport",
            "8080",
            "--both-ways",
            "--output",
            "json");
    assertThat(lab.tcp(Host.CLIENT, Lab.SERVER_V4, 8080, "hello")).isEqualTo("hello");
    await()
        .atMost(Fwtrail.PATIENCE)
        .until(
            () ->
                trails(trace).stream()
                    .anyMatch(trail -> trail.get("packet").get("sport").asInt() == 8080));
    assertThat(Fwtrail.terminate(trace)).isZero();
    assertThat(trails(trace)).anyMatch(trail -> trail.get("packet").get("dport").asInt() == 8080);
  }

  @Test
  void expressionsAreMatchesWithSets() throws Exception {
    Running trace =
        Fwtrail.ready(
            lab,
            Host.GATEWAY,
            "trace",
            "--match",
            "udp dport { 5001, 5003 } ip ttl > 1",
            "--output",
            "json");
    send(5001, 1);
    send(5002, 1);
    send(5003, 1);
    awaitTrails(trace, 2);

    assertThat(Fwtrail.terminate(trace)).isZero();
    assertThat(trails(trace))
        .extracting(trail -> trail.get("packet").get("dport").asInt())
        .containsExactly(5001, 5003);
    assertThat(tables()).isEqualTo("table inet filter");
  }

  @Test
  void expressionsCannotDoMoreThanMatch() throws Exception {
    String before = ruleSet();
    for (String expression :
        List.of(
            "udp dport 53 drop",
            "udp dport 53 accept",
            "meta mark set 1",
            "tcp option maxseg size set rt mtu",
            "reset tcp option sack-perm",
            "udp dport vmap { 53 : drop }",
            "counter",
            "log",
            "udp dport 53; flush ruleset",
            "udp dport 53\nflush ruleset",
            "udp dport 53 } chain x { type filter hook input priority 0")) {
      Running trace = Fwtrail.start(lab, Host.GATEWAY, "trace", "--match", expression);

      assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).as(expression).isEqualTo(1);
      assertThat(trace.err()).as(expression).singleElement().asString().contains("match");
    }
    assertThat(ruleSet()).isEqualTo(before);
  }

  private String ruleSet() throws Exception {
    return lab.run(Host.GATEWAY, "nft", "list", "ruleset");
  }

  @Test
  void saysInOneLineWhatIsNotThere() throws Exception {
    Running noInterface = Fwtrail.start(lab, Host.GATEWAY, "trace", "-i", "lan1");
    assertThat(noInterface.awaitEnd(Fwtrail.PATIENCE)).isEqualTo(1);
    assertThat(noInterface.err())
        .containsExactly(
            "fwtrail trace: no network interface 'lan1' here; did you mean 'lan0'?"
                + " (there are lan0, lo, wan0)");

    Running noNamespace = Fwtrail.start(lab, Host.GATEWAY, "listen", "--netns", "nowhere");
    assertThat(noNamespace.awaitEnd(Fwtrail.PATIENCE)).isEqualTo(1);
    assertThat(noNamespace.err())
        .containsExactly(
            "fwtrail listen: no network namespace named 'nowhere' (looked in /run/netns)");

    Running noMatch = Fwtrail.start(lab, Host.GATEWAY, "trace", "--match", "udp dprot 53");
    assertThat(noMatch.awaitEnd(Fwtrail.PATIENCE)).isEqualTo(1);
    assertThat(noMatch.err())
        .singleElement()
        .asString()
        .startsWith("fwtrail trace: nft does not take 'udp dprot 53' as a match: syntax error");
  }

  @Test
  void tracesInAnotherNamespaceByName() throws Exception {
    Running trace =
        Fwtrail.ready(
            lab,
            Host.CLIENT,
            "trace",
            "--netns",
            lab.name(Host.GATEWAY),
            "--dport",
            "5001",
            "--count",
            "1",
            "--output",
            "hops");
    send(5001, 1);

    assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();
    assertThat(trace.out())
        .singleElement()
        .asString()
        .contains("inet filter forward rule 2 accept");
  }

  @Test
  void packetsMadeHereAreTraced() throws Exception {
    Running trace =
        Fwtrail.ready(
            lab, Host.GATEWAY, "trace", "--dport", "5001", "--count", "1", "--output", "json");
    try (UdpSender sender = lab.udpSender(Host.GATEWAY, Lab.SERVER_V6, 5001)) {
      sender.send(1, 1000);
    }

    assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();
    JsonNode hop = trails(trace).get(0).get("hops").get(0);
    assertThat(hop.get("hook").asString()).isEqualTo("output");
    assertThat(hop.get("out").asString()).isEqualTo("wan0");
    assertThat(hop.has("in")).isFalse();
  }

  @Test
  void aClosedPipeEndsIt() throws Exception {
    List<String> words = Fwtrail.command();
    Running pipe =
        lab.start(
            Host.GATEWAY,
            "sh",
            "-c",
            "{ "
                + String.join(" ", words)
                + " trace --dport 5001 --output hops; echo code $? >&2; }"
                + " | head -1");
    String unused = pipe.awaitLine(line -> line.contains("fwtrail: ready"), Fwtrail.PATIENCE);
    await()
        .atMost(Fwtrail.PATIENCE)
        .until(
            () -> {
              send(5001, 1);
              return pipe.err().contains("code 0");
            });

    assertThat(pipe.out()).hasSize(1);
    assertThat(tables()).isEqualTo("table inet filter");
  }

  @Test
  void aNamespaceWithoutInterfacesIsNoFault() throws Exception {
    Running running =
        Fwtrail.startBy(lab, Host.GATEWAY, List.of("unshare", "--net"), "listen", "--for", "1ms");

    assertThat(running.awaitEnd(Fwtrail.PATIENCE)).isZero();
    assertThat(running.err()).allMatch(line -> line.startsWith("fwtrail: "));
  }
}
