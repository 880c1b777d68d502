package io.fwtrail.tracer.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.tracer.live.TrailTap;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Real packets that a gateway loses outside netfilter: what is said of it, and that no more is said
 * once the cause is gone and the packet gets through.
 */
@NeedsKernel
class OutsideChecksKernelTest {
  private static final String RULES =
      """
      table inet filter {
        chain pre { type filter hook prerouting priority 0; policy accept; }
        chain input { type filter hook input priority 0; policy accept; }
        chain forward { type filter hook forward priority 0; policy accept; }
        chain output { type filter hook output priority 0; policy accept; }
        chain post { type filter hook postrouting priority 0; policy accept; }
      }
      """;

  private Lab lab;
  private NetlinkClient client;
  private TrailTap tap;
  private int port = 2000;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    lab.nft(Host.GATEWAY, RULES);
    NetworkNamespace gateway = lab.namespace(Host.GATEWAY);
    client = new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_ROUTE, gateway));
    tap = new TrailTap(gateway);
  }

  @AfterEach
  void clear() throws IOException {
    try {
      tap.close();
      client.close();
    } finally {
      lab.close();
    }
  }

  /** Runs {@code ip} on a host. */
  private void ip(Host host, String arguments) throws Exception {
    lab.run(host, ("ip " + arguments).split(" "));
  }

  private Trail trail(String address) throws Exception {
    port++;
    try (UdpSender sender = lab.udpSender(Host.CLIENT, address, port)) {
      sender.send(1, 1000);
    }
    return tap.to(port);
  }

  /** Checks that keep nothing of what was asked before. */
  private OutsideChecks checks() {
    return new OutsideChecks(client, lab.namespace(Host.GATEWAY)::call);
  }

  private void assertLost(String address, String... hints) throws Exception {
    assertLost(trail(address), hints);
  }

  private void assertLost(Trail trail, String... hints) {
    assertThat(trail.ending()).isEqualTo(new Ending(Ending.Kind.LOST, null));
    assertThat(checks().hints(trail)).containsExactly(hints);
  }

  private void assertGetsThrough(String address) throws Exception {
    assertGetsThrough(trail(address));
  }

  private void assertGetsThrough(Trail trail) {
    assertThat(trail.ending()).isEqualTo(new Ending(Ending.Kind.FORWARDED, null));
    assertThat(checks().hints(trail)).isEmpty();
  }

  @Test
  void noRoute() throws Exception {
    assertLost("10.99.0.2", "no route to 10.99.0.2 for what comes in by lan0");
    ip(Host.GATEWAY, "route add 10.99.0.0/16 via 10.12.0.2");
    assertGetsThrough("10.99.0.2");
  }

  @Test
  void noIpv6Route() throws Exception {
    assertLost("2001:db8:99::2", "no route to 2001:db8:99::2 for what comes in by lan0");
    ip(Host.GATEWAY, "route add 2001:db8:99::/64 via 2001:db8:12::2");
    assertGetsThrough("2001:db8:99::2");
  }

  @ParameterizedTest
  @CsvSource({
    "blackhole, 10.99.0.2, 10.99.0.0/16, 10.12.0.2",
    "prohibit, 10.99.0.2, 10.99.0.0/16, 10.12.0.2",
    "unreachable, 10.99.0.2, 10.99.0.0/16, 10.12.0.2",
    "blackhole, 2001:db8:99::2, 2001:db8:99::/64, 2001:db8:12::2",
    "prohibit, 2001:db8:99::2, 2001:db8:99::/64, 2001:db8:12::2",
    "unreachable, 2001:db8:99::2, 2001:db8:99::/64, 2001:db8:12::2",
  })
  void aRouteThatLeadsNowhere(String type, String address, String prefix, String gateway)
      throws Exception {
    ip(Host.GATEWAY, "route add " + type + " " + prefix);
    assertLost(address, "the route to " + address + " is of type " + type);
    ip(Host.GATEWAY, "route del " + type + " " + prefix);
    ip(Host.GATEWAY, "route add " + prefix + " via " + gateway);
    assertGetsThrough(address);
  }

  /** The route for what has a mark, which a rule of the rule set sets. */
  @Test
  void aRouteThatHangsOnTheMark() throws Exception {
    ip(Host.GATEWAY, "route add blackhole default table 7");
    ip(Host.GATEWAY, "rule add fwmark 9 table 7");
    assertGetsThrough(Lab.SERVER_V4);
    lab.nft(Host.GATEWAY, "add rule inet filter pre ip daddr 10.12.0.2 meta mark set 9\n");
    assertLost(Lab.SERVER_V4, "the route to 10.12.0.2 is of type blackhole");
  }

  @Test
  void forwardingIsOff() throws Exception {
    lab.sysctl(Host.GATEWAY, "net/ipv4/conf/lan0/forwarding", "0");
    assertLost(
        Lab.SERVER_V4,
        "forwarding is off for what comes in by lan0 (net/ipv4/conf/lan0/forwarding = 0)");
    lab.sysctl(Host.GATEWAY, "net/ipv4/conf/lan0/forwarding", "1");
    assertGetsThrough(Lab.SERVER_V4);
  }

  @Test
  void whereForwardingIsOffAndThereIsNoRouteTheRouteIsWhatIsMissing() throws Exception {
    lab.sysctl(Host.GATEWAY, "net/ipv4/ip_forward", "0");
    assertLost("10.99.0.2", "no route to 10.99.0.2 for what comes in by lan0");
  }

  @Test
  void ipv6ForwardingIsOff() throws Exception {
    lab.sysctl(Host.GATEWAY, "net/ipv6/conf/all/forwarding", "0");
    assertLost(
        Lab.SERVER_V6,
        "forwarding is off for what comes in by lan0 (net/ipv6/conf/all/forwarding = 0)");
    lab.sysctl(Host.GATEWAY, "net/ipv6/conf/all/forwarding", "1");
    assertGetsThrough(Lab.SERVER_V6);
  }

  /**
   * The client sends from an address to which the gateway has no route, or one by the other side.
   */
  private void sendFromElsewhere() throws Exception {
    ip(Host.CLIENT, "addr add 10.77.0.2/32 dev lo");
    ip(Host.CLIENT, "route replace default via 10.11.0.1 src 10.77.0.2");
  }

  @Test
  void theReversePathFilterRefusesWhatWouldBeAnsweredByAnotherDevice() throws Exception {
    sendFromElsewhere();
    ip(Host.GATEWAY, "route add 10.77.0.0/16 via 10.12.0.2");
    lab.sysctl(Host.GATEWAY, "net/ipv4/conf/lan0/rp_filter", "1");
    assertLost(
        Lab.SERVER_V4,
        "rp_filter = 1 on lan0 refuses it: the route back to 10.77.0.2 leads out by wan0");
    lab.sysctl(Host.GATEWAY, "net/ipv4/conf/lan0/rp_filter", "2");
    assertGetsThrough(Lab.SERVER_V4);
    // The higher one of the two counts; the strict mode is the lower.
    lab.sysctl(Host.GATEWAY, "net/ipv4/conf/all/rp_filter", "1");
    assertGetsThrough(Lab.SERVER_V4);
    lab.sysctl(Host.GATEWAY, "net/ipv4/conf/lan0/rp_filter", "0");
    assertLost(
        Lab.SERVER_V4,
        "rp_filter = 1 on lan0 refuses it: the route back to 10.77.0.2 leads out by wan0");
  }

  @Test
  void theReversePathFilterRefusesWhatCannotBeAnswered() throws Exception {
    sendFromElsewhere();
    lab.sysctl(Host.GATEWAY, "net/ipv4/conf/lan0/rp_filter", "2");
    assertLost(
        Lab.SERVER_V4, "rp_filter = 2 on lan0 refuses it: there is no route back to 10.77.0.2");
    ip(Host.GATEWAY, "route add 10.77.0.0/16 via 10.11.0.2");
    assertGetsThrough(Lab.SERVER_V4);
  }

  @Test
  void aSourceThatIsTheGatewaysOwn() throws Exception {
    ip(Host.CLIENT, "addr add 10.12.0.1/32 dev lo");
    ip(Host.CLIENT, "route replace default via 10.11.0.1 src 10.12.0.1");
    assertLost(Lab.SERVER_V4, "its source 10.12.0.1 is an address of this host itself (martian)");
    ip(Host.CLIENT, "route replace default via 10.11.0.1 src 10.11.0.2");
    assertGetsThrough(Lab.SERVER_V4);
  }

  private Trail ping(String... options) throws Exception {
    String[] command = new String[options.length + 5];
    System.arraycopy(new String[] {"ping", "-n", "-c", "1", "-W1"}, 0, command, 0, 5);
    System.arraycopy(options, 0, command, 5, options.length);
    lab.start(Host.CLIENT, command);
    return tap.next(
        packet ->
            packet.icmp() != null && (packet.icmp().type() == 8 || packet.icmp().type() == 128));
  }

  /**
   * The gateway has told the client how long packets may be, so that it would send no longer one.
   */
  private void forgetPath() throws Exception {
    ip(Host.CLIENT, "route flush cache");
    ip(Host.CLIENT, "-6 route flush cache");
  }

  @Test
  void theTimeToLiveIsUsedUp() throws Exception {
    assertLost(ping("-t", "1", Lab.SERVER_V4), "its TTL is used up, so it may not be forwarded");
    assertGetsThrough(ping("-t", "2", Lab.SERVER_V4));
  }

  @Test
  void theHopLimitIsUsedUp() throws Exception {
    assertLost(
        ping("-t", "1", Lab.SERVER_V6), "its hop limit is used up, so it may not be forwarded");
    assertGetsThrough(ping("-t", "2", Lab.SERVER_V6));
  }

  @Test
  void aPacketThatIsTooLongForTheNextDevice() throws Exception {
    ip(Host.GATEWAY, "link set wan0 mtu 1300");
    assertLost(
        ping("-M", "do", "-s", "1372", Lab.SERVER_V4),
        "it is 1400 bytes long and must not be fragmented; the MTU to 10.12.0.2 by wan0 is 1300");
    forgetPath();
    // Without DF the gateway makes fragments of it.
    assertGetsThrough(ping("-M", "dont", "-s", "1372", Lab.SERVER_V4));
    ip(Host.GATEWAY, "link set wan0 mtu 1400");
    forgetPath();
    assertGetsThrough(ping("-M", "do", "-s", "1372", Lab.SERVER_V4));
  }

  @Test
  void aPacketThatIsTooLongForTheRoute() throws Exception {
    ip(Host.GATEWAY, "route add 10.99.0.0/16 via 10.12.0.2 mtu 1399");
    assertLost(
        ping("-M", "do", "-s", "1372", "10.99.0.2"),
        "it is 1400 bytes long and must not be fragmented; the MTU to 10.99.0.2 by wan0 is 1399");
    ip(Host.GATEWAY, "route replace 10.99.0.0/16 via 10.12.0.2 mtu 1400");
    forgetPath();
    assertGetsThrough(ping("-M", "do", "-s", "1372", "10.99.0.2"));
  }

  @Test
  void anIpv6PacketThatIsTooLong() throws Exception {
    ip(Host.GATEWAY, "link set wan0 mtu 1300");
    assertLost(
        ping("-M", "do", "-s", "1352", Lab.SERVER_V6),
        "it is 1400 bytes long and must not be fragmented; the MTU to 2001:db8:12::2 by wan0 is"
            + " 1300");
    ip(Host.GATEWAY, "link set wan0 mtu 1400");
    forgetPath();
    assertGetsThrough(ping("-M", "do", "-s", "1352", Lab.SERVER_V6));
  }

  /** The kernel asks three times, a second apart, before it gives up. */
  @Test
  void aNeighbourThatDoesNotAnswer() throws Exception {
    ip(Host.GATEWAY, "link set wan0 arp on");
    ip(Host.SERVER, "link set eth0 arp off");
    Trail trail = trail(Lab.SERVER_V4);
    assertThat(trail.ending()).isEqualTo(new Ending(Ending.Kind.FORWARDED, null));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> lab.run(Host.GATEWAY, "ip", "neigh").contains("FAILED"));
    assertThat(checks().hints(trail))
        .containsExactly("10.12.0.2 does not answer on wan0 (neighbour FAILED)");
    ip(Host.GATEWAY, "neigh replace 10.12.0.2 lladdr 02:00:00:00:12:02 dev wan0");
    assertGetsThrough(Lab.SERVER_V4);
  }

  @Test
  void aNeighbourThatHasNotAnsweredForHalfASecond() throws Exception {
    ip(Host.GATEWAY, "link set wan0 arp on");
    ip(Host.GATEWAY, "route add 10.99.0.0/16 via 10.12.0.3");
    Trail trail = trail("10.99.0.2");
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(checks().hints(trail))
                    .singleElement()
                    .asString()
                    .matches(
                        "10\\.12\\.0\\.3 has not answered on wan0 for [0-2]\\.[0-9] s \\(neighbour"
                            + " INCOMPLETE\\)"));
  }

  @Test
  void aDeviceWithoutCarrier() throws Exception {
    assertGetsThrough(Lab.SERVER_V4);
    ip(Host.SERVER, "link set eth0 down");
    Trail trail = trail(Lab.SERVER_V4);
    assertThat(trail.ending()).isEqualTo(new Ending(Ending.Kind.FORWARDED, null));
    assertThat(checks().hints(trail)).containsExactly("wan0 has no carrier");
  }

  @Test
  void aDeviceThatWasSwitchedOffSince() throws Exception {
    Trail trail = trail(Lab.SERVER_V4);
    ip(Host.GATEWAY, "link set wan0 down");
    assertThat(checks().hints(trail)).containsExactly("wan0 is down");
  }

  @Test
  void nothingIsLookedForWhereTheRulesDroppedThePacket() throws Exception {
    lab.nft(Host.GATEWAY, "add rule inet filter pre ip daddr 10.99.0.2 drop\n");
    Trail trail = trail("10.99.0.2");
    assertThat(trail.ending()).isEqualTo(new Ending(Ending.Kind.DROPPED, null));
    assertThat(checks().hints(trail)).isEmpty();
  }
}
