package io.fwtrail.netlink.nflog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.channel.ChannelRequest;
import io.fwtrail.netlink.channel.NetlinkAddress;
import io.fwtrail.netlink.channel.NetlinkChannel;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.netlink.lab.UdpServer;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@NeedsKernel
class NflogKernelTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int PORT = 9999;
  private static final int TRACE = Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.TRACE);
  private static final int ENODEV = 19;

  private Lab lab;
  private NflogListening listening;

  @BeforeEach
  void open() throws Exception {
    lab = new Lab();
    listening = new NflogListening();
    lab.sysctl(Host.GATEWAY, "net/netfilter/nf_log/2", "nfnetlink_log");
  }

  @AfterEach
  void close() {
    listening.close();
    lab.close();
  }

  private NetlinkChannel listen() {
    return listening.open(lab.namespace(Host.GATEWAY));
  }

  private static void bind(NetlinkChannel channel) {
    boolean unused = NflogBinding.bind(channel, Nflog.GROUP_TRACE).syncUninterruptibly().getNow();
  }

  private void iptables(String rule) throws Exception {
    String unused = lab.run(Host.GATEWAY, ("iptables-legacy " + rule).split(" "));
  }

  private void traceByIptables() throws Exception {
    iptables("-t raw -A PREROUTING -p udp --dport " + PORT + " -j TRACE");
    iptables("-A FORWARD -p udp");
  }

  private UdpSender sender() throws Exception {
    return lab.udpSender(Host.CLIENT, Lab.SERVER_V4, PORT);
  }

  private static String text(ByteBuf buffer, int start, int end) {
    return buffer.toString(start, end - start, StandardCharsets.UTF_8);
  }

  /** What it tells of; of nf_tables rules and policies, since they are alike on all kernels. */
  private static void describe(MessageCursor message, List<String> into) {
    if (PacketLogMessage.is(message.type())) {
      PacketLogMessage m = new PacketLogMessage().decode(message);
      into.add(text(m.buffer(), m.prefixStart(), m.prefixEnd()));
    } else if (message.type() == TRACE) {
      TraceMessage m = new TraceMessage().decode(message);
      if (m.hasHandle() || m.type() == TraceMessage.TYPE_POLICY) {
        into.add(
            "nft:"
                + text(m.buffer(), m.chainStart(), m.chainEnd())
                + (m.hasHandle() ? ":rule" : ":policy"));
      }
    }
  }

  private List<String> heard() {
    List<String> heard = new ArrayList<>();
    for (byte[] datagram : listening.datagrams()) {
      Fixture.forEach(datagram, message -> describe(message, heard));
    }
    return heard;
  }

  private List<Long> sequences() {
    return listening.logged().stream()
        .map(datagram -> new PacketLogMessage().decode(Fixture.first(datagram)).sequence())
        .toList();
  }

  private String groups() throws Exception {
    return lab.in(
        Host.GATEWAY,
        () -> Files.readString(Path.of("/proc/thread-self/net/netfilter/nfnetlink_log")));
  }

  private void rulesOfBothKinds() throws Exception {
    String unused =
        lab.nft(
            Host.GATEWAY,
            """
            table ip t {
              chain first {
                type filter hook prerouting priority -301;
                udp dport 9999 meta nftrace set 1;
              }
              chain pre { type filter hook prerouting priority -140; }
              chain forw { type filter hook forward priority -10; udp dport 9999 counter; }
              chain late { type filter hook forward priority 10; }
            }
            """);
    iptables("-t raw -A PREROUTING -p udp");
    iptables("-t mangle -A FORWARD -p udp");
    iptables("-A FORWARD -p udp");
  }

  private static final List<String> WAY =
      List.of(
          "nft:first:rule",
          "nft:first:policy",
          "TRACE: raw:PREROUTING:rule:1 ",
          "TRACE: raw:PREROUTING:policy:2 ",
          "TRACE: mangle:PREROUTING:policy:1 ",
          "nft:pre:policy",
          "TRACE: mangle:FORWARD:rule:1 ",
          "TRACE: mangle:FORWARD:policy:2 ",
          "nft:forw:rule",
          "nft:forw:policy",
          "TRACE: filter:FORWARD:rule:1 ",
          "TRACE: filter:FORWARD:policy:2 ",
          "nft:late:policy",
          "TRACE: mangle:POSTROUTING:policy:1 ");

  @Test
  void bothKindsOfMessagesComeInTheOrderInWhichThePacketMetTheRules() throws Exception {
    bind(listen());
    rulesOfBothKinds();
    List<String> expected = new ArrayList<>();
    try (UdpSender udp = sender()) {
      for (int i = 0; i < 5; i++) {
        udp.send(1, Double.POSITIVE_INFINITY);
        expected.addAll(WAY);
        await().atMost(PATIENCE).until(() -> heard().size() >= expected.size());
      }
    }

    assertThat(heard()).isEqualTo(expected);
  }

  @Test
  void everyMessageOfABurstArrives() throws Exception {
    int packets = 500;
    NetlinkChannel channel = listening.open(lab.namespace(Host.GATEWAY), 32 << 20, true);
    bind(channel);
    rulesOfBothKinds();
    try (UdpSender udp = sender()) {
      udp.send(packets, Double.POSITIVE_INFINITY);
    }
    await().atMost(PATIENCE).until(() -> heard().size() >= packets * WAY.size());

    TreeMap<String, Integer> counts = new TreeMap<>();
    heard().forEach(line -> counts.merge(line, 1, Integer::sum));
    assertThat(counts)
        .hasSize(WAY.size())
        .allSatisfy((line, n) -> assertThat(n).isEqualTo(packets));
    assertThat(listening.lost()).isZero();
    assertThat(sequences())
        .isEqualTo(LongStream.range(0, listening.logged().size()).boxed().toList());
  }

  /** What the numbers tell is a part of what the socket tells: here, all of it. */
  @Test
  void gapInTheNumbersIsWhatTheSocketLost() throws Exception {
    NetlinkChannel channel = listening.open(lab.namespace(Host.GATEWAY), 8 * 1024, false);
    bind(channel);
    traceByIptables();
    UdpServer sink = lab.udpSink(Host.SERVER, PORT);
    try (UdpSender udp = sender()) {
      udp.send(200, Double.POSITIVE_INFINITY);
      await().atMost(PATIENCE).until(() -> sink.received() == 200);
      channel.config().setAutoRead(true);
      await().atMost(PATIENCE).until(() -> listening.lost() > 0);
      udp.send(1, Double.POSITIVE_INFINITY);
      await().atMost(PATIENCE).until(() -> Collections.max(sequences()) >= lastOf(201));
    }

    assertThat(listening.lost()).isEqualTo(lastOf(201) + 1 - listening.logged().size());
  }

  /** How many messages of a group that many packets make, less one. */
  private static long lastOf(int packets) {
    int messagesOfAPacket = 3;
    return (long) packets * messagesOfAPacket - 1;
  }

  @Test
  void groupIsBoundAsAskedFor() throws Exception {
    NetlinkChannel channel = listen();
    bind(channel);

    long port = ((NetlinkAddress) channel.localAddress()).portId();
    String[] columns = groups().strip().split("\\s+");
    assertThat(columns).startsWith("0", Long.toString(port), "0", "2", "128");
  }

  @Test
  void groupIsBoundWhileAutoReadIsOff() throws Exception {
    bind(listening.open(lab.namespace(Host.GATEWAY), 1 << 20, false));

    assertThat(groups()).isNotBlank();
  }

  @Test
  void groupOfAnotherSocketIsRecognised() {
    bind(listen());
    NetlinkChannel second = listen();

    assertThatThrownBy(() -> bind(second))
        .isInstanceOfSatisfying(
            NflogGroupTakenException.class, e -> assertThat(e.group()).isZero());
  }

  @Test
  void groupBoundTwiceIsRecognised() {
    NetlinkChannel channel = listen();
    bind(channel);

    assertThatThrownBy(() -> bind(channel)).isInstanceOf(NflogGroupTakenException.class);
  }

  @Test
  void groupIsFreeWhenItsSocketIsClosed() throws Exception {
    NetlinkChannel first = listen();
    bind(first);
    first.close().syncUninterruptibly();

    assertThat(groups()).isBlank();
    bind(listen());
    assertThat(groups()).isNotBlank();
  }

  @Test
  void groupIsGivenBackAndItsNumbersBeginAnew() throws Exception {
    NetlinkChannel channel = listen();
    bind(channel);
    traceByIptables();
    try (UdpSender udp = sender()) {
      udp.send(1, Double.POSITIVE_INFINITY);
      await().atMost(PATIENCE).until(() -> sequences().size() == 3);
      unbind(channel);
      assertThatThrownBy(() -> unbind(channel))
          .isInstanceOfSatisfying(
              KernelRefusedException.class, e -> assertThat(e.errno()).isEqualTo(ENODEV));
      bind(channel);
      udp.send(1, Double.POSITIVE_INFINITY);
      await().atMost(PATIENCE).until(() -> sequences().size() == 6);
    }

    assertThat(sequences()).containsExactly(0L, 1L, 2L, 0L, 1L, 2L);
  }

  private static void unbind(NetlinkChannel channel) {
    Void unused =
        ChannelRequest.send(
                channel, "unbinding", (w, sequence) -> Nflog.writeUnbind(w, sequence, 0))
            .syncUninterruptibly()
            .getNow();
  }

  @Test
  void loggerOfAFamilyIsSetWithoutProc() throws Exception {
    Void unused =
        ChannelRequest.send(
                listen(),
                "binding",
                (w, sequence) -> Nflog.writeFamilyBind(w, sequence, NfFamily.IP6))
            .syncUninterruptibly()
            .getNow();

    String logger =
        lab.in(Host.GATEWAY, () -> Files.readString(Path.of("/proc/sys/net/netfilter/nf_log/10")));
    assertThat(logger.strip()).isEqualTo("nfnetlink_log");
  }
}
