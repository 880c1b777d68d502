package io.fwtrail.tracer.live;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkAddress;
import io.fwtrail.netlink.channel.NetlinkChannel;
import io.fwtrail.netlink.channel.NetlinkChannelOption;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.TraceFilter;
import io.fwtrail.netlink.route.LinkMessage;
import io.fwtrail.tracer.hop.WallClock;
import io.fwtrail.tracer.log.LogEvent;
import io.fwtrail.tracer.mark.LegacyMark;
import io.fwtrail.tracer.mark.Mark;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.origin.Origins;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  private static final int LINK_RECEIVE_BUFFER = 1024 * 1024;

  /** The kernel log is read when the kernel finds time to wake its readers. */
  private static final long LOG_QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("fwtrail", true), EpollIoHandler.newFactory());
  private final LiveCounts counts = new LiveCounts();
  private final Namespaces namespaces = new Namespaces();
  private final TraceHandler handler;
  private final TrailAssembler assembler;
  private final TrailListener listener;
  private final NetworkNamespace home;
  private final NamespaceIds ids;
  private final NetlinkChannel channel;
  private final Channel linkChannel;
  private final List<String> notices = new CopyOnWriteArrayList<>();
  private volatile @Nullable LegacySource legacy;
  private boolean closed;

  /** A moment up to which all of the kernel log was handed on; on the event loop. */
  private long logReadUpTo = System.nanoTime();

  /** How many packets that were held back the listener was told of; on the event loop. */
  private long heldBackTold;

  private final LegacyWatch legacyWatch;
  private final @Nullable OtherNamespaces others;

  /**
   * What to trace, and how.
   *
   * @param namespace where
   * @param allNamespaces whether in all others, too, that there are now or come later
   * @param match which packets to mark; null to hear only what is traced already
   * @param markBy what marks; of iptables it is where the kernel has no nf_tables in any case
   * @param legacyBy how hops of legacy tables come here
   * @param origins where the rules of {@code namespace} were written; null where that is not known
   * @param receiveBuffer bytes of the socket's receive buffer
   * @param limits of the assembler
   * @param messages which messages are wanted
   * @param rootChild asks and writes what takes root, where this process is going to be root no
   *     more; stays open. Null where it stays as it is
   */
  public record Options(
      NetworkNamespace namespace,
      boolean allNamespaces,
      @Nullable PacketMatch match,
      MarkBy markBy,
      LegacyBy legacyBy,
      @Nullable Origins origins,
      int receiveBuffer,
      TrailAssembler.Limits limits,
      TraceFilter messages,
      @Nullable RootChild rootChild) {

    /**
     * 256 MiB, which the kernel doubles (socket(7)): some 700,000 messages, what arrives in more
     * than two seconds flat out. So long a reader on a machine with two processors may run code
     * that is not compiled yet, beside the compiler. It is taken only as messages wait, and given
     * back as they are read.
     */
    public static final int DEFAULT_RECEIVE_BUFFER = 256 * 1024 * 1024;

    /** No more than this part of the machine's memory. */
    private static final int MEMORY_SHARE = 64;

    private static final Pattern MEMORY_KIB = Pattern.compile("MemTotal: *(\\d+) kB");

    /**
     * {@link #DEFAULT_RECEIVE_BUFFER}, or less where the machine has little memory: with what the
     * kernel makes of it, a thirty-second part at most.
     */
    public static int defaultReceiveBuffer() {
      try (BufferedReader memory = Files.newBufferedReader(Path.of("/proc/meminfo"))) {
        String first = memory.readLine();
        Matcher total = MEMORY_KIB.matcher(first == null ? "" : first);
        if (total.matches()) {
          long share = Long.parseLong(total.group(1)) * 1024 / MEMORY_SHARE;
          return (int) Math.min(DEFAULT_RECEIVE_BUFFER, share);
        }
      } catch (IOException e) {
        // Without /proc nothing is known of the machine.
      }
      return DEFAULT_RECEIVE_BUFFER;
    }

    /** In one namespace. */
    public Options(
        NetworkNamespace namespace,
        @Nullable PacketMatch match,
        MarkBy markBy,
        LegacyBy legacyBy,
        int receiveBuffer,
        TrailAssembler.Limits limits) {
      this(
          namespace,
          false,
          match,
          markBy,
          legacyBy,
          null,
          receiveBuffer,
          limits,
          TraceFilter.ALL,
          null);
    }
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

  private LiveTrace(
      Options options, Function<LookUps, TrailListener> listenerOf, Runnable afterRead)
      throws IOException {
    NetworkNamespace here = options.namespace();
    NamespaceAccess access =
        new NamespaceAccess(
            here,
            options.allNamespaces() ? OtherNamespaces.ownLabel(here) : null,
            options.rootChild());
    home = home(access, options);
    // Listen to changes first, then read the rule set, then mark, and hear of packets last: so no
    // change is missed, and nothing piles up of packets that others mark.
    channel =
        bind(
            NetlinkConstants.PROTOCOL_NETFILTER,
            Set.of(Nfnetlink.GROUP_NFTABLES),
            options.receiveBuffer(),
            home,
            options.allNamespaces(),
            new ChannelInboundHandlerAdapter());
    linkChannel =
        bind(
            NetlinkConstants.PROTOCOL_ROUTE,
            Set.of(LinkMessage.GROUP_LINK),
            LINK_RECEIVE_BUFFER,
            home,
            options.allNamespaces(),
            new LinkListener(namespaces));
    ids = new NamespaceIds(home);
    int id = ids.idOf(here);
    namespaces.add(id, access);
    PacketMatch match = options.match();
    boolean byIptables = match != null && isMarkedByIptables(options, access);
    repair(access);
    legacy =
        byIptables || access.iptables().hasLegacy()
            ? listenToLegacy(options, here, byIptables)
            : null;
    if (access.iptables().cannotListLegacy()) {
      notices.add(
          "rules of iptables-legacy are shown by number, and what they do is not known:"
              + " its program is not installed (apt install iptables)");
    }
    noteHiddenTables(access);
    final TracedNamespace traced;
    try {
      if (match != null && byIptables) {
        access.markByIptables(match);
      }
      var unused = access.reader().readLegacy();
      if (match != null && !byIptables) {
        access.mark(match, options.allNamespaces());
      }
      traced = access.traced(id, counts, channel.eventLoop());
    } catch (IOException | RuntimeException e) {
      closeBecauseOf(e, access);
      closeBecauseOf(e, legacy);
      throw e;
    }
    // The mark's own hops come over netlink, and may come behind what the kernel log tells.
    LegacySource source = legacy;
    boolean fromLog = source != null && source.isKernelLog();
    TrailAssembler.Limits limits = options.limits();
    listener = listenerOf.apply(new LookUps(namespaces));
    assembler =
        new TrailAssembler(
            listener,
            fromLog ? limits.withQuietNanos(LOG_QUIET_NANOS) : limits,
            access.mark() != null && !fromLog);
    MessageFilter filter =
        new MessageFilter(channel.config(), options.messages(), options.allNamespaces());
    handler =
        new TraceHandler(
            new LegacyDecoder(access.interfaces()),
            assembler,
            counts,
            new AttendedClock(System::nanoTime, TraceHandler.CLOCK_STEP_NANOS),
            this::readUpTo,
            () -> {
              afterRead.run(); // first, as it shows what came
              filter.follow(traced.rules().newest());
            });
    handler.add(traced);
    if (options.origins() != null) {
      handler.show(new RuleOrigins(options.origins(), traced.rules().newest(), id));
    }
    legacyWatch =
        new LegacyWatch(
            access.reader(),
            tables -> legacyChanged(options, traced, tables),
            () -> noteHiddenTables(access));
    others =
        options.allNamespaces()
            ? new OtherNamespaces(
                ids, here, match, namespaces, handler, channel.eventLoop(), counts, notices::add)
            : null;
  }

  /**
   * Where the sockets are. To hear all namespaces they need numbers where the socket is, and a
   * number once given stays as long as its namespace: so it is a namespace of our own, which goes
   * with us. But NFLOG messages are had in their own namespace only.
   */
  private static NetworkNamespace home(NamespaceAccess access, Options options) throws IOException {
    return options.allNamespaces() && !access.iptables().hasLegacy()
        ? NetworkNamespace.create()
        : access.namespace();
  }

  private boolean isMarkedByIptables(Options options, NamespaceAccess access) throws IOException {
    if (options.markBy() == MarkBy.IPTABLES) {
      return true;
    }
    if (access.reader().hasNfTables()) {
      return false;
    }
    notices.add("this kernel has no nf_tables: TRACE rules of iptables-legacy mark the packets");
    return true;
  }

  private void repair(NamespaceAccess access) throws IOException {
    notices.addAll(NfLogSetting.repair(access.namespace()));
    int strays = LegacyMark.repair(access.iptables());
    if (strays > 0) {
      notices.add(strays + " TRACE rules removed that a killed run of fwtrail had left behind");
    }
  }

  /** Once: where rules of iptables-legacy may be missing as this process may not read them. */
  private void noteHiddenTables(NamespaceAccess access) {
    if (access.iptables().mayHideLegacy() && !notices.contains(IptablesPrograms.HIDDEN)) {
      notices.add(IptablesPrograms.HIDDEN);
    }
  }

  private static void closeBecauseOf(Exception failure, @Nullable Closeable part) {
    try {
      if (part != null) {
        part.close();
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** On the watching thread. */
  private void legacyChanged(Options options, TracedNamespace traced, List<RuleSet.Table> tables) {
    if (legacy == null && !tables.isEmpty()) {
      listenLate(options);
    }
    channel.eventLoop().execute(() -> traced.rules().replaceLegacy(tables));
  }

  /** The first table of iptables-legacy has appeared. */
  private synchronized void listenLate(Options options) {
    if (closed) {
      return;
    }
    if (options.legacyBy() == LegacyBy.KERNEL_LOG || !home.equals(options.namespace())) {
      notices.add("tables of iptables-legacy have appeared: start again to see their rules");
      return;
    }
    try {
      legacy = listenToLegacy(options, options.namespace(), false);
    } catch (IOException e) {
      notices.add(LegacySource.NOT_SHOWN + e.getMessage());
    }
  }

  private LegacySource listenToLegacy(Options options, NetworkNamespace namespace, boolean required)
      throws IOException {
    RootChild child = options.rootChild();
    LegacySource source =
        LegacySource.start(
            options.legacyBy(),
            channel,
            namespace,
            child == null ? NfLogNote.ownKeeper(namespace) : child,
            new LogListener(),
            required);
    notices.addAll(source.notices());
    return source;
  }

  /** What the user should know of how this trace is made; empty where all is as usual. */
  public List<String> notices() {
    return List.copyOf(notices);
  }

  /** Hands on what the kernel log tells to the event loop, in that order. */
  private final class LogListener implements KernelLogListening.Listener {
    private long toldUpTo;

    @Override
    public void event(LogEvent event) {
      channel.eventLoop().execute(() -> handler.seeLogged(event));
    }

    @Override
    public void lost(long records) {
      channel.eventLoop().execute(() -> handler.lostLogged(records));
    }

    @Override
    public void readUpTo(long nanos) {
      if (nanos != toldUpTo) {
        toldUpTo = nanos;
        channel.eventLoop().execute(() -> logReadUpTo = nanos);
      }
    }
  }

  private long readUpTo() {
    // The clock first: where the thread is kept waiting in between, what comes meanwhile was not
    // read.
    long now = System.nanoTime();
    long socket = allRead() ? now : channel.drainedAt();
    LegacySource source = legacy;
    return source != null && source.isKernelLog() ? Math.min(socket, logReadUpTo) : socket;
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
   * @param listener makes what takes hops and trails, on the event loop's thread
   * @param afterRead runs on that thread when all that had arrived was handed on
   * @throws IOException if the kernel refuses: no right, no nf_tables
   * @throws io.fwtrail.tracer.mark.MarkException if the match cannot be set
   */
  public static LiveTrace start(
      Options options, Function<LookUps, TrailListener> listener, Runnable afterRead)
      throws IOException {
    LiveTrace trace = new LiveTrace(options, listener, afterRead);
    try {
      trace.hearPackets();
      trace.linkChannel.config().setAutoRead(true);
      if (trace.others != null) {
        trace.others.start();
      }
    } catch (IOException | RuntimeException e) {
      closeBecauseOf(e, trace);
      throw e;
    }
    return trace;
  }

  private void hearPackets() throws IOException {
    channel.pipeline().addLast(handler);
    try {
      boolean unused =
          channel
              .config()
              .setOption(
                  NetlinkChannelOption.GROUPS,
                  Set.of(Nfnetlink.GROUP_NFTABLES, Nfnetlink.GROUP_NFTRACE));
    } catch (ChannelException e) {
      throw e.getCause() instanceof IOException refused ? refused : new IOException(e);
    }
    channel.config().setAutoRead(true);
  }

  /**
   * Begins to trace, for a listener that needs nothing looked up; see {@link #start(Options,
   * Function, Runnable)}.
   */
  public static LiveTrace start(Options options, TrailListener listener, Runnable afterRead)
      throws IOException {
    return start(options, lookUps -> listener, afterRead);
  }

  /**
   * Whether the programs of iptables-legacy are needed to trace a namespace, which take more rights
   * than CAP_NET_ADMIN, and to the end: it has such tables, or the kernel has no nf_tables.
   *
   * @throws IOException if the kernel cannot be asked
   */
  public static boolean needsLegacyPrograms(NetworkNamespace namespace) throws IOException {
    IptablesPrograms iptables = new IptablesPrograms(namespace::call);
    if (iptables.hasLegacy()) {
      return true;
    }
    try (NetlinkClient client =
        new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, namespace))) {
      return !new RuleSetReader(client, NamespaceTexts.of(null, namespace), iptables).hasNfTables();
    }
  }

  /** The names of a namespace's network interfaces. */
  public static Set<String> interfaces(NetworkNamespace namespace) throws IOException {
    try (NetlinkClient client =
        new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_ROUTE, namespace))) {
      return new Interfaces(client).present();
    }
  }

  private NetlinkChannel bind(
      int protocol,
      Set<Integer> groups,
      int receiveBuffer,
      NetworkNamespace home,
      boolean listenToAll,
      ChannelHandler first)
      throws IOException {
    ChannelFuture bound =
        new Bootstrap()
            .group(group)
            .channelFactory(() -> new NetlinkChannel(protocol))
            .option(NetlinkChannelOption.GROUPS, groups)
            .option(NetlinkChannelOption.RECEIVE_BUFFER, receiveBuffer)
            .option(NetlinkChannelOption.NAMESPACE, home)
            .option(NetlinkChannelOption.LISTEN_ALL_NSID, listenToAll)
            .option(io.netty.channel.ChannelOption.AUTO_READ, false)
            .handler(first)
            .bind(NetlinkAddress.ANY)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw bound.cause() instanceof IOException e ? e : new IOException(bound.cause());
    }
    return (NetlinkChannel) bound.channel();
  }

  /** The marks, one a namespace; none where no match was asked for. */
  public List<Mark> marks() {
    return namespaces.all().stream().map(NamespaceAccess::mark).filter(Objects::nonNull).toList();
  }

  /** Whether rules can be shown as their owner wrote them. */
  public boolean hasTexts() {
    return namespaces.all().stream().allMatch(NamespaceAccess::hasTexts);
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
   * Tells the listener, as {@link Loss.Cause#RATE}, how many packets the mark has held back since
   * it was last told. The kernel only counts them, so this is for the caller to do from time to
   * time; {@link #stop} does it for the last time. Waits for the kernel's answer: not on the event
   * loop.
   */
  public void noteHeldBack() {
    Mark.Counters counters = namespaces.counters();
    if (counters != null) {
      channel.eventLoop().execute(() -> tellHeldBack(counters));
    }
  }

  private void tellHeldBack(Mark.Counters counters) {
    long more = counters.heldBack() - heldBackTold;
    if (more > 0) {
      heldBackTold += more;
      listener.lost(new Loss(WallClock.nanos(), Loss.Cause.RATE, more));
    }
  }

  /**
   * Ends the tracing: removes the mark, hands on what had still arrived, and ends the trails that
   * are open. {@link #close} is called after it.
   *
   * @return the mark's counters at its end; null where there was no mark, or it had gone
   */
  public Mark.@Nullable Counters stop() {
    if (others != null) {
      others.close();
    }
    final Mark.Counters atEnd = namespaces.unmark();
    try {
      LegacySource source = legacy;
      if (source != null && source.isKernelLog()) {
        source.close();
      }
    } catch (IOException e) {
      // It is tried once more, and told of, when all is closed.
    }
    CompletableFuture<Boolean> drained = new CompletableFuture<>();
    if (atEnd != null) {
      channel.eventLoop().execute(() -> tellHeldBack(atEnd));
    }
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

  private synchronized void closeLegacy() throws IOException {
    closed = true;
    if (legacy != null) {
      legacy.close();
    }
  }

  @Override
  public void close() throws IOException {
    if (others != null) {
      others.close();
    }
    legacyWatch.close();
    try {
      closeLegacy();
    } finally {
      channel.close().awaitUninterruptibly();
      linkChannel.close().awaitUninterruptibly();
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
      ids.close();
      home.close();
      namespaces.close();
    }
  }
}
