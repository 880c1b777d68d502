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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** One trail a packet, and in it the rules that this packet met, whatever else goes on. */
@NeedsKernel
class PacketsKernelTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private Lab lab;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    UdpServer unused = lab.udpSink(Host.SERVER, 5000);
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  private void send(int packets, int perSecond) {
    try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 5000)) {
      sender.send(packets, perSecond);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<JsonNode> trails(Running listen) {
    return listen.out().stream().map(Records::read).toList();
  }

  /** The kernel gives few trace ids to many packets, one after the other. */
  @Test
  void twentyThousandPacketsAreTwentyThousandTrails() throws Exception {
    lab.nft(
        Host.GATEWAY,
        """
        table inet t {
          chain pre { type filter hook prerouting priority -300; udp dport 5000 meta nftrace set 1; }
          chain u { udp dport 5000 counter; }
          chain through { type filter hook forward priority 0; jump u; udp dport 5000 accept; }
          chain post { type filter hook postrouting priority 0; }
        }
        """);
    Running listen = Fwtrail.ready(lab, Host.GATEWAY, "listen", "--output", "json");
    send(20_000, 2_000);
    await().atMost(LONG).until(() -> listen.out().size() >= 20_000);

    assertThat(Fwtrail.terminate(listen)).isZero();
    List<JsonNode> trails = trails(listen);
    assertThat(trails).hasSize(20_000);
    Set<Integer> ids = new HashSet<>();
    for (JsonNode trail : trails) {
      assertThat(trail.get("complete").asBoolean()).isTrue();
      assertThat(trail.get("verdict").asString()).isEqualTo("accept");
      assertThat(trail.get("hops").size()).isEqualTo(7);
      int id = trail.get("packet").get("id").asInt();
      ids.add(id);
      for (JsonNode hop : trail.get("hops")) {
        assertThat(hop.get("packet").get("id").asInt()).isEqualTo(id);
      }
    }
    // Each packet of a flow has an IP id of its own, up to 65,536.
    assertThat(ids).hasSize(20_000);
  }

  /**
   * Each version sets another mark and names it in its comments, so that every hop shows which
   * version it met. The handles are the same in all of them.
   */
  private static String version(int number) {
    return """
        flush ruleset
        table inet t {
          chain pre { type filter hook prerouting priority -300; udp dport 5000 meta nftrace set 1; }
          chain a { type filter hook prerouting priority -100;
            meta mark set %1$d comment "version %1$d"; jump u comment "version %1$d"; }
          chain u { udp sport > %1$d counter comment "version %1$d"; }
          chain f { type filter hook forward priority 0;
            meta mark set %1$d %2$s comment "version %1$d"; }
        }
        """
        .formatted(number, number % 2 == 0 ? "accept" : "drop");
  }

  /** The rules with a comment in a version, as nft prints them. */
  private static Set<String> texts(long version) {
    String mark = "meta mark set 0x%08x".formatted(version);
    return Set.of(
        mark,
        "jump u",
        "udp sport > " + version + " counter",
        mark + (version % 2 == 0 ? " accept" : " drop"));
  }

  @Test
  void aRuleSetReplacedUnderWayIsToldTruly() throws Exception {
    int versions = 101;
    int packets = 20_000;
    lab.nft(Host.GATEWAY, version(1));
    Running listen = Fwtrail.ready(lab, Host.GATEWAY, "listen", "--output", "json");
    CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> send(packets, 2_000));
    for (int version = 2; version <= versions; version++) {
      lab.nft(Host.GATEWAY, version(version));
      int shown = listen.out().size();
      await().atMost(LONG).until(() -> sending.isDone() || listen.out().size() > shown + 50);
    }
    sending.join();
    await().atMost(LONG).until(() -> listen.out().size() >= packets);

    assertThat(Fwtrail.terminate(listen)).isZero();
    List<JsonNode> trails = trails(listen);
    assertThat(trails).hasSize(packets);
    int checked = 0;
    Set<Long> met = new HashSet<>();
    for (JsonNode trail : trails) {
      for (JsonNode hop : trail.get("hops")) {
        String comment = hop.path("rule").path("comment").asString("");
        if (!comment.isEmpty()) {
          long mark = hop.get("mark").asLong();
          assertThat(comment).isEqualTo("version " + mark);
          if (!hop.get("rule").has("text")) {
            continue;
          }
          assertThat(hop.get("rule").get("text").asString()).isIn(texts(mark));
          met.add(mark);
          checked++;
        }
      }
    }
    // Four rules with a comment a packet; where a version was gone before it could be printed, the
    // hop has no text, and that is rare.
    assertThat(checked).isGreaterThan(packets * 4 * 95 / 100);
    assertThat(met.size()).isGreaterThan(versions / 2);
  }
}
