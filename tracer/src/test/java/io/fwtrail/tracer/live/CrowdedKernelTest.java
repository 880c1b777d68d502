package io.fwtrail.tracer.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.SocketState;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.trail.Trail;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where there is little room. */
@NeedsKernel
class CrowdedKernelTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int TRACERS = 200;
  private static final int SMALL_BUFFER = 16 * 1024;

  private Lab lab;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    lab.nft(
        Host.GATEWAY,
        """
        table inet t {
          chain through {
            type filter hook forward priority 0; policy drop;
            udp dport 5000 counter
            udp dport 5000 accept
          }
        }
        """);
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  private void send(int port, int packets) throws Exception {
    try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, port)) {
      sender.send(packets, Double.POSITIVE_INFINITY);
    }
  }

  private String tables() throws Exception {
    return lab.run(Host.GATEWAY, "nft", "list", "tables");
  }

  /** Each has a mark of its own in the rule set, and none shows those of the others. */
  @Test
  void twoHundredAtOnceAllShowThePacketAndNoneOfTheOthers() throws Exception {
    List<TrailTap> taps = new ArrayList<>();
    try {
      for (int i = 0; i < TRACERS; i++) {
        taps.add(new TrailTap(lab.namespace(Host.GATEWAY)));
      }
      assertThat(tables().lines()).hasSize(TRACERS + 1);
      send(5000, 1);
      for (TrailTap tap : taps) {
        Trail trail = tap.to(5000);
        assertThat(trail.hops()).extracting(Hop::table).containsOnly("t");
        assertThat(trail.hops()).hasSize(2);
      }
    } finally {
      for (TrailTap tap : taps) {
        tap.close();
      }
    }
    await().atMost(PATIENCE).until(() -> tables().equals("table inet t"));
  }

  @Test
  void withTheSmallestReceiveBufferWhatIsLostIsCounted() throws Exception {
    try (TrailTap tap = new TrailTap(lab.namespace(Host.GATEWAY), SMALL_BUFFER)) {
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                send(5000, 500);
                return drops() > 1_000;
              });
      // That something was lost shows with the next message that has room.
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                send(5001, 1);
                return tap.lost() == drops();
              });
      assertThat(tap.to(5001).complete()).isTrue();
    }
    assertThat(tables()).isEqualTo("table inet t");
  }

  private long drops() throws Exception {
    return lab.netlinkSockets(Host.GATEWAY).stream()
        .filter(socket -> socket.isNetfilter() && socket.groups() != 0)
        .mapToLong(SocketState::dropped)
        .sum();
  }
}
