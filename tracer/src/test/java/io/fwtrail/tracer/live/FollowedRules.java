package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkAddress;
import io.fwtrail.netlink.channel.NetlinkBatch;
import io.fwtrail.netlink.channel.NetlinkChannel;
import io.fwtrail.netlink.channel.NetlinkChannelOption;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.tracer.mark.OwnTables;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.fwtrail.tracer.ruleset.Printed;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetFollower;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A rule book that hears the notices of a namespace on the real kernel, and nothing else. */
public final class FollowedRules implements AutoCloseable {
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("test", true), EpollIoHandler.newFactory());
  private final ExecutorService slow = Executors.newSingleThreadExecutor();
  private final NetlinkClient client;
  private final LibNftables nft;
  private final RuleSetReader reader;
  private final RuleBook book;
  private final Channel channel;
  private final MessageCursor cursor = new MessageCursor();

  private final long firstReadingNanos;
  private final AtomicLong longestStandstill = new AtomicLong();

  /** How often the rule set was read anew. */
  public final AtomicInteger readings = new AtomicInteger();

  /** How often texts were printed. */
  public final AtomicInteger printings = new AtomicInteger();

  /** Begins. */
  public FollowedRules(NetworkNamespace namespace) throws IOException {
    client = new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, namespace));
    nft = NamespaceTexts.open(namespace);
    reader = reader(namespace);
    channel =
        new Bootstrap()
            .group(group)
            .channelFactory(() -> new NetlinkChannel(NetlinkConstants.PROTOCOL_NETFILTER))
            .option(NetlinkChannelOption.GROUPS, Set.of(Nfnetlink.GROUP_NFTABLES))
            .option(NetlinkChannelOption.RECEIVE_BUFFER, 32 * 1024 * 1024)
            .option(NetlinkChannelOption.NAMESPACE, namespace)
            .option(ChannelOption.AUTO_READ, false)
            .handler(new Ears())
            .bind(NetlinkAddress.ANY)
            .syncUninterruptibly()
            .channel();
    long start = System.nanoTime();
    RuleSet first = reader.read();
    firstReadingNanos = System.nanoTime() - start;
    book =
        new RuleBook(
            counting(RuleBook.Kernel.of(reader)),
            first,
            new TraceDecoder(Interfaces.NONE, OwnTables.NONE, null),
            TracedNamespace.HOME,
            new LiveCounts(),
            slow,
            channel.eventLoop());
    channel.config().setAutoRead(true);
  }

  private RuleSetReader reader(NetworkNamespace namespace) {
    return new RuleSetReader(
        client, NamespaceTexts.of(nft, namespace), new IptablesPrograms(namespace::call));
  }

  private RuleBook.Kernel counting(RuleBook.Kernel kernel) {
    return new RuleBook.Kernel() {
      @Override
      public long generation() throws IOException {
        return kernel.generation();
      }

      @Override
      public RuleSet read() throws IOException {
        return kernel.read();
      }

      @Override
      public RuleSet readStructure() throws IOException {
        readings.incrementAndGet();
        return kernel.readStructure();
      }

      @Override
      public RuleSetFollower follower() {
        return kernel.follower();
      }

      @Override
      public Printed printMissing(RuleSet of) throws IOException {
        printings.incrementAndGet();
        return kernel.printMissing(of);
      }
    };
  }

  private final class Ears extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      long start = System.nanoTime();
      NetlinkBatch batch = (NetlinkBatch) message;
      for (int i = 0; i < batch.size(); i++) {
        cursor.reset(batch.buffer(), batch.offset(i), batch.length(i));
        while (cursor.next()) {
          book.hear(cursor);
        }
      }
      batch.release();
      stoodStill(start);
    }
  }

  private void stoodStill(long since) {
    longestStandstill.accumulateAndGet(System.nanoTime() - since, Math::max);
  }

  /** How long the first reading took. */
  public long firstReadingNanos() {
    return firstReadingNanos;
  }

  /** For how long the event loop was busy with rules at once, since this was asked last. */
  public long longestStandstillNanos() {
    return longestStandstill.getAndSet(0);
  }

  /** What a reader that knows nothing yet makes of the rule set, if asked in {@code namespace}. */
  public RuleSet readFresh(NetworkNamespace namespace) throws IOException {
    return reader(namespace).read();
  }

  /** The rule set once it is the kernel's present one, with its texts. */
  public RuleSet settled() throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (System.nanoTime() < until) {
      long generation = reader.generation();
      RuleSet known = channel.eventLoop().submit(this::certain).get();
      if (known != null && known.generation() == generation) {
        return known;
      }
      Thread.sleep(1);
    }
    throw new IllegalStateException("the rule set does not settle");
  }

  private @Nullable RuleSet certain() {
    long start = System.nanoTime();
    try {
      if (!book.isCertain(true)) {
        return null;
      }
      book.study(List.of());
      book.handedOn();
      return book.newest();
    } finally {
      stoodStill(start);
    }
  }

  @Override
  public void close() throws IOException {
    slow.shutdownNow();
    channel.close().awaitUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    client.close();
    if (nft != null) {
      nft.close();
    }
  }
}
