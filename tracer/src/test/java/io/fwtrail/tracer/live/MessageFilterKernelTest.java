package io.fwtrail.tracer.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.tracer.trail.Trail;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the kernel keeps off the socket, of real packets, and that no hop is missing for it. */
@NeedsKernel
class MessageFilterKernelTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * A called chain has the name of a base chain of another table, and of another family. Nothing is
   * answered, as that would be traced, too.
   */
  private static final String RULES =
      """
      table ip a {
        chain input { type filter hook input priority 0; policy accept;
          counter
          jump called
        }
        chain called {
          counter
        }
      }
      table ip b {
        chain second { type filter hook input priority 10; policy accept;
          jump input
        }
        chain input {
          counter
        }
      }
      table inet a {
        chain third { type filter hook input priority 20; policy accept;
          counter
          jump input
        }
        chain input {
          counter
        }
        chain empty { type filter hook input priority 30; policy drop;
        }
      }
      """;

  private Lab lab;
  private TrailTap tap;
  private int port = 1000;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    lab.nft(Host.GATEWAY, RULES);
    tap = new TrailTap(lab.namespace(Host.GATEWAY));
    Trail unused = packet(); // the filter is there once the first batch was read
  }

  @AfterEach
  void clear() throws IOException {
    try {
      tap.close();
    } finally {
      lab.close();
    }
  }

  private Trail packet() throws IOException, InterruptedException {
    port++;
    try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.GATEWAY_LAN_V4, port)) {
      sender.send(1, 1000);
    }
    return tap.to(port);
  }

  private static List<String> met(Trail trail) {
    return trail.hops().stream()
        .map(
            hop ->
                "%s %s %s %s"
                    .formatted(hop.family().keyword(), hop.table(), hop.chain(), hop.verdict()))
        .toList();
  }

  @Test
  void endsOfBaseChainsAreNotReadAndThoseOfCalledChainsAre() throws Exception {
    long before = tap.messages();
    Trail trail = packet();
    assertThat(met(trail))
        .containsExactly(
            "ip a input CONTINUE",
            "ip a input JUMP",
            "ip a called CONTINUE",
            "ip a called RETURN",
            "ip a input ACCEPT",
            "ip b second JUMP",
            "ip b input CONTINUE",
            "ip b input RETURN",
            "ip b second ACCEPT",
            "inet a third CONTINUE",
            "inet a third JUMP",
            "inet a input CONTINUE",
            "inet a input RETURN",
            "inet a third ACCEPT",
            "inet a empty DROP");
    // The mark's own, and the end of the chain without a rule: that one shows the packet.
    assertThat(tap.messages() - before).isEqualTo(trail.hops().size() + 2);
  }

  @Test
  void chainThatIsNoBaseChainAnyMoreIsSeenToEnd() throws Exception {
    lab.nft(
        Host.GATEWAY,
        """
        delete chain ip a input
        add chain ip a input
        add rule ip a input counter
        add chain ip a again { type filter hook input priority 0; policy accept; }
        add rule ip a again jump input
        """);
    // Told of as soon as the notice was read.
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(met(packet()))
                    .startsWith(
                        "ip a again JUMP",
                        "ip a input CONTINUE",
                        "ip a input RETURN",
                        "ip a again ACCEPT"));
    long before = tap.messages();
    Trail trail = packet();
    assertThat(tap.messages() - before).isEqualTo(trail.hops().size() + 2);
  }

  @Test
  void baseChainThatIsAddedIsNotSeenToEnd() throws Exception {
    lab.nft(
        Host.GATEWAY,
        """
        add chain ip b late { type filter hook input priority 11; policy accept; }
        add rule ip b late counter
        """);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              long before = tap.messages();
              Trail trail = packet();
              assertThat(met(trail)).contains("ip b late CONTINUE", "ip b late ACCEPT");
              assertThat(tap.messages() - before).isEqualTo(trail.hops().size() + 2);
            });
  }
}
