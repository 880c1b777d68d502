package io.fwtrail.tracer.live;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkAddress;
import io.fwtrail.netlink.channel.NetlinkChannel;
import io.fwtrail.netlink.channel.NetlinkChannelOption;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.nflog.NflogGroupTakenException;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.route.LinkMessage;
import io.fwtrail.tracer.mark.LegacyMark;
import io.fwtrail.tracer.mark.Mark;
import io.fwtrail.tracer.mark.OwnTables;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Traces on the running kernel: marks packets where asked to, and hands their hops and trails to a
 * listener until it is closed.
 *
 * <p>The listener is called on one thread, the event loop's. Everything made in the kernel belongs
 * to sockets of this object and goes with them.
 */
public final class LiveTrace implements Closeable {
  /** How long the end waits for what is still on its way through the socket. */
  private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final long DRAIN_RETRY_MILLIS = 2;

  /** The kernel log is read when the kernel finds time to wake its readers. */
  private static final long LOG_QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final String NOT_SHOWN = "the rules of iptables-legacy are not shown: ";

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("fwtrail", true), EpollIoHandler.newFactory());
  private final LiveCounts counts = new LiveCounts();
  private final NetworkNamespace namespace;
  private final NetlinkClient asker;
  private final NetlinkClient owner;
  private final NetlinkClient links;
  private final @Nullable LibNftables nft;
  private final TrailAssembler assembler;
  private final RuleBook ruleBook;
  private final TraceHandler handler;
  private final NetlinkChannel channel;
  private final Channel linkChannel;
  private final @Nullable Mark mark;
  private final RuleSet firstRules;
  private final List<String> notices = new ArrayList<>();
  private final @Nullable LegacyMark legacyMark;
  private final @Nullable Closeable legacy;
  private final @Nullable LegacyWatch legacyWatch;

  /**
   * What to trace, and how.
   *
   * @param namespace where
   * @param match which packets to mark; null to hear only what is traced already
   * @param markBy what marks; of iptables it is where the kernel has no nf_tables in any case
   * @param legacyBy how hops of legacy tables come here
   * @param receiveBuffer bytes of the socket's receive buffer
   * @param limits of the assembler
   */
  public record Options(
      NetworkNamespace namespace,
      @Nullable PacketMatch match,
      MarkBy markBy,
      LegacyBy legacyBy,
      int receiveBuffer,
      TrailAssembler.Limits limits) {

    /** 32 MiB, some 30,000 messages: what arrives in a twentieth of a second flat out. */
    public static final int DEFAULT_RECEIVE_BUFFER = 32 * 1024 * 1024;
  }

  /** What marks packets. */
  public enum MarkBy {
    /** A table of nf_tables that belongs to a socket. */
    NF_TABLES,
    /** TRACE rules of iptables-legacy. */
    IPTABLES
  }

  /** How hops of iptables-legacy come here. */
  public enum LegacyBy {
    /** By NFLOG messages, on the socket that has those of nf_tables. */
    NETLINK,
    /** By lines of the kernel log. */
    KERNEL_LOG
  }

  private LiveTrace(Options options, TrailListener listener, Runnable afterRead)
      throws IOException {
    namespace = options.namespace();
    asker = client(NetlinkConstants.PROTOCOL_NETFILTER);
    owner = client(NetlinkConstants.PROTOCOL_NETFILTER);
    links = client(NetlinkConstants.PROTOCOL_ROUTE);
    nft = NamespaceTexts.open(namespace);
    IptablesPrograms iptables = new IptablesPrograms(namespace::call);
    RuleSetReader reader = new RuleSetReader(asker, NamespaceTexts.of(nft, namespace), iptables);
    Interfaces interfaces = new Interfaces(links);

    // Listen first, then read the rule set, then mark: so no change and no packet is missed.
    channel =
        bind(
            NetlinkConstants.PROTOCOL_NETFILTER,
            Set.of(Nfnetlink.GROUP_NFTABLES, Nfnetlink.GROUP_NFTRACE),
            options.receiveBuffer(),
            new ChannelInboundHandlerAdapter());
    linkChannel =
        bind(
            NetlinkConstants.PROTOCOL_ROUTE,
            Set.of(LinkMessage.GROUP_LINK),
            1024 * 1024,
            new LinkListener(interfaces));
    interfaces.refresh(); // so that the first packet does not wait for it
    notices.addAll(NfLogSetting.repair(namespace));
    int strays = LegacyMark.repair(iptables);
    if (strays > 0) {
      notices.add(strays + " TRACE rules removed that a killed run of fwtrail had left behind");
    }
    PacketMatch match = options.match();
    boolean byIptables =
        match != null && (options.markBy() == MarkBy.IPTABLES || !reader.hasNfTables());
    if (byIptables && options.markBy() != MarkBy.IPTABLES) {
      notices.add("this kernel has no nf_tables: TRACE rules of iptables-legacy mark the packets");
    }
    boolean loaded = iptables.isLegacyLoaded(NfFamily.IP) || iptables.isLegacyLoaded(NfFamily.IP6);
    legacy = byIptables || loaded ? listenToLegacy(options.legacyBy()) : null;
    @Nullable LegacyMark placed = null;
    try {
      placed = match != null && byIptables ? LegacyMark.make(iptables, match) : null;
      var unused = reader.readLegacy();
      RuleSet rules = reader.read();
      mark = match == null || byIptables ? null : Mark.make(owner, rules, match, nft);
      firstRules = mark == null ? rules : reader.read();
    } catch (IOException | RuntimeException e) {
      closeLegacy(placed);
      throw e;
    }
    legacyMark = placed;
    // The mark's own hops come over netlink, and may come behind what the kernel log tells.
    boolean fromLog = legacy instanceof KernelLogListening;
    TrailAssembler.Limits limits = options.limits();
    assembler =
        new TrailAssembler(
            listener,
            fromLog ? limits.withQuietNanos(LOG_QUIET_NANOS) : limits,
            mark != null && !fromLog);
    TraceDecoder decoder = new TraceDecoder(interfaces, mark == null ? OwnTables.NONE : mark);
    ruleBook = new RuleBook(kernel(reader), firstRules, decoder, TracedNamespace.HOME, counts);
    handler =
        new TraceHandler(
            new LegacyDecoder(interfaces), assembler, counts, this::allRead, afterRead);
    handler.add(new TracedNamespace(TracedNamespace.HOME, ruleBook, decoder));
    legacyWatch = legacy == null ? null : new LegacyWatch(reader, this::replaceLegacy);
  }

  private @Nullable Closeable listenToLegacy(LegacyBy by) throws IOException {
    if (by == LegacyBy.KERNEL_LOG) {
      return listenToKernelLog();
    }
    try {
      return LegacyListening.start(channel, namespace);
    } catch (NflogGroupTakenException e) {
      if (NfLogSetting.isHeld(namespace)) {
        notices.add(NOT_SHOWN + "another fwtrail has them, and they go to one program only");
        return null;
      }
      return instead(e);
    } catch (KernelRefusedException e) {
      return instead(e);
    }
  }

  private @Nullable Closeable instead(IOException why) {
    try {
      Closeable listening = listenToKernelLog();
      notices.add("hops of iptables-legacy come from the kernel log: " + why.getMessage());
      return listening;
    } catch (IOException e) {
      notices.add(NOT_SHOWN + why.getMessage() + "; and the kernel log: " + e.getMessage());
      return null;
    }
  }

  private Closeable listenToKernelLog() throws IOException {
    return KernelLogListening.start(
        namespace,
        event -> channel.eventLoop().execute(() -> handler.seeLogged(event)),
        lost -> channel.eventLoop().execute(() -> assembler.lost(lost)));
  }

  private void closeLegacy(@Nullable LegacyMark placed) throws IOException {
    try {
      if (placed != null) {
        placed.close();
      }
    } finally {
      if (legacy != null) {
        legacy.close();
      }
    }
  }

  private void replaceLegacy(List<RuleSet.Table> tables) {
    channel.eventLoop().execute(() -> ruleBook.replaceLegacy(tables));
  }

  /** What the user should know of how this trace is made; empty where all is as usual. */
  public List<String> notices() {
    return List.copyOf(notices);
  }

  private boolean allRead() {
    try {
      return channel.waitingBytes() == 0;
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Begins to trace.
   *
   * @param listener takes hops and trails, on the event loop's thread
   * @param afterRead runs on that thread when all that had arrived was handed on
   * @throws IOException if the kernel refuses: no right, no nf_tables
   * @throws io.fwtrail.tracer.mark.MarkException if the match cannot be set
   */
  public static LiveTrace start(Options options, TrailListener listener, Runnable afterRead)
      throws IOException {
    LiveTrace trace = new LiveTrace(options, listener, afterRead);
    trace.channel.pipeline().addLast(trace.handler);
    trace.channel.config().setAutoRead(true);
    trace.linkChannel.config().setAutoRead(true);
    return trace;
  }

  /** The names of a namespace's network interfaces. */
  public static Set<String> interfaces(NetworkNamespace namespace) throws IOException {
    try (NetlinkClient client =
        new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_ROUTE, namespace))) {
      return new Interfaces(client).present();
    }
  }

  private NetlinkClient client(int protocol) throws IOException {
    return new NetlinkClient(NetlinkSocket.open(protocol, namespace));
  }

  private static RuleBook.Kernel kernel(RuleSetReader reader) {
    return new RuleBook.Kernel() {
      @Override
      public long generation() throws IOException {
        return reader.generation();
      }

      @Override
      public RuleSet read() throws IOException {
        return reader.read();
      }
    };
  }

  private NetlinkChannel bind(
      int protocol, Set<Integer> groups, int receiveBuffer, ChannelHandler first)
      throws IOException {
    ChannelFuture bound =
        new Bootstrap()
            .group(group)
            .channelFactory(() -> new NetlinkChannel(protocol))
            .option(NetlinkChannelOption.GROUPS, groups)
            .option(NetlinkChannelOption.RECEIVE_BUFFER, receiveBuffer)
            .option(NetlinkChannelOption.NAMESPACE, namespace)
            .option(io.netty.channel.ChannelOption.AUTO_READ, false)
            .handler(first)
            .bind(NetlinkAddress.ANY)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw bound.cause() instanceof IOException e ? e : new IOException(bound.cause());
    }
    return (NetlinkChannel) bound.channel();
  }

  /** Forgets interface names when interfaces change. */
  private static final class LinkListener extends ChannelInboundHandlerAdapter {
    private final Interfaces interfaces;

    LinkListener(Interfaces interfaces) {
      this.interfaces = interfaces;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
      interfaces.changed();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      // Notices were lost: anything may have changed.
      interfaces.changed();
    }
  }

  /** The mark, or null where none was asked for. */
  public @Nullable Mark mark() {
    return mark;
  }

  /** The rule set as it was when tracing began. */
  public RuleSet rulesAtStart() {
    return firstRules;
  }

  /** Whether rules can be shown as their owner wrote them. */
  public boolean hasTexts() {
    return nft != null;
  }

  /** What was counted; grows on the event loop, complete after {@link #stop}. */
  public TrailAssembler.Counts counts() {
    return assembler.counts();
  }

  /** What was read; likewise. */
  public LiveCounts liveCounts() {
    return counts;
  }

  /**
   * Ends the tracing: removes the mark, hands on what had still arrived, and ends the trails that
   * are open. {@link #close} is called after it.
   *
   * @return the mark's counters at its end; null where there was no mark, or it had gone
   */
  public Mark.@Nullable Counters stop() {
    Mark.Counters atEnd = null;
    if (mark != null) {
      try {
        atEnd = mark.counters();
        mark.close();
      } catch (IOException e) {
        // Somebody removed the table, or the right is gone; the kernel removes what is left.
      }
    }
    try {
      if (legacyMark != null) {
        legacyMark.close();
      }
      if (legacy instanceof KernelLogListening listening) {
        listening.close();
      }
    } catch (IOException e) {
      // It is tried once more, and told of, when all is closed.
    }
    CompletableFuture<Boolean> drained = new CompletableFuture<>();
    channel.eventLoop().execute(() -> drain(drained, System.nanoTime() + DRAIN_NANOS));
    try {
      drained.get(DRAIN_NANOS * 2, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // What had arrived was handed on as far as it went.
    }
    return atEnd;
  }

  private void drain(CompletableFuture<Boolean> drained, long until) {
    if ((!allRead() || handler.holds()) && System.nanoTime() < until) {
      var unused =
          channel
              .eventLoop()
              .schedule(() -> drain(drained, until), DRAIN_RETRY_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    try {
      channel.pipeline().remove(handler);
      assembler.stop();
      drained.complete(true);
    } catch (RuntimeException e) {
      drained.completeExceptionally(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (legacyWatch != null) {
      legacyWatch.close();
    }
    closeLegacy(legacyMark);
    channel.close().awaitUninterruptibly();
    linkChannel.close().awaitUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    owner.close();
    asker.close();
    links.close();
    if (nft != null) {
      nft.close();
    }
  }
}
