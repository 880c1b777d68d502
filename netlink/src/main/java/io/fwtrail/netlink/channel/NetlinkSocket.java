package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import io.fwtrail.netlink.DatagramPort;
import io.netty.buffer.ByteBuf;
import java.io.IOException;

/**
 * A blocking netlink socket for requests and their answers, as {@link
 * io.fwtrail.netlink.NetlinkClient} uses it. Not for use by several threads at once, but for {@link
 * #close}.
 */
public final class NetlinkSocket implements DatagramPort {
  /** The kernel answers before the request's system call returns; this long means never. */
  private static final int ANSWER_SECONDS = 10;

  private static final int SCRATCH = 64 * 1024;

  /** Room for the answers to a large batch, one for each of its commands, all sent at once. */
  private static final int RECEIVE_BUFFER = 8 * 1024 * 1024;

  private final NetlinkDescriptor descriptor;
  private final long portId;
  private NativeBlock scratch = NativeBlock.zeroed(SCRATCH);
  private boolean closed;

  private NetlinkSocket(NetlinkDescriptor descriptor, long portId) {
    this.descriptor = descriptor;
    this.portId = portId;
  }

  /**
   * Opens one.
   *
   * @param protocol a NETLINK_* number
   * @param namespace where; it stays there
   * @throws IOException if the kernel refuses
   */
  public static NetlinkSocket open(int protocol, NetworkNamespace namespace) throws IOException {
    NetlinkDescriptor descriptor = NetlinkDescriptor.open(protocol, true, namespace);
    try {
      descriptor.wantExplanations();
      descriptor.receiveBuffer(RECEIVE_BUFFER);
      descriptor.receiveTimeout(ANSWER_SECONDS);
      return new NetlinkSocket(descriptor, descriptor.bind(0));
    } catch (IOException e) {
      descriptor.close();
      throw e;
    }
  }

  @Override
  public long portId() {
    return portId;
  }

  @Override
  public synchronized void send(ByteBuf datagram) throws IOException {
    ensureOpen();
    int length = datagram.readableBytes();
    if (length > scratch.view().capacity()) {
      scratch.free();
      scratch = NativeBlock.zeroed(length);
    }
    datagram.getBytes(datagram.readerIndex(), scratch.view().duplicate().clear().limit(length));
    descriptor.send(scratch.address(), length);
  }

  @Override
  public synchronized void receive(ByteBuf into) throws IOException {
    ensureOpen();
    int room = Math.min(into.writableBytes(), scratch.view().capacity());
    while (true) {
      // MSG_TRUNC makes the call return the datagram's whole length, also where it was cut.
      long length = LibC.recv(descriptor.fd(), scratch.address(), room, LibC.MSG_TRUNC);
      if (length > room) {
        throw new IOException("a netlink answer of " + length + " bytes, more than " + room);
      }
      if (length >= 0) {
        into.writeBytes(scratch.view().duplicate().clear().limit((int) length));
        return;
      }
      int errno = Native.getLastError();
      if (errno == LibC.EAGAIN) {
        throw new IOException("no answer from the kernel within " + ANSWER_SECONDS + " s");
      }
      if (errno != LibC.EINTR) {
        throw new NetlinkSocketException("reading a netlink answer", errno);
      }
    }
  }

  private void ensureOpen() throws IOException {
    if (closed) {
      throw new IOException("the netlink socket is closed");
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      descriptor.close();
      scratch.free();
    }
  }
}
