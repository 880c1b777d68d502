package io.fwtrail.netlink.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
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
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket on Netty's epoll event loop.
 *
 * <p>In come {@link NetlinkBatch} objects, which the handler releases, and {@link MessagesLost}
 * events where messages are missing; out go {@code ByteBuf}s, each one datagram to the kernel.
 * Options are those of {@link NetlinkChannelOption}; the socket is opened when the channel is bound,
 * to {@link NetlinkAddress#ANY}:
 *
 * <pre>{@code
 * new Bootstrap()
 *     .group(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()))
 *     .channelFactory(() -> new NetlinkChannel(NetlinkConstants.PROTOCOL_NETFILTER))
 *     .option(NetlinkChannelOption.GROUPS, Set.of(Nfnetlink.GROUP_NFTRACE))
 *     .handler(handler)
 *     .bind(NetlinkAddress.ANY);
 * }</pre>
 */
public final class NetlinkChannel extends AbstractChannel {
  /*
   * Where a gap is. When a message does not fit, the kernel marks the socket as congested and drops
   * everything for it until the reader has emptied the queue; ENOBUFS is reported by the very next
   * read, ahead of all that still waits in the queue (net/netlink/af_netlink.c: netlink_overrun,
   * netlink_broadcast_deliver, netlink_rcv_wake; Linux 4.x to 6.18). So the gap is where the queue
   * runs empty, and the number of lost messages is final only then. Towards that point messages are
   * read one at a time: a read of many could go on past it with messages that came after.
   */

  /** As much memory of waiting messages as one read of a full batch could take. */
  private static final int NEAR_EMPTY = NetlinkBatch.SLOTS * 1024;

  /** Reads for each time that the event loop finds something to read, so that others get a turn. */
  private static final int READS_PER_WAKE_UP = 16;

  private static final ChannelMetadata METADATA = new ChannelMetadata(false);

  private final int protocol;
  private final NetlinkChannelConfig config = new NetlinkChannelConfig(this);
  private @Nullable NetlinkDescriptor descriptor;
  private @Nullable Socket socket;
  private @Nullable BatchReader reader;
  private @Nullable IoRegistration registration;
  private @Nullable NetlinkAddress local;
  private volatile boolean open = true;
  private volatile boolean active;
  private boolean readWanted;
  private boolean writeWanted;
  private boolean lossPending;
  private long lossesTold;

  /** One of a NETLINK_* protocol, not open yet. */
  public NetlinkChannel(int protocol) {
    super(null);
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
    return active;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  /**
   * How much memory waiting messages may take: twice what was asked for, or less where
   * net.core.rmem_max limits it and CAP_NET_ADMIN is missing (socket(7)).
   *
   * @throws IOException if the channel is not bound
   */
  public long effectiveReceiveBuffer() throws IOException {
    NetlinkDescriptor d = descriptor;
    if (d == null) {
      throw new IOException("the netlink channel is not bound");
    }
    return d.memory().receiveBuffer();
  }

  /**
   * How much memory the messages take that wait to be read; 0 where all were read.
   *
   * @throws IOException if the channel is not bound
   */
  public long waitingBytes() throws IOException {
    NetlinkDescriptor d = descriptor;
    if (d == null || !active) {
      throw new IOException("the netlink channel is not bound");
    }
    return d.memory().queued();
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
    return local;
  }

  @Override
  protected @Nullable SocketAddress remoteAddress0() {
    return null;
  }

  @Override
  protected void doRegister(ChannelPromise promise) {
    // The descriptor does not exist before the channel is bound; it is registered then.
    promise.setSuccess();
  }

  @Override
  protected void doBind(SocketAddress address) throws Exception {
    Epoll.ensureAvailability();
    NetworkNamespace where = config.namespace();
    NetlinkDescriptor opened =
        NetlinkDescriptor.open(
            protocol, false, where == null ? NetworkNamespace.current() : where);
    try {
      opened.wantExplanations();
      opened.receiveBuffer(config.receiveBuffer());
      if (config.listenAllNsid()) {
        opened.listenToAllNamespaces();
      }
      local = new NetlinkAddress(opened.bind());
      opened.join(config.groups());
      lossesTold = opened.memory().drops();
    } catch (IOException e) {
      opened.close();
      throw e;
    }
    descriptor = opened;
    reader = new BatchReader(opened, config.listenAllNsid());
    // From here on Netty alone closes the descriptor.
    socket = new Socket(opened.fd());
    active = true;
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
      var unused = close();
    }
  }

  @Override
  protected void doDisconnect() throws Exception {
    doClose();
  }

  @Override
  protected void doClose() throws Exception {
    open = false;
    active = false;
    if (registration != null) {
      registration.cancel();
      registration = null;
    }
    if (socket != null) {
      socket.close();
      socket = null;
    }
    if (reader != null) {
      reader.close();
      reader = null;
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

  private void submit() {
    if (registration == null || !registration.isValid()) {
      return;
    }
    // EPOLLERR is reported whether asked for or not; with it alone the registration rests.
    EpollIoOps ops = EpollIoOps.EPOLLERR;
    if (readWanted) {
      ops = ops.with(EpollIoOps.EPOLLIN);
    }
    if (writeWanted) {
      ops = ops.with(EpollIoOps.EPOLLOUT);
    }
    registration.submit(ops);
  }

  @Override
  protected Object filterOutboundMessage(Object message) {
    if (message instanceof ByteBuf) {
      return message;
    }
    throw new UnsupportedOperationException(
        "a netlink channel sends ByteBuf, not " + message.getClass().getName());
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer out) throws Exception {
    NetlinkDescriptor d = descriptor;
    if (d == null) {
      throw new IOException("the netlink channel is not bound");
    }
    boolean full = false;
    for (Object message = out.current(); message != null && !full; message = out.current()) {
      ByteBuf datagram = (ByteBuf) message;
      int length = datagram.readableBytes();
      NativeBlock block = NativeBlock.zeroed(Math.max(1, length));
      try {
        datagram.getBytes(datagram.readerIndex(), block.view().limit(length));
        full = !d.send(block.address(), length);
        if (!full) {
          out.remove();
        }
      } catch (IOException e) {
        out.remove(e);
      } finally {
        block.free();
      }
    }
    if (full != writeWanted) {
      writeWanted = full;
      submit();
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
      Socket s = socket;
      if (s == null) {
        throw new IllegalStateException("the netlink channel is not bound");
      }
      return s;
    }

    @Override
    public void close() {
      close(voidPromise());
    }

    /** An exception that left this method would make the event loop sleep for a second. */
    @Override
    public void handle(IoRegistration unused, IoEvent event) {
      try {
        EpollIoOps ops = ((EpollIoEvent) event).ops();
        if (ops.contains(EpollIoOps.EPOLLOUT)) {
          super.flush0();
        }
        if (ops.contains(EpollIoOps.EPOLLIN) || ops.contains(EpollIoOps.EPOLLERR)) {
          readAll();
        }
      } catch (Exception e) {
        pipeline().fireExceptionCaught(e);
        close(voidPromise());
      }
    }

    private void readAll() throws IOException {
      boolean read = false;
      for (int i = 0; i < READS_PER_WAKE_UP && readWanted; i++) {
        BatchReader r = reader;
        NetlinkDescriptor d = descriptor;
        if (r == null || d == null) {
          return;
        }
        int most = lossPending && d.memory().queued() <= NEAR_EMPTY ? 1 : NetlinkBatch.SLOTS;
        int count = r.read(most);
        if (count > 0) {
          pipeline().fireChannelRead(r.take());
          read = true;
        } else if (count == BatchReader.OVERRUN) {
          lossPending = true;
        }
        if (lossPending && reader != null && d.memory().queued() == 0) {
          tellLoss(d);
          read = true;
        }
        if (count == BatchReader.NOTHING) {
          break;
        }
      }
      if (read) {
        if (!config.isAutoRead()) {
          readWanted = false;
          submit();
        }
        pipeline().fireChannelReadComplete();
      }
    }

    private void tellLoss(NetlinkDescriptor d) throws IOException {
      lossPending = false;
      long drops = d.memory().drops();
      // The kernel's counter is 32 bits wide and may wrap.
      long lost = drops - lossesTold & 0xffff_ffffL;
      lossesTold = drops;
      pipeline().fireUserEventTriggered(new MessagesLost(lost));
    }
  }
}
