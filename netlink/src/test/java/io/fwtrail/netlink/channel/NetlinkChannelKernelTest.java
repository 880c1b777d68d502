package io.fwtrail.netlink.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.KernelAnswer;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.SocketFilter;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@NeedsKernel
class NetlinkChannelKernelTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int TRACE = Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.TRACE);
  private static final int NEWGEN = Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.NEWGEN);
  private static final int EBADF = 9;
  private static final int UNKNOWN_GROUP = 1000;

  private static final List<String> LEAKS = new CopyOnWriteArrayList<>();
  private static ResourceLeakDetector.Level levelBefore;
  private static EventLoopGroup group;

  private final List<Object> heard = new CopyOnWriteArrayList<>();
  private final List<NetlinkChannel> channels = new CopyOnWriteArrayList<>();
  private UserMulticast sender;

  @BeforeAll
  static void startLoop() {
    levelBefore = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    NetlinkBatch.LEAKS.setLeakListener((kind, records) -> LEAKS.add(records));
    group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  }

  @AfterAll
  static void stopLoop() {
    NetlinkBatch.LEAKS.setLeakListener(null);
    ResourceLeakDetector.setLevel(levelBefore);
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @BeforeEach
  void openSender() throws IOException {
    sender = new UserMulticast();
  }

  @AfterEach
  void close() {
    channels.forEach(channel -> channel.close().syncUninterruptibly());
    sender.close();
    assertThat(LEAKS).isEmpty();
  }

  /** What came in, put down as text: a number, a message type, an event, an exception. */
  private class Listener extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      NetlinkBatch batch = (NetlinkBatch) message;
      for (int i = 0; i < batch.size(); i++) {
        note(batch, i);
      }
      batch.release();
    }

    void note(NetlinkBatch batch, int i) {
      heard.add(MessageCursor.hostInt(batch.buffer(), batch.offset(i)));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      heard.add(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      heard.add(cause);
    }
  }

  /** Notes the types of all messages. */
  private final class TypeListener extends Listener {
    @Override
    void note(NetlinkBatch batch, int i) {
      MessageCursor cursor =
          new MessageCursor().reset(batch.buffer(), batch.offset(i), batch.length(i));
      while (cursor.next()) {
        heard.add(cursor.type());
      }
    }
  }

  /** Notes the namespaces that messages came from. */
  private final class NamespaceListener extends Listener {
    @Override
    void note(NetlinkBatch batch, int i) {
      heard.add(batch.namespaceId(i));
    }
  }

  private Bootstrap userSocket(Listener listener) {
    return socket(UserMulticast.PROTOCOL, listener)
        .option(NetlinkChannelOption.GROUPS, Set.of(UserMulticast.GROUP));
  }

  private static Bootstrap socket(int protocol, Listener listener) {
    return new Bootstrap()
        .group(group)
        .channelFactory(() -> new NetlinkChannel(protocol))
        .handler(listener);
  }

  private NetlinkChannel bind(Bootstrap bootstrap) {
    NetlinkChannel channel =
        (NetlinkChannel) bootstrap.bind(NetlinkAddress.ANY).syncUninterruptibly().channel();
    channels.add(channel);
    return channel;
  }

  /** As a load in network order sees the first half of a message of {@link UserMulticast}. */
  private static int firstHalf(int number) {
    return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
        ? number >>> Short.SIZE
        : Short.toUnsignedInt(Short.reverseBytes((short) number));
  }

  /** Refuses one number. */
  private static SocketFilter allBut(int number) {
    SocketFilter.Label refused = new SocketFilter.Label();
    return new SocketFilter.Builder()
        .loadHalf(0)
        .ifEqual(firstHalf(number), refused)
        .accept()
        .place(refused)
        .refuse()
        .build();
  }

  @Test
  void whatAFilterRefusesIsNotReadAndNoLoss() throws Exception {
    SocketFilter filter = allBut(1);
    NetlinkChannel channel =
        bind(userSocket(new Listener()).option(NetlinkChannelOption.FILTER, filter));
    sender.send(4, 100);
    awaitHeard(0, 2, 3);
    assertThat(channel.descriptor().memory().drops()).isZero();
    assertThat(channel.config().getOption(NetlinkChannelOption.FILTER)).isSameAs(filter);
  }

  @Test
  void filterIsReplacedWhileTheChannelIsBound() throws Exception {
    NetlinkChannel channel =
        bind(userSocket(new Listener()).option(NetlinkChannelOption.FILTER, allBut(1)));
    channel.config().setOption(NetlinkChannelOption.FILTER, allBut(2));
    sender.send(4, 100);
    awaitHeard(0, 1, 3);
  }

  @Test
  void moreGroupsAreJoinedWhileTheChannelIsBound() throws Exception {
    NetlinkChannel channel = bind(socket(UserMulticast.PROTOCOL, new Listener()));
    sender.send(1, 100);
    channel.config().setOption(NetlinkChannelOption.GROUPS, Set.of(UserMulticast.GROUP));
    sender.send(2, 100);
    awaitHeard(1, 2);
  }

  @Test
  void groupThatTheKernelHasNotIsRefusedWhileTheChannelIsBound() {
    NetlinkChannel channel = bind(userSocket(new Listener()));
    assertThatThrownBy(() -> channel.config().setOption(NetlinkChannelOption.GROUPS, Set.of(4000)))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("joining netlink multicast group 4000");
  }

  private void awaitHeard(Object... expected) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(heard).containsExactly(expected));
  }

  @Test
  void localAddressIsThePortOfTheKernelsChoice() {
    NetlinkChannel channel = bind(userSocket(new Listener()));

    assertThat(((NetlinkAddress) channel.localAddress()).portId()).isPositive();
  }

  @Test
  void wantedPortIsTaken() {
    long wanted = 0xfeed_beefL;

    ChannelFuture bound =
        userSocket(new Listener()).bind(new NetlinkAddress(wanted)).syncUninterruptibly();
    channels.add((NetlinkChannel) bound.channel());

    assertThat(bound.channel().localAddress()).isEqualTo(new NetlinkAddress(wanted));
  }

  @Test
  void unknownGroupFailsTheBindAndIsNamed() {
    ChannelFuture bound =
        userSocket(new Listener())
            .option(NetlinkChannelOption.GROUPS, Set.of(UNKNOWN_GROUP))
            .bind(NetlinkAddress.ANY)
            .awaitUninterruptibly();

    assertThat(bound.cause())
        .isInstanceOf(NetlinkSocketException.class)
        .hasMessageContaining("group " + UNKNOWN_GROUP);
    assertThat(bound.channel().closeFuture().awaitUninterruptibly(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void unknownProtocolFailsTheBindAndIsNamed() {
    ChannelFuture bound =
        socket(31, new Listener()).bind(NetlinkAddress.ANY).awaitUninterruptibly();

    assertThat(bound.cause())
        .isInstanceOf(NetlinkSocketException.class)
        .hasMessageContaining("protocol 31, which this kernel lacks");
  }

  @Test
  void otherAddressFailsTheBind() {
    ChannelFuture bound =
        userSocket(new Listener())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1))
            .awaitUninterruptibly();

    assertThat(bound.cause()).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void receiveBufferAsAskedForIsDoubledByTheKernel() throws IOException {
    NetlinkChannel channel =
        bind(userSocket(new Listener()).option(NetlinkChannelOption.RECEIVE_BUFFER, 123_456));

    assertThat(channel.effectiveReceiveBuffer()).isEqualTo(2 * 123_456);
  }

  @Test
  void messagesComeIn() {
    NetlinkChannel unused = bind(userSocket(new Listener()));

    sender.send(3, 64);

    awaitHeard(0, 1, 2);
  }

  @Test
  void lossIsAnEventBetweenTheMessages() throws Exception {
    NetlinkChannel channel =
        bind(
            userSocket(new Listener())
                .option(NetlinkChannelOption.RECEIVE_BUFFER, 8 * 1024)
                .option(ChannelOption.AUTO_READ, false));
    sender.send(1000, 64);
    channel.config().setAutoRead(true);
    await().atMost(PATIENCE).until(() -> heard.stream().anyMatch(MessagesLost.class::isInstance));
    int received = heard.size() - 1;
    sender.send(1, 64);
    await().atMost(PATIENCE).until(() -> heard.contains(1000));

    assertThat(heard.subList(received, heard.size()))
        .containsExactly(new MessagesLost(1000 - received), 1000);
  }

  @Test
  void nothingIsReadWhileAutoReadIsOff() throws Exception {
    NetlinkChannel channel =
        bind(userSocket(new Listener()).option(ChannelOption.AUTO_READ, false));
    sender.send(1, 64);
    turnsOfTheLoop(channel);

    assertThat(heard).isEmpty();
  }

  @Test
  void readBringsWhatWaitsAndNoMore() throws Exception {
    NetlinkChannel channel =
        bind(userSocket(new Listener()).option(ChannelOption.AUTO_READ, false));
    sender.send(2, 64);
    channel.read();
    awaitHeard(0, 1);
    sender.send(1, 64);
    turnsOfTheLoop(channel);

    assertThat(heard).containsExactly(0, 1);
  }

  @Test
  void autoReadTurnedOffByAHandlerEndsTheReadingAtOnce() throws Exception {
    NetlinkChannel channel =
        bind(
            userSocket(
                    new Listener() {
                      @Override
                      public void channelRead(ChannelHandlerContext ctx, Object message) {
                        ctx.channel().config().setAutoRead(false);
                        super.channelRead(ctx, message);
                      }
                    })
                .option(ChannelOption.AUTO_READ, false));
    sender.send(NetlinkBatch.MOST_DATAGRAMS + 1, 64);
    channel.config().setAutoRead(true);
    await().atMost(PATIENCE).until(() -> !heard.isEmpty());
    turnsOfTheLoop(channel);

    assertThat(heard).hasSize(NetlinkBatch.MOST_DATAGRAMS);
  }

  /** What came while a program started does not keep it from showing the first of it. */
  @Test
  void ofWhatWaitsAtTheFirstReadingLittleIsReadAtOnceAndThenMore() throws Exception {
    List<Integer> readBefore = new CopyOnWriteArrayList<>();
    NetlinkChannel channel =
        bind(
            userSocket(
                    new Listener() {
                      @Override
                      public void channelReadComplete(ChannelHandlerContext ctx) {
                        readBefore.add(heard.size());
                      }
                    })
                .option(NetlinkChannelOption.RECEIVE_BUFFER, 1024 * 1024)
                .option(ChannelOption.AUTO_READ, false));
    int batch = NetlinkBatch.MOST_DATAGRAMS;
    sender.send(8 * batch, 64);
    channel.config().setAutoRead(true);
    await().atMost(PATIENCE).until(() -> heard.size() == 8 * batch);
    turnsOfTheLoop(channel);

    assertThat(readBefore).startsWith(batch, 3 * batch, 7 * batch, 8 * batch);
  }

  /** An error that waits on the socket is reported by epoll again and again until it is taken. */
  @Test
  void lossWhileAutoReadIsOffDoesNotKeepTheLoopBusy() throws Exception {
    NetlinkChannel channel =
        bind(
            userSocket(new Listener())
                .option(NetlinkChannelOption.RECEIVE_BUFFER, 8 * 1024)
                .option(ChannelOption.AUTO_READ, false));
    sender.send(1000, 64);
    turnsOfTheLoop(channel);

    NetlinkDescriptor descriptor = channel.descriptor();
    assertThat(descriptor.takeError()).isZero();
  }

  /** Has the loop look at its descriptors some times. */
  private static void turnsOfTheLoop(NetlinkChannel channel) throws Exception {
    for (int i = 0; i < 20; i++) {
      channel.eventLoop().schedule(() -> {}, 1, TimeUnit.MILLISECONDS).get();
    }
  }

  @Test
  void requestIsAnsweredAndAcknowledged() {
    NetlinkChannel channel = bind(socket(NetlinkConstants.PROTOCOL_NETFILTER, new TypeListener()));
    ByteBuf request = Unpooled.buffer();
    GenerationMessage.writeGet(new MessageWriter(request), 7);
    int flags = 6;
    request.setByte(flags, NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_ACK);

    channel.writeAndFlush(request).syncUninterruptibly();

    awaitHeard(NEWGEN, NetlinkConstants.TYPE_ERROR);
    assertThat(request.refCnt()).isZero();
  }

  @Test
  void refusalBearsTheKernelsOwnNumber() {
    List<KernelAnswer> answers = new CopyOnWriteArrayList<>();
    NetlinkChannel channel =
        bind(
            socket(
                NetlinkConstants.PROTOCOL_NETFILTER,
                new Listener() {
                  @Override
                  void note(NetlinkBatch batch, int i) {
                    MessageCursor cursor =
                        new MessageCursor().reset(batch.buffer(), batch.offset(i), batch.length(i));
                    while (cursor.next()) {
                      answers.add(KernelAnswer.decode(cursor));
                    }
                  }
                }));
    ByteBuf request = Unpooled.buffer();
    int unknownSubsystem = 0x7f00;
    new MessageWriter(request)
        .begin(unknownSubsystem, NetlinkConstants.FLAG_REQUEST, 1)
        .raw((byte) 0, (byte) 0, (byte) 0, (byte) 0)
        .end();

    channel.writeAndFlush(request).syncUninterruptibly();

    await().atMost(PATIENCE).until(() -> answers.size() == 1);
    int invalid = 22;
    assertThat(answers.get(0).errno()).isEqualTo(invalid);
  }

  @Test
  void onlyByteBufsAreSent() {
    NetlinkChannel channel = bind(userSocket(new Listener()));

    assertThatThrownBy(() -> channel.writeAndFlush("text").syncUninterruptibly())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void traceMessagesOfANamespace() throws Exception {
    try (Lab lab = new Lab()) {
      NetlinkChannel unused =
          bind(
              socket(NetlinkConstants.PROTOCOL_NETFILTER, new TypeListener())
                  .option(NetlinkChannelOption.GROUPS, Set.of(Nfnetlink.GROUP_NFTRACE))
                  .option(NetlinkChannelOption.NAMESPACE, lab.namespace(Host.GATEWAY)));
      traceAll(lab, Host.GATEWAY);

      sendUdp(lab, 5);

      await().atMost(PATIENCE).until(() -> heard.size() >= 5);
      assertThat(heard).containsOnly(TRACE);
    }
  }

  @Test
  void messagesOfOtherNamespacesBearTheirIds() throws Exception {
    try (Lab lab = new Lab()) {
      lab.identify(Host.GATEWAY, 17);
      lab.identify(Host.SERVER, 18);
      NetlinkChannel unused =
          bind(
              socket(NetlinkConstants.PROTOCOL_NETFILTER, new NamespaceListener())
                  .option(NetlinkChannelOption.GROUPS, Set.of(Nfnetlink.GROUP_NFTRACE))
                  .option(NetlinkChannelOption.LISTEN_ALL_NSID, true));
      for (Host host : Host.values()) {
        traceAll(lab, host);
      }

      sendUdp(lab, 1);

      // How many messages a chain makes depends on the kernel.
      await().atMost(PATIENCE).until(() -> heard.contains(18));
      assertThat(heard.stream().distinct()).containsExactly(17, 18);
    }
  }

  /** Marks what comes in through the network; on the client that is nothing. */
  private static void traceAll(Lab lab, Host host) throws Exception {
    String unused =
        lab.nft(
            host,
            "table ip t { chain c { type filter hook prerouting priority -400;"
                + " udp dport 9999 meta nftrace set 1; }; }");
  }

  private static void sendUdp(Lab lab, int count) throws IOException {
    try (UdpSender udp = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 9999)) {
      udp.send(count, Double.POSITIVE_INFINITY);
    }
  }

  @Test
  void closedUnderLoad() throws Exception {
    NetlinkChannel channel = bind(userSocket(new Listener()));
    Thread flood = new Thread(() -> sender.send(100_000, 64), "flood");
    flood.start();
    await().atMost(PATIENCE).until(() -> !heard.isEmpty());

    channel.close().syncUninterruptibly();

    flood.join();
    assertThat(heard).noneMatch(Throwable.class::isInstance);
    assertThat(channel.isOpen()).isFalse();
    assertThatThrownBy(channel::waitingBytes).isInstanceOf(IOException.class);
  }

  @Test
  void closedByAHandlerWhileItReads() {
    NetlinkChannel channel =
        bind(
            userSocket(
                new Listener() {
                  @Override
                  public void channelRead(ChannelHandlerContext ctx, Object message) {
                    super.channelRead(ctx, message);
                    var unused = ctx.close();
                  }
                }));
    sender.send(1, 64);

    assertThat(channel.closeFuture().awaitUninterruptibly(20, TimeUnit.SECONDS)).isTrue();
    awaitHeard(0);
  }

  @Test
  void closedWhileTheLoopWaits() {
    NetlinkChannel channel = bind(userSocket(new Listener()));

    channel.close().syncUninterruptibly();

    assertThat(heard).isEmpty();
  }

  @Test
  void closedWithItsLoop() {
    EventLoopGroup own = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    NetlinkChannel channel = bind(userSocket(new Listener()).clone(own));
    channels.remove(channel); // there is no loop to close it on later

    // Without a quiet period a loop that is shut down while it runs a task ends with that turn and
    // closes no channel, of whatever kind (Netty 4.2.18).
    own.shutdownGracefully(10, 10_000, TimeUnit.MILLISECONDS).syncUninterruptibly();

    assertThat(channel.isOpen()).isFalse();
    assertThat(heard).isEmpty();
  }

  @Test
  void descriptorIsClosedWithTheChannel() throws IOException {
    NetlinkChannel channel = bind(userSocket(new Listener()));
    NetlinkDescriptor descriptor = channel.descriptor();
    channel.close().syncUninterruptibly();

    assertThatThrownBy(descriptor::memory)
        .isInstanceOfSatisfying(
            NetlinkSocketException.class, e -> assertThat(e.errno()).isEqualTo(EBADF));
  }
}
