package io.fwtrail.tracer.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How ways end, of real packets through a real gateway. */
@NeedsKernel
class EndingKernelTest {
  private static final String RULES =
      """
      table inet filter {
        chain pre { type filter hook prerouting priority -300; policy accept;
          tcp dport 1080 notrack
        }
        chain input { type filter hook input priority 0; policy accept;
          udp dport 1001 drop
          tcp dport 1080 counter
          tcp dport 1080 synproxy mss 1460 wscale 7 timestamp sack-perm
        }
        chain forward { type filter hook forward priority 0; policy accept;
          udp dport 1002 reject
          udp dport 1003 reject with icmpx admin-prohibited
          meta nfproto ipv4 udp dport 1004 reject with icmp host-prohibited
          meta nfproto ipv6 udp dport 1004 reject with icmpv6 no-route
          tcp dport 1005 reject with tcp reset
          udp dport 1006 jump refuse
        }
        chain refuse {
          reject with icmpx no-route
        }
        chain output { type filter hook output priority 0; policy accept;
          udp dport 1007 drop
        }
      }
      """;

  private Lab lab;
  private TrailTap tap;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    lab.nft(Host.GATEWAY, RULES);
  }

  @AfterEach
  void clear() throws IOException {
    try {
      if (tap != null) {
        tap.close();
      }
    } finally {
      lab.close();
    }
  }

  private void trace() throws IOException {
    tap = new TrailTap(lab.namespace(Host.GATEWAY));
  }

  private Trail udp(Host from, String address, int port) throws Exception {
    try (UdpSender sender = lab.udpSender(from, address, port)) {
      sender.send(1, 1000);
    }
    return tap.to(port);
  }

  /** A SYN, and what comes of it is not waited for. */
  private Trail syn(String address, int port) throws Exception {
    SocketChannel channel = lab.in(Host.CLIENT, SocketChannel::open);
    try {
      channel.configureBlocking(false);
      boolean unused = channel.connect(new InetSocketAddress(InetAddress.getByName(address), port));
      return tap.to(port);
    } finally {
      channel.close();
    }
  }

  @Test
  void forwarded() throws Exception {
    trace();
    assertThat(udp(Host.CLIENT, Lab.SERVER_V4, 2000).ending())
        .isEqualTo(new Ending(Ending.Kind.FORWARDED, null));
  }

  @Test
  void delivered() throws Exception {
    trace();
    assertThat(udp(Host.CLIENT, Lab.GATEWAY_LAN_V4, 2000).ending())
        .isEqualTo(new Ending(Ending.Kind.DELIVERED, null));
  }

  @Test
  void sent() throws Exception {
    trace();
    assertThat(udp(Host.GATEWAY, Lab.SERVER_V4, 2000).ending())
        .isEqualTo(new Ending(Ending.Kind.SENT, null));
  }

  @Test
  void sentToThisHostItselfIsDelivered() throws Exception {
    trace();
    assertThat(udp(Host.GATEWAY, Lab.GATEWAY_WAN_V4, 2000).ending())
        .isEqualTo(new Ending(Ending.Kind.DELIVERED, null));
  }

  @Test
  void droppedAtInputAndAtOutput() throws Exception {
    trace();
    assertThat(udp(Host.CLIENT, Lab.GATEWAY_LAN_V4, 1001).ending())
        .isEqualTo(new Ending(Ending.Kind.DROPPED, null));
    // The kernel tells the sender (EPERM).
    try (UdpSender sender = lab.udpSender(Host.GATEWAY, Lab.SERVER_V4, 1007)) {
      sender.send(1, 1000);
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("not permitted");
    }
    assertThat(tap.to(1007).ending()).isEqualTo(new Ending(Ending.Kind.DROPPED, null));
  }

  @ParameterizedTest(name = "port {0}: {1}")
  @CsvSource({
    "1002, icmpx port-unreachable, icmpx port-unreachable",
    "1003, icmpx admin-prohibited, icmpx admin-prohibited",
    "1004, icmp host-prohibited, icmpv6 no-route",
    "1006, icmpx no-route, icmpx no-route",
  })
  void rejected(int port, String v4, String v6) throws Exception {
    trace();
    assertThat(udp(Host.CLIENT, Lab.SERVER_V4, port).ending())
        .isEqualTo(new Ending(Ending.Kind.REJECTED, v4));
    assertThat(udp(Host.CLIENT, Lab.SERVER_V6, port).ending())
        .isEqualTo(new Ending(Ending.Kind.REJECTED, v6));
  }

  @Test
  void rejectedWithAReset() throws Exception {
    trace();
    assertThat(syn(Lab.SERVER_V4, 1005).ending())
        .isEqualTo(new Ending(Ending.Kind.REJECTED, "tcp reset"));
  }

  @Test
  void takenOverBySynproxy() throws Exception {
    trace();
    assertThat(syn(Lab.GATEWAY_LAN_V4, 1080).ending())
        .isEqualTo(new Ending(Ending.Kind.STOLEN, "synproxy"));
  }

  /** Its message is the only one of that base chain, and cannot show the packet any more. */
  @Test
  void takenOverBySynproxyAsTheFirstRuleOfItsChain() throws Exception {
    lab.nft(
        Host.GATEWAY,
        "insert rule inet filter input tcp dport 1080 synproxy mss 1460 wscale 7 timestamp"
            + " sack-perm\n");
    trace();
    Trail trail = syn(Lab.GATEWAY_LAN_V4, 1080);
    assertThat(trail.ending()).isEqualTo(new Ending(Ending.Kind.STOLEN, "synproxy"));
    assertThat(trail.complete()).isTrue();
    assertThat(trail.hops().get(trail.hops().size() - 1).hook()).isEqualTo(Hook.INPUT);
  }

  @ParameterizedTest(name = "iptables-{0}")
  @CsvSource({"nft", "legacy"})
  void rejectedByIptables(String flavour) throws Exception {
    String iptables = "iptables-" + flavour;
    lab.run(
        Host.GATEWAY, iptables, "-A", "FORWARD", "-p", "udp", "--dport", "1010", "-j", "REJECT");
    lab.run(
        Host.GATEWAY,
        "ip6tables-" + flavour,
        "-A",
        "FORWARD",
        "-p",
        "udp",
        "--dport",
        "1010",
        "-j",
        "REJECT",
        "--reject-with",
        "icmp6-adm-prohibited");
    trace();
    assertThat(udp(Host.CLIENT, Lab.SERVER_V4, 1010).ending())
        .isEqualTo(new Ending(Ending.Kind.REJECTED, "icmp port-unreachable"));
    assertThat(udp(Host.CLIENT, Lab.SERVER_V6, 1010).ending())
        .isEqualTo(new Ending(Ending.Kind.REJECTED, "icmpv6 admin-prohibited"));
  }

  /** No program listens, so the kernel drops it: which no message tells. */
  @ParameterizedTest(name = "iptables-{0}")
  @CsvSource({"nft", "legacy"})
  void queuedByIptables(String flavour) throws Exception {
    lab.run(
        Host.GATEWAY,
        "iptables-" + flavour,
        "-A",
        "FORWARD",
        "-p",
        "udp",
        "--dport",
        "1011",
        "-j",
        "NFQUEUE",
        "--queue-balance",
        "1:4");
    trace();
    assertThat(udp(Host.CLIENT, Lab.SERVER_V4, 1011).ending())
        .isEqualTo(new Ending(Ending.Kind.QUEUED, "1-4"));
  }

  @Test
  void lostBetweenTwoHooks() throws Exception {
    lab.sysctl(Host.GATEWAY, "net/ipv4/ip_forward", "0");
    trace();
    assertThat(udp(Host.CLIENT, Lab.SERVER_V4, 2000).ending())
        .isEqualTo(new Ending(Ending.Kind.LOST, null));
  }
}
