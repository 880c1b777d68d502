package io.fwtrail.netlink.channel;

import io.fwtrail.netlink.SocketFilter;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket on Netty's epoll event loop.
 *
 * <p>In come {@link NetlinkBatch} objects, which the handler releases, and {@link MessagesLost}
 * events where messages are missing; out go {@code ByteBuf}s, each one datagram to the kernel. The
 * options are those of {@link NetlinkChannelOption}. The socket is opened when the channel is
 * bound, to {@link NetlinkAddress#ANY} or a port id:
 *
 * <pre>{@code
 * new Bootstrap()
 *     .group(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()))
 *     .channelFactory(() -> new NetlinkChannel(NetlinkConstants.PROTOCOL_NETFILTER))
 *     .option(NetlinkChannelOption.GROUPS, Set.of(Nfnetlink.GROUP_NFTRACE))
 *     .handler(handler)
 *     .bind(NetlinkAddress.ANY);
 * }</pre>
 *
 * <p>Binding fails with a {@link NetlinkSocketException} that names what the kernel refused. While
 * auto-read is off, each {@code read()} brings what waits, in up to 8 batches.
 */
public final class NetlinkChannel extends AbstractChannel {
  /** Reads for each time that the event loop finds something to read, so that others get a turn. */
  private static final int READS_PER_WAKE_UP = 8;

  private static final ChannelMetadata METADATA = new ChannelMetadata(false);

  private final int protocol;
  private final NetlinkChannelConfig config = new NetlinkChannelConfig(this);

  /** What there is while the channel is bound. Written by the event loop, read by any thread. */
  private volatile @Nullable Bound bound;

  private volatile boolean open = true;

  /** The rest belongs to the event loop. */
  private @Nullable IoRegistration registration;

  private boolean readWanted;

  /**
   * For the next wake-up. Few at first: code that never ran is slow, and what the first datagrams
   * came to is to be seen before all that came while the program started has gone through it.
   */
  private int reads = 1;

  private long drainedAt = System.nanoTime();

  private final ReadingPace pace = new ReadingPace();

  /** A socket in use; Netty alone closes the descriptor. */
  private record Bound(
      NetlinkDescriptor descriptor, Socket socket, BatchReader reader, NetlinkAddress address) {}

  /** One of a NETLINK_* protocol (linux/netlink.h), not bound yet. */
  public NetlinkChannel(int protocol) {
    super(null, ChannelNumber.next());
    this.protocol = protocol;
  }

  @Override
  public NetlinkChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return bound != null;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  /**
   * How much memory in bytes waiting messages may take: twice what was asked for, or less where
   * net.core.rmem_max limits it and CAP_NET_ADMIN is missing (socket(7)). On any thread.
   *
   * @throws IOException if the channel is not bound
   */
  public long effectiveReceiveBuffer() throws IOException {
    return memory().receiveBuffer();
  }

  /**
   * How much memory in bytes the messages take that wait to be read; 0 where all were read. On any
   * thread.
   *
   * @throws IOException if the channel is not bound
   */
  public long waitingBytes() throws IOException {
    return memory().queued();
  }

  /**
   * A moment of the monotonic clock ({@link System#nanoTime}): all that had come before it was
   * handed to the handler. On the event loop.
   */
  public long drainedAt() {
    return drainedAt;
  }

  private NetlinkDescriptor.Memory memory() throws IOException {
    return descriptor().memory();
  }

  NetlinkDescriptor descriptor() throws ClosedChannelException {
    Bound b = bound;
    if (b == null) {
      throw new ClosedChannelException();
    }
    return b.descriptor;
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new NetlinkUnsafe();
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return loop instanceof IoEventLoop ioLoop && ioLoop.isCompatible(NetlinkUnsafe.class);
  }

  @Override
  protected @Nullable SocketAddress localAddress0() {
    Bound b = bound;
    return b == null ? null : b.address;
  }

  @Override
  protected @Nullable SocketAddress remoteAddress0() {
    return null;
  }

  @Override
  protected void doRegister(ChannelPromise promise) {
    // There is no descriptor before the channel is bound; it is registered then.
    promise.setSuccess();
  }

  @Override
  protected void doBind(SocketAddress address) throws Exception {
    if (!(address instanceof NetlinkAddress wanted)) {
      throw new IllegalArgumentException("a netlink channel cannot be bound to " + address);
    }
    if (bound != null) {
      throw new IllegalStateException("the netlink channel is bound already");
    }
    Epoll.ensureAvailability();
    NetlinkDescriptor descriptor = NetlinkDescriptor.open(protocol, false, config.namespace());
    try {
      descriptor.wantExplanations();
      descriptor.receiveBuffer(config.receiveBuffer());
      if (config.listenAllNsid()) {
        descriptor.listenToAllNamespaces();
      }
      SocketFilter filter = config.filter();
      if (filter != null) {
        descriptor.attach(filter);
      }
      long port = descriptor.bind(wanted.portId());
      descriptor.join(config.groups());
      bound =
          new Bound(
              descriptor,
              new Socket(descriptor.fd()),
              new BatchReader(descriptor, port, config.listenAllNsid()),
              new NetlinkAddress(port));
    } catch (IOException e) {
      descriptor.close();
      throw e;
    }
    Future<IoRegistration> registered =
        ((IoEventLoop) eventLoop()).register((NetlinkUnsafe) unsafe());
    var unused = registered.addListener(this::registered);
  }

  private void registered(Future<? super IoRegistration> future) {
    if (future.isSuccess()) {
      registration = (IoRegistration) future.getNow();
      submit();
    } else {
      pipeline().fireExceptionCaught(future.cause());
      unsafe().close(voidPromise());
    }
  }

  @Override
  protected void doDisconnect() throws Exception {
    doClose();
  }

  @Override
  protected void doClose() throws Exception {
    open = false;
    // The registration asks for the descriptor when it is cancelled, so that goes first.
    doDeregister();
    Bound b = bound;
    bound = null;
    if (b != null) {
      b.socket.close();
      b.reader.close();
    }
  }

  @Override
  protected void doDeregister() {
    if (registration != null) {
      registration.cancel();
      registration = null;
    }
  }

  @Override
  protected void doBeginRead() {
    readWanted = true;
    submit();
  }

  /**
   * Has the kernel ask this program from now on; a channel that is not bound has it do so then.
   *
   * @throws ChannelException if the kernel refuses
   */
  void attach(SocketFilter filter) {
    Bound b = bound;
    if (b != null) {
      try {
        b.descriptor.attach(filter);
      } catch (NetlinkSocketException e) {
        throw new ChannelException(e);
      }
    }
  }

  /**
   * Joins multicast groups where the channel is bound; to join one again changes nothing.
   *
   * @throws ChannelException if the kernel refuses
   */
  void join(Collection<Integer> groups) {
    Bound b = bound;
    if (b != null) {
      try {
        b.descriptor.join(groups);
      } catch (NetlinkSocketException e) {
        throw new ChannelException(e);
      }
    }
  }

  /** No more batches from now on, or from the event loop's next turn where it is another thread. */
  void stopReading() {
    if (!isRegistered()) {
      readWanted = false;
    } else if (eventLoop().inEventLoop()) {
      readWanted = false;
      submit();
    } else {
      eventLoop()
          .execute(
              () -> {
                // Somebody may have turned it on again.
                if (!config.isAutoRead()) {
                  readWanted = false;
                  submit();
                }
              });
    }
  }

  private void submit() {
    if (registration != null && registration.isValid()) {
      // EPOLLERR is reported whether asked for or not; with it alone the registration rests.
      registration.submit(
          readWanted ? EpollIoOps.EPOLLERR.with(EpollIoOps.EPOLLIN) : EpollIoOps.EPOLLERR);
    }
  }

  @Override
  protected Object filterOutboundMessage(Object message) {
    if (message instanceof ByteBuf) {
      return message;
    }
    throw new UnsupportedOperationException(
        "a netlink channel sends ByteBuf, not " + message.getClass().getName());
  }

  /** The kernel takes a request in the sending call itself, so there is never a need to wait. */
  @Override
  protected void doWrite(ChannelOutboundBuffer out) throws Exception {
    NetlinkDescriptor descriptor = descriptor();
    for (Object message = out.current(); message != null; message = out.current()) {
      ByteBuf datagram = (ByteBuf) message;
      int length = datagram.readableBytes();
      NativeBlock block = NativeBlock.zeroed(Math.max(1, length));
      try {
        datagram.getBytes(datagram.readerIndex(), block.view().limit(length));
        descriptor.send(block.address(), length);
        out.remove();
      } catch (IOException e) {
        out.remove(e);
      } finally {
        block.free();
      }
    }
  }

  private final class NetlinkUnsafe extends AbstractUnsafe implements EpollIoHandle {
    @Override
    public void connect(
        SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
      promise.setFailure(
          new UnsupportedOperationException("a netlink channel is bound, not connected"));
    }

    @Override
    public FileDescriptor fd() {
      Bound b = bound;
      if (b == null) {
        throw new IllegalStateException("the netlink channel is not bound");
      }
      return b.socket;
    }

    /** The event loop ends. */
    @Override
    public void close() {
      close(voidPromise());
    }

    /** An exception that left this method would make the event loop sleep for a second. */
    @Override
    public void handle(IoRegistration unused, IoEvent event) {
      try {
        Bound b = bound;
        if (b != null && ((EpollIoEvent) event).ops().contains(EpollIoOps.EPOLLERR)) {
          b.reader.noteError();
        }
        readAll();
      } catch (IOException | RuntimeException e) {
        pipeline().fireExceptionCaught(e);
        close(voidPromise());
      }
    }

    private void readAll() throws IOException {
      long began = System.nanoTime();
      boolean read = false;
      boolean more = true;
      int datagrams = 0;
      int most = config.isAutoRead() ? reads : READS_PER_WAKE_UP;
      for (int i = 0; i < most && readWanted && more; i++) {
        // Asked for each time: what a handler did with the last batch may have closed the channel.
        Bound b = bound;
        Object next = b == null ? null : b.reader.next();
        if (b == null || next == null) {
          more = false;
          break;
        }
        // If more has come meanwhile, epoll tells.
        more = !b.reader.drained();
        if (next instanceof NetlinkBatch batch) {
          datagrams += batch.size();
          pipeline().fireChannelRead(batch);
        } else {
          pipeline().fireUserEventTriggered(next);
        }
        read = true;
      }
      if (read) {
        if (!config.isAutoRead()) {
          readWanted = false;
          submit();
        }
        if (!more) {
          drainedAt = began;
        }
        pipeline().fireChannelReadComplete();
        reads = Math.min(READS_PER_WAKE_UP, 2 * reads);
        if (!more && readWanted) {
          pace.afterReading(datagrams);
        }
      }
    }
  }
}
