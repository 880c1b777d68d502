package io.fwtrail.netlink.nflog;

import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.channel.NetlinkChannel;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.netty.buffer.ByteBufUtil;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Makes the fixtures of this package anew, with the kernel that runs here. No test, so that its
 * name is none that the build looks for; the tests' expectations may change with it.
 *
 * <pre>
 * mvn verify -pl netlink -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=NflogCapture
 * </pre>
 */
@NeedsKernel
class NflogCapture {
  private static final Path FIXTURES =
      Path.of("src/test/resources/io/fwtrail/netlink/fixtures/nflog");
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int SOURCE_PORT = 40_000;
  private static final int PORT = 5000;

  private Lab lab;
  private NflogListening listening;

  @BeforeEach
  void openLab() throws Exception {
    lab = new Lab();
    listening = new NflogListening();
  }

  @AfterEach
  void closeLab() {
    listening.close();
    lab.close();
  }

  /** What makes the packets that are logged. */
  @FunctionalInterface
  private interface Traffic {
    void make() throws Exception;
  }

  private void capture(
      String name, Host host, String rules, String traffic, Traffic maker, int count)
      throws Exception {
    lab.sysctl(host, "net/netfilter/nf_log/2", "nfnetlink_log");
    lab.sysctl(host, "net/netfilter/nf_log/10", "nfnetlink_log");
    lab.run(host, "sh", "-ec", rules);
    NetlinkChannel channel = listening.open(lab.namespace(host));
    boolean unused = NflogBinding.bind(channel, Nflog.GROUP_TRACE).sync().getNow();
    maker.make();
    await().atMost(PATIENCE).until(() -> listening.logged().size() >= count);
    write(name, traffic, rules, listening.logged());
  }

  private static void write(String name, String traffic, String rules, List<byte[]> datagrams)
      throws Exception {
    StringBuilder text = new StringBuilder("# NFULNL_MSG_PACKET, " + traffic + "; rules:\n");
    rules.lines().forEach(line -> text.append("#   ").append(line).append('\n'));
    text.append("# Captured from Linux ")
        .append(System.getProperty("os.version").replaceAll("-.*", ""))
        .append('\n');
    for (byte[] datagram : datagrams) {
      for (int i = 0; i < datagram.length; i += 4) {
        text.append(i % 32 == 0 ? '\n' : ' ');
        text.append(ByteBufUtil.hexDump(datagram, i, Math.min(4, datagram.length - i)));
      }
      text.append('\n');
    }
    Files.createDirectories(FIXTURES);
    Files.writeString(FIXTURES.resolve(name + ".hex"), text);
  }

  private void udp(Host host, String address) throws Exception {
    Object unused =
        lab.in(
            host,
            () -> {
              try (DatagramSocket socket = new DatagramSocket(SOURCE_PORT)) {
                byte[] payload = {1, 2, 3, 4};
                socket.send(
                    new DatagramPacket(
                        payload, payload.length, InetAddress.getByName(address), PORT));
              }
              return "";
            });
  }

  @Test
  void forward() throws Exception {
    capture(
        "forward",
        Host.GATEWAY,
        """
        iptables-legacy -t raw -A PREROUTING -p udp --dport 5000 -j TRACE
        iptables-legacy -t mangle -A PREROUTING -j MARK --set-mark 0xdeadbeef
        iptables-legacy -N odd::rule:1
        iptables-legacy -A odd::rule:1 -p udp
        iptables-legacy -A FORWARD -j odd::rule:1
        iptables-legacy -t mangle -A POSTROUTING -j ACCEPT
        """,
        "one UDP datagram is forwarded",
        () -> udp(Host.CLIENT, Lab.SERVER_V4),
        9);
  }

  @Test
  void forward6() throws Exception {
    capture(
        "forward6",
        Host.GATEWAY,
        """
        ip6tables-legacy -t raw -A PREROUTING -p udp --dport 5000 -j TRACE
        ip6tables-legacy -A FORWARD -p udp -j DROP
        """,
        "one UDP datagram is dropped on its way",
        () -> udp(Host.CLIENT, Lab.SERVER_V6),
        2);
  }

  @Test
  void loopback() throws Exception {
    capture(
        "loopback",
        Host.CLIENT,
        """
        iptables-legacy -t raw -A OUTPUT -p udp --dport 5000 -j TRACE
        iptables-legacy -t raw -A PREROUTING -p udp --dport 5000 -j TRACE
        """,
        "one UDP datagram of this host to itself",
        () -> udp(Host.CLIENT, Lab.CLIENT_V4),
        3);
  }

  /** A bridge whose packets iptables sees as well. */
  @Test
  void bridgePorts() throws Exception {
    bridge();
    capture(
        "bridge-ports",
        Host.GATEWAY,
        """
        echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
        iptables-legacy -t raw -A PREROUTING -p udp --dport 5000 -j TRACE
        iptables-legacy -A FORWARD -p udp
        iptables-legacy -t mangle -A POSTROUTING -p udp
        """,
        "one UDP datagram from one port of a bridge to the other",
        () -> udp(Host.CLIENT, "10.11.0.77"),
        7);
  }

  private void bridge() throws Exception {
    lab.run(Host.GATEWAY, "ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0");
    lab.run(Host.GATEWAY, "ip", "link", "set", "lan0", "master", "br0");
    lab.run(Host.GATEWAY, "ip", "link", "set", "wan0", "master", "br0");
    lab.run(Host.GATEWAY, "ip", "link", "set", "br0", "up");
    lab.run(
        Host.CLIENT, "ip neigh replace 10.11.0.77 lladdr 02:00:00:00:12:02 dev eth0".split(" "));
  }

  @Test
  void bridgeVlan() throws Exception {
    bridge();
    int device = lab.in(Host.CLIENT, () -> NetworkInterface.getByName("eth0").getIndex());
    String frame =
        "020000001202020000001102"
            + "810060070800"
            + "4500001c0001400040110000" // 28 bytes, UDP
            + "0a1100020a110001"
            + "9c40138800080000";
    capture(
        "bridge-vlan",
        Host.GATEWAY,
        """
        nft 'table bridge t { chain f { type filter hook forward priority 0; \
        log prefix "no trace" group 0; }; }'
        """,
        "one IPv4 packet with the VLAN tag 7 from one port of a bridge to the other",
        () ->
            lab.run(
                Host.CLIENT,
                "perl",
                "-e",
                "socket(S, 17, 3, 0) or die $!;"
                    + "send(S, pack('H*', $ARGV[0]),"
                    + " 0, pack('SnISCCa8', 17, 0, $ARGV[1], 0, 0, 0, '')) or die $!;",
                frame,
                Integer.toString(device)),
        1);
  }

  /** A packet from a device without link-layer headers, on its way out by one that has them. */
  @Test
  void tunnel() throws Exception {
    String packet =
        "4500001c00014000401126b4" // 28 bytes, UDP
            + "0a0d00020a0c0002"
            + "9c40138800080000";
    capture(
        "tunnel",
        Host.GATEWAY,
        """
        iptables-legacy -t raw -A PREROUTING -p udp --dport 5000 -j TRACE
        iptables-legacy -t mangle -A POSTROUTING -p udp
        """,
        "one UDP datagram comes from a tun device and is forwarded to a veth device",
        () ->
            lab.run(
                Host.GATEWAY,
                "perl",
                "-e",
                "sysopen(T, '/dev/net/tun', 2) or die $!;"
                    + "my $r = pack('a16Sx22', 'tun0', 0x1001);"
                    + "ioctl(T, 0x400454ca, $r) or die $!;" // TUNSETIFF
                    + "system('ip addr add 10.13.0.1/24 dev tun0; ip link set tun0 up');"
                    + "syswrite(T, pack('H*', $ARGV[0])) or die $!;",
                packet),
        5);
  }
}
