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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Much at once: senders on both sides, rule sets replaced without a pause. What is shown has to be
 * true even where the tracer can no longer know everything.
 */
@NeedsKernel
class BusyGatewayKernelTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int PORT = 5000;
  private static final String LAST = "10.12.0.9";
  private static final Pattern PACKETS = Pattern.compile("packets (\\d+)");

  private Lab lab;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  /**
   * Counts what arrives at a host, whether or not a program there is quick enough to read it.
   *
   * @param which of it, as nft matches it
   */
  private void countArrivals(Host host, String which) throws Exception {
    lab.nft(
        host,
        """
        table inet arrivals {
          chain in { type filter hook prerouting priority -400; udp dport 5000 %s counter; }
        }
        """
            .formatted(which));
  }

  private long arrivals(Host host) throws Exception {
    Matcher packets = PACKETS.matcher(lab.run(host, "nft", "list", "table", "inet", "arrivals"));
    assertThat(packets.find()).isTrue();
    return Long.parseLong(packets.group(1));
  }

  private CompletableFuture<Void> sending(Host from, String to, int packets, int perSecond) {
    return sending(from, to, 0, packets, perSecond);
  }

  /** Begins slowly, at a third of the rate. */
  private CompletableFuture<Void> sending(
      Host from, String to, int slowly, int packets, int perSecond) {
    return CompletableFuture.runAsync(
        () -> {
          try (UdpSender sender = lab.udpSender(from, to, PORT)) {
            sender.send(slowly, perSecond / 3.0);
            sender.send(packets, perSecond);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static List<JsonNode> trails(Running listen) {
    return listen.out().stream().map(Records::read).toList();
  }

  private static long verdicts(List<JsonNode> trails, String verdict) {
    return trails.stream()
        .filter(trail -> trail.path("verdict").asString("").equals(verdict))
        .count();
  }

  /** The counters at both ends and the IP id, which decides the verdict, say what is true. */
  @Test
  void sendersOnBothSidesAtOnce() throws Exception {
    int senders = 6;
    int each = 1_500;
    lab.nft(
        Host.GATEWAY,
        """
        table inet t {
          chain before { type filter hook prerouting priority -450; udp dport 5000 meta nftrace set 1; }
          chain called { udp dport 5000 counter return; }
          chain pre { type filter hook prerouting priority 5; jump called; }
          chain through { type filter hook forward priority 0; policy drop;
            jump called; ip id & 7 == 3 drop; udp dport 5000 accept; }
          chain post { type filter hook postrouting priority 150; }
        }
        table ip n {
          chain source { type nat hook postrouting priority 0; oifname "wan0" masquerade; }
        }
        """);
    UdpServer unused = lab.udpSink(Host.SERVER, PORT);
    UdpServer unused1 = lab.udpSink(Host.CLIENT, PORT);
    countArrivals(Host.SERVER, "");
    countArrivals(Host.CLIENT, "");
    Running listen = Fwtrail.ready(lab, Host.GATEWAY, "listen", "--output", "json");
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < senders; i++) {
      all.add(
          i % 2 == 0
              ? sending(Host.CLIENT, Lab.SERVER_V4, each, 300)
              : sending(Host.SERVER, Lab.CLIENT_V4, each, 300));
    }
    all.forEach(CompletableFuture::join);
    await().atMost(LONG).until(() -> listen.out().size() >= senders * each);

    assertThat(Fwtrail.terminate(listen)).isZero();
    List<JsonNode> trails = trails(listen);
    assertThat(trails).hasSize(senders * each);
    for (JsonNode trail : trails) {
      JsonNode packet = trail.get("packet");
      int id = packet.get("id").asInt();
      assertThat(trail.get("complete").asBoolean()).as(trail.toString()).isTrue();
      assertThat(trail.get("verdict").asString()).isEqualTo((id & 7) == 3 ? "drop" : "accept");
      // One packet: it keeps its id and its destination, and its source up to postrouting.
      for (JsonNode hop : trail.get("hops")) {
        assertThat(hop.get("packet").get("id").asInt()).isEqualTo(id);
        assertThat(hop.get("packet").get("dst")).isEqualTo(packet.get("dst"));
        if (!hop.get("hook").asString().equals("postrouting")) {
          assertThat(hop.get("packet").get("sport")).isEqualTo(packet.get("sport"));
        }
      }
    }
    assertThat(arrivals(Host.SERVER) + arrivals(Host.CLIENT)).isEqualTo(verdicts(trails, "accept"));
  }

  /**
   * A version of a rule set whose marks tell which it is. Where they are set from a map, nothing
   * that the kernel says of a hop but that mark shows which version it met, and the tracer does not
   * know what is in maps. The rule that traces a packet writes so into it, for the server to count.
   */
  private static String version(int number, boolean plain) {
    String mark =
        plain
            ? "meta mark set " + number
            : "meta mark set udp dport map { 5000 : %1$d, 5001 : %1$d }".formatted(number);
    return """
        flush ruleset
        table inet t {
          chain called { counter comment "%1$d/1"
            udp sport != %1$d return comment "%1$d/2"; }
          chain before { type filter hook prerouting priority -450;
            udp dport 5000 ip dscp set cs1 meta nftrace set 1; }
          chain pre { type filter hook prerouting priority -300;
            %2$s comment "%1$d/1"
            limit rate 1%1$d00000/second burst 5 packets comment "%1$d/2"
            jump called comment "%1$d/3"
          }
          chain through { type filter hook forward priority 0; policy accept;
            %2$s comment "%1$d/1"
            jump called comment "%1$d/2"
            udp dport 5000 accept comment "%1$d/3"
          }
        }
        """
        .formatted(number, mark);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsShownIsTrueWhileRuleSetsAreReplacedWithoutPause(boolean plain) throws Exception {
    lab.nft(Host.GATEWAY, version(1, plain));
    UdpServer unused = lab.udpSink(Host.SERVER, PORT);
    countArrivals(Host.SERVER, "ip dscp cs1");
    Running listen = Fwtrail.ready(lab, Host.GATEWAY, "listen", "--output", "json");
    // A packet makes 7 KB of JSON: what a cold JVM is behind with comes in one piece, of which the
    // output's queue would drop some.
    CompletableFuture<Void> sending = sending(Host.CLIENT, Lab.SERVER_V4, 1_500, 6_500, 1_500);
    int versions = 1;
    while (!sending.isDone()) {
      lab.nft(Host.GATEWAY, version(++versions, plain));
    }
    sending.join();
    // The last one has an address of its own: when it is told of, all before it were seen.
    sending(Host.CLIENT, LAST, 1, 1).join();
    String unused1 = listen.awaitLine(line -> line.contains("\"" + LAST + "\""), LONG);

    assertThat(Fwtrail.terminate(listen)).isZero();
    List<JsonNode> trails = trails(listen);
    // While a rule set is replaced, a packet may meet the new chain before the rule that traces
    // it is there. Whatever was traced arrives, but for the last, which goes nowhere.
    assertThat(trails).hasSize(Math.toIntExact(arrivals(Host.SERVER)) + 1);
    Set<Integer> ids = new HashSet<>();
    int told = 0;
    for (JsonNode trail : trails) {
      boolean last = trail.get("packet").get("dst").asString().equals(LAST);
      assertThat(last || ids.add(trail.get("packet").get("id").asInt()))
          .as(trail.toString())
          .isTrue();
      for (JsonNode hop : trail.get("hops")) {
        JsonNode rule = hop.path("rule");
        String comment = rule.path("comment").asString("");
        if (!comment.isEmpty()) {
          told++;
          assertThat(comment)
              .as(versions + " versions, " + hop)
              .isEqualTo(hop.path("mark").asLong() + "/" + rule.get("number").asInt());
        }
      }
    }
    assertThat(told).isPositive();
  }
}
