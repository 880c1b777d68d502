package io.fwtrail.netlink;

import io.netty.buffer.ByteBuf;
import java.io.Closeable;
import java.io.IOException;

/** A netlink socket as {@link NetlinkClient} needs it: datagrams out, datagrams in, in turn. */
public interface DatagramPort extends Closeable {
  /**
   * Sends the readable bytes of {@code datagram} to the kernel as one datagram. The buffer stays
   * the caller's.
   */
  void send(ByteBuf datagram) throws IOException;

  /**
   * Waits for the next datagram and appends it to {@code into}, whose writable room is as large as
   * a datagram may be.
   *
   * @throws IOException if none comes for too long, or the socket fails
   */
  void receive(ByteBuf into) throws IOException;

  /** The socket's own port id, unsigned. */
  long portId();
}
