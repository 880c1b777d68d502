package io.fwtrail.tracer.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.trail.Trail;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Connections of packets that the gateway forwards and translates. The witness is conntrack(8),
 * which lists them.
 */
@NeedsKernel
class ConnectionsKernelTest {
  private static final String RULES =
      """
      table inet t {
        chain early {
          type filter hook prerouting priority raw;
          udp dport 5001 notrack;
        }
        chain inbound {
          type nat hook prerouting priority dstnat;
          ip daddr 10.11.0.1 tcp dport 80 dnat ip to 10.12.0.2:8080;
          ip daddr 10.11.0.1 udp dport 53 dnat ip to 10.12.0.2:5353;
          ip daddr 10.11.0.1 udp dport 54 meta mark set 54 dnat ip to 10.12.0.2:5353;
        }
        chain through {
          type filter hook forward priority filter;
          udp dport 5002 drop;
          ct state established accept;
        }
        chain outbound {
          type nat hook postrouting priority srcnat;
          meta mark 54 accept;
          ct mark set 7;
          oifname "wan0" meta nfproto ipv4 masquerade;
        }
      }
      """;

  private Lab lab;
  private NetlinkClient client;
  private Connections connections;
  private TrailTap tap;

  @BeforeEach
  void open() throws Exception {
    lab = new Lab();
    String unused = lab.nft(Host.GATEWAY, RULES);
    client =
        new NetlinkClient(
            NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, lab.namespace(Host.GATEWAY)));
    connections = new Connections(client, System::nanoTime);
    tap = new TrailTap(lab.namespace(Host.GATEWAY));
  }

  @AfterEach
  void close() throws Exception {
    tap.close();
    client.close();
    lab.close();
  }

  /** Packets have the direction that the client began, or the other. */
  private record Pair(Trail there, Trail back) {}

  private Pair tcp(String address, int port) throws Exception {
    assertThat(lab.tcp(Host.CLIENT, address, port, "hello")).isEqualTo("hello");
    Trail there = tap.next(p -> p.dport() == port && isSyn(p));
    Trail back = tap.next(p -> p.sport() == 8080 && p.tcp() != null);
    return new Pair(there, back);
  }

  private static boolean isSyn(Packet packet) {
    return packet.tcp() != null && packet.tcp().flags().equals(List.of("SYN"));
  }

  private Pair udp(String address, int port) throws Exception {
    UdpSender sender = lab.udpSender(Host.CLIENT, address, port);
    sender.send(1, Double.POSITIVE_INFINITY);
    return new Pair(tap.to(port), tap.next(p -> p.sport() == 5353));
  }

  /** What conntrack lists of this id, without what it says of either direction. */
  private String witness(Connection connection, String family) throws Exception {
    String listing = lab.run(Host.GATEWAY, "conntrack", "-L", "-f", family, "-o", "id");
    return listing
        .lines()
        .map(String::strip)
        .filter(line -> line.endsWith(" id=" + connection.id()))
        .map(line -> line.replaceAll("\\[\\w+\\] |use=\\d+ ", ""))
        .findFirst()
        .orElseThrow(() -> new AssertionError(connection + " is not in " + listing));
  }

  private static String line(Connection connection) {
    return tuple(connection.original()) + tuple(connection.reply()) + "mark=" + connection.mark();
  }

  private static String tuple(Connection.Tuple t) {
    String addresses = "src=" + t.src() + " dst=" + t.dst() + " ";
    return t.sport() == Packet.ABSENT
        ? addresses
        : addresses + "sport=" + t.sport() + " dport=" + t.dport() + " ";
  }

  private void isTheSameBothWays(Pair pair, String family, String... status) throws Exception {
    Connection there = connections.of(pair.there);
    Connection back = connections.of(pair.back);
    assertThat(there).isNotNull();
    assertThat(back).isNotNull();
    assertThat(witness(there, family)).contains(line(there));
    assertThat(back.id()).isEqualTo(there.id());
    assertThat(line(back)).isEqualTo(line(there));
    assertThat(there.direction()).isEqualTo("original");
    assertThat(back.direction()).isEqualTo("reply");
    assertThat(back.state()).isEqualTo("established");
    assertThat(back.status()).contains(status);
    assertThat(connections.failed()).isZero();
  }

  @Test
  void translatedTcp() throws Exception {
    lab.tcpEcho(Host.SERVER, 8080);
    Pair pair = tcp(Lab.GATEWAY_LAN_V4, 80);
    isTheSameBothWays(pair, "ipv4", "seen-reply", "assured", "src-nat", "dst-nat");
    Connection there = connections.of(pair.there);
    assertThat(there.state()).isEqualTo("new");
    assertThat(there.mark()).isEqualTo(7);
    assertThat(there.original().dst().toString()).isEqualTo(Lab.GATEWAY_LAN_V4);
    assertThat(there.original().dport()).isEqualTo(80);
    assertThat(there.reply().src().toString()).isEqualTo(Lab.SERVER_V4);
    assertThat(there.reply().sport()).isEqualTo(8080);
    assertThat(there.reply().dst().toString()).isEqualTo(Lab.GATEWAY_WAN_V4);
  }

  @Test
  void translatedUdp() throws Exception {
    lab.udpEcho(Host.SERVER, 5353);
    isTheSameBothWays(udp(Lab.GATEWAY_LAN_V4, 53), "ipv4", "seen-reply", "src-nat", "dst-nat");
  }

  @Test
  void tcpOverIpv6() throws Exception {
    lab.tcpEcho(Host.SERVER, 8080);
    isTheSameBothWays(tcp(Lab.SERVER_V6, 8080), "ipv6", "seen-reply", "assured");
  }

  @Test
  void udpOverIpv6() throws Exception {
    lab.udpEcho(Host.SERVER, 5353);
    isTheSameBothWays(udp(Lab.SERVER_V6, 5353), "ipv6", "seen-reply");
  }

  @Test
  void echoOverIpv4() throws Exception {
    isOneConnection(echo(Lab.SERVER_V4, 8, 0), "ipv4");
  }

  @Test
  void echoOverIpv6() throws Exception {
    isOneConnection(echo(Lab.SERVER_V6, 128, 129), "ipv6");
  }

  private Pair echo(String address, int request, int reply) throws Exception {
    lab.ping(Host.CLIENT, address);
    return new Pair(tap.next(ofType(request)), tap.next(ofType(reply)));
  }

  private void isOneConnection(Pair pair, String family) throws Exception {
    Connection there = connections.of(pair.there);
    Connection back = connections.of(pair.back);
    assertThat(there).isNotNull();
    assertThat(back).isNotNull();
    assertThat(back.id()).isEqualTo(there.id());
    assertThat(there.original().icmpId()).isEqualTo(pair.there.packet().icmp().id());
    assertThat(witness(there, family)).contains(" id=" + there.original().icmpId() + " ");
  }

  private static Predicate<Packet> ofType(int type) {
    return packet -> packet.icmp() != null && packet.icmp().type() == type;
  }

  /** The same trail as a kernel tells it that sends nothing of connections. */
  private static Trail untold(Trail trail) {
    List<Hop> hops = trail.hops().stream().map(hop -> untold(hop)).toList();
    return withHops(trail, trail.packet(), hops);
  }

  private static Hop untold(Hop hop) {
    return new Hop(
        hop.time(),
        hop.clock(),
        hop.source(),
        hop.trail(),
        hop.family(),
        hop.table(),
        hop.chain(),
        hop.hook(),
        hop.kind(),
        hop.rule(),
        hop.verdict(),
        hop.target(),
        hop.verdictFrom(),
        hop.in(),
        hop.out(),
        hop.mark(),
        null,
        hop.surroundings(),
        hop.packet());
  }

  private static Trail withHops(Trail trail, Packet packet, List<Hop> hops) {
    return new Trail(
        trail.number(),
        trail.begin(),
        trail.end(),
        trail.verdict(),
        trail.why(),
        null,
        packet,
        List.of(),
        hops);
  }

  @Test
  void foundAndWorkedOutWhereTheHopsTellNothing() throws Exception {
    lab.tcpEcho(Host.SERVER, 8080);
    Pair pair = tcp(Lab.GATEWAY_LAN_V4, 80);
    isTheSameBothWays(
        new Pair(untold(pair.there), untold(pair.back)), "ipv4", "assured", "dst-nat");
    assertThat(connections.of(untold(pair.there)).state()).isEqualTo("new");
  }

  /** As if tracing had begun at forward, where the destination is translated. */
  @Test
  void foundFromBehindNat() throws Exception {
    lab.udpEcho(Host.SERVER, 5353);
    Trail trail = udp(Lab.GATEWAY_LAN_V4, 54).there;
    Hop forward =
        trail.hops().stream().filter(hop -> hop.hook() == Hook.FORWARD).findFirst().orElseThrow();
    assertThat(forward.packet().dport()).isEqualTo(5353);

    Connection connection =
        connections.of(withHops(trail, forward.packet(), List.of(untold(forward))));

    assertThat(connection).isNotNull();
    assertThat(connection.original().dport()).isEqualTo(54);
    assertThat(connection.direction()).isEqualTo("original");
    assertThat(witness(connection, "ipv4")).contains(line(connection));
  }

  @Test
  void aFirstPacketThatIsDroppedMakesNone() throws Exception {
    lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 5002).send(1, Double.POSITIVE_INFINITY);
    Trail trail = tap.to(5002);
    assertThat(connections.of(trail)).isNull();
    assertThat(connections.of(untold(trail))).isNull();
    assertThat(connections.asked()).isPositive();
    assertThat(connections.refusal()).isNull();
  }

  @Test
  void anUntrackedPacketHasNone() throws Exception {
    lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 5001).send(1, Double.POSITIVE_INFINITY);
    Trail trail = tap.to(5001);
    assertThat(connections.of(trail)).isNull();
    assertThat(connections.of(untold(trail))).isNull();
  }

  /** Nobody listens: the server says so, of the connection that the datagram made. */
  @Test
  void anIcmpErrorHasNoneOfItsOwn() throws Exception {
    lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 5003).send(1, Double.POSITIVE_INFINITY);
    Trail datagram = tap.to(5003);
    Trail error = tap.next(ofType(3));
    assertThat(connections.of(datagram)).isNotNull();
    assertThat(connections.of(error)).isNull();
  }

  @Test
  void manyPacketsOfAFlowCostFewQuestions() throws Exception {
    lab.udpEcho(Host.SERVER, 5353);
    Trail trail = udp(Lab.GATEWAY_LAN_V4, 53).there;
    Connections slow = new Connections(client, () -> 0);
    for (int i = 0; i < 1_000; i++) {
      assertThat(slow.of(trail)).isNotNull();
    }
    assertThat(slow.asked()).isEqualTo(1);
  }
}
