package io.fwtrail.tracer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkAddress;
import io.fwtrail.netlink.channel.NetlinkBatch;
import io.fwtrail.netlink.channel.NetlinkChannel;
import io.fwtrail.netlink.channel.NetlinkChannelOption;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.nflog.Nflog;
import io.fwtrail.netlink.nflog.NflogBinding;
import io.fwtrail.netlink.nflog.PacketLogMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketDecoder;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A packet is the same packet, whether nf_tables or a legacy table tells of it. */
@NeedsKernel
class NflogDecoderKernelTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int TRACE = Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.TRACE);

  private static final String TO_GATEWAY = "020000001101" + "020000001102";
  private static final String V6_ADDRESSES =
      "20010db8001100000000000000000002" + "20010db8001200000000000000000002";

  /**
   * Right ahead of a legacy table at each hook, so that no change lies between the two. What the
   * server answers is not traced.
   */
  private static final String RULES =
      """
      table FAMILY t {
        chain pre {
          type filter hook prerouting priority -301;
          iifname != "wan0" meta nftrace set 1;
        }
        chain forw { type filter hook forward priority -151; }
        chain out { type filter hook output priority -301; meta nftrace set 1; }
        chain post { type filter hook postrouting priority -151; }
      }
      """;

  /** What a legacy table tells, and what nf_tables told right before. */
  private record Pair(String place, Packet legacy, Packet nft) {}

  private final List<Pair> pairs = new CopyOnWriteArrayList<>();
  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private Lab lab;

  @BeforeEach
  void open() throws Exception {
    lab = new Lab();
    for (Host host : List.of(Host.CLIENT, Host.GATEWAY)) {
      lab.sysctl(host, "net/netfilter/nf_log/2", "nfnetlink_log");
      lab.sysctl(host, "net/netfilter/nf_log/10", "nfnetlink_log");
    }
  }

  @AfterEach
  void close() {
    loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    lab.close();
  }

  private void trace(Host host) throws Exception {
    NetlinkChannel channel =
        (NetlinkChannel)
            new Bootstrap()
                .group(loop)
                .channelFactory(() -> new NetlinkChannel(NetlinkConstants.PROTOCOL_NETFILTER))
                .option(NetlinkChannelOption.GROUPS, Set.of(Nfnetlink.GROUP_NFTRACE))
                .option(NetlinkChannelOption.NAMESPACE, lab.namespace(host))
                .handler(new Listener())
                .bind(NetlinkAddress.ANY)
                .sync()
                .channel();
    boolean unused = NflogBinding.bind(channel, Nflog.GROUP_TRACE).sync().getNow();
    for (String family : List.of("ip", "ip6")) {
      String said = lab.nft(host, RULES.replace("FAMILY", family));
      assertThat(said).isEmpty();
    }
    for (String iptables : List.of("iptables-legacy", "ip6tables-legacy")) {
      // A table that was listed is there, and reports its policies.
      for (String table : List.of("raw", "mangle")) {
        assertThat(lab.run(host, iptables, "-t", table, "-S")).isNotEmpty();
      }
    }
  }

  private final class Listener extends ChannelInboundHandlerAdapter {
    private final MessageCursor cursor = new MessageCursor();
    private final TraceMessage trace = new TraceMessage();
    private final PacketLogMessage log = new PacketLogMessage();
    private final NflogDecoder decoder =
        new NflogDecoder(index -> index == 0 ? null : Integer.toString(index));
    private final LogEvent event = new LogEvent();
    private Packet told;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      NetlinkBatch batch = (NetlinkBatch) message;
      for (int i = 0; i < batch.size(); i++) {
        cursor.reset(batch.buffer(), batch.offset(i), batch.length(i));
        while (cursor.next()) {
          if (cursor.type() == TRACE && trace.decode(cursor).hasPacket()) {
            told = packet(trace);
          } else if (PacketLogMessage.is(cursor.type())
              && decoder.fill(event, log.decode(cursor), 0)) {
            pairs.add(new Pair(event.table + " " + event.chain, event.packet, told));
          }
        }
      }
      batch.release();
    }

    /** As the live source has it of nf_tables. */
    private static Packet packet(TraceMessage m) {
      return PacketDecoder.decode(
          m.buffer(),
          m.linkStart(),
          m.linkLength(),
          m.iifType(),
          m.networkStart(),
          m.networkLength(),
          m.transportStart(),
          m.transportLength(),
          m.protocolFamily() == NfFamily.IP.number()
              ? PacketDecoder.Network.IPV4
              : PacketDecoder.Network.IPV6);
    }
  }

  private void sendFrame(String etherTypeAndPacket) throws Exception {
    int device = lab.in(Host.CLIENT, () -> NetworkInterface.getByName("eth0").getIndex());
    String unused =
        lab.run(
            Host.CLIENT,
            "perl",
            "-e",
            "socket(S, 17, 3, 0) or die $!;"
                + "send(S, pack('H*', $ARGV[0]),"
                + " 0, pack('SnISCCa8', 17, 0, $ARGV[1], 0, 0, 0, '')) or die $!;",
            TO_GATEWAY + etherTypeAndPacket,
            Integer.toString(device));
  }

  /** An IPv4 packet from the client to the server, with its length and checksum filled in. */
  private static String ipv4(int protocol, int fragmentBits, String options, String rest) {
    int headerLength = 20 + options.length() / 2;
    String header =
        "%02x00%04x1234%04x40%02x%s0a0b00020a0c0002%s"
            .formatted(
                0x40 | headerLength / 4,
                headerLength + rest.length() / 2,
                fragmentBits,
                protocol,
                "0000",
                options);
    int sum = 0;
    for (int i = 0; i < header.length(); i += 4) {
      sum += HexFormat.fromHexDigits(header, i, i + 4);
    }
    while (sum > 0xffff) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return "0800"
        + header.substring(0, 20)
        + HexFormat.of().toHexDigits((short) ~sum)
        + header.substring(24)
        + rest;
  }

  private static String ipv6(int nextHeader, String rest) {
    return "86dd"
        + "60012345%04x%02x40".formatted(rest.length() / 2, nextHeader)
        + V6_ADDRESSES
        + rest;
  }

  private static final String UDP = "9c401388000c0000" + "01020304";
  private static final String TCP = "9c40138801020304050607085012fffe00000000";
  private static final String TCP_WITH_OPTIONS =
      "9c4013880102030400000000a002faf000000000" + "020405b40402080a0000000000000000" + "01030307";

  @ParameterizedTest
  @CsvSource({
    "17, 0x0000, '', " + UDP,
    "17, 0x4000, '', " + UDP,
    "17, 0x0000, 0101010101010100, " + UDP,
    "6, 0x0000, '', " + TCP,
    "6, 0x0000, 01010100, " + TCP_WITH_OPTIONS,
    "1, 0x0000, '', 0800f7fd00010002",
    "1, 0x2000, '', 0800f7fd00010002",
    "17, 0x0003, '', " + UDP,
    "47, 0x0000, '', 0000080000000000",
  })
  void ipv4ForwardedIsTheSame(int protocol, String bits, String options, String rest)
      throws Exception {
    trace(Host.GATEWAY);
    sendFrame(ipv4(protocol, Integer.decode(bits), options, rest));
    awaitForwarded();

    assertThat(pairs).allSatisfy(pair -> assertThat(pair.legacy).isEqualTo(pair.nft));
    assertThat(pairs.get(0).legacy.link()).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    "17, " + UDP,
    "6, " + TCP_WITH_OPTIONS,
    "58, 8000000000010002",
    "60, 1100010400000000" + UDP,
    "44, 1100000112345678" + UDP,
  })
  void ipv6ForwardedIsTheSame(int nextHeader, String rest) throws Exception {
    trace(Host.GATEWAY);
    sendFrame(ipv6(nextHeader, rest));
    awaitForwarded();

    assertThat(pairs).allSatisfy(pair -> assertThat(pair.legacy).isEqualTo(pair.nft));
  }

  private void awaitForwarded() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(pairs)
                    .extracting(Pair::place)
                    .containsExactly(
                        "raw PREROUTING",
                        "mangle PREROUTING",
                        "mangle FORWARD",
                        "mangle POSTROUTING"));
  }

  /** Here alone NFLOG knows more: nf_tables shows no network header. */
  @Test
  void laterIpv6FragmentHasItsAddressesFromNflogOnly() throws Exception {
    trace(Host.GATEWAY);
    sendFrame(ipv6(44, "1100001012345678" + UDP));
    awaitForwarded();

    assertThat(pairs)
        .allSatisfy(
            pair -> {
              assertThat(pair.nft.src()).isNull();
              assertThat(pair.legacy.src()).hasToString(Lab.CLIENT_V6);
              assertThat(pair.legacy.fragment()).isEqualTo(pair.nft.fragment());
              assertThat(pair.legacy.length()).isEqualTo(pair.nft.length());
            });
  }

  @ParameterizedTest
  @CsvSource({Lab.CLIENT_V4, Lab.CLIENT_V6})
  void throughLoopbackIsTheSame(String address) throws Exception {
    trace(Host.CLIENT);
    lab.ping(Host.CLIENT, address);
    // The request and the answer, each: raw and mangle at output, mangle at postrouting, raw and
    // mangle at prerouting, mangle at input.
    await().atMost(PATIENCE).until(() -> pairs.size() >= 12);

    assertThat(pairs).hasSize(12).allSatisfy(pair -> assertThat(pair.legacy).isEqualTo(pair.nft));
  }
}
