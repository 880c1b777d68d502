package io.fwtrail.netlink.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.atomic.AtomicLong;

/** Takes UDP datagrams on a port, of IPv4 and IPv6, and counts them; may send them back. */
public final class UdpServer implements AutoCloseable {
  private final DatagramChannel channel;
  private final Thread thread;
  private final AtomicLong received = new AtomicLong();

  UdpServer(int port, boolean echo) throws IOException {
    channel = DatagramChannel.open();
    channel.bind(new InetSocketAddress(port));
    thread = new Thread(() -> serve(echo), "udp server");
    thread.setDaemon(true);
    thread.start();
  }

  private void serve(boolean echo) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(65_536);
    while (true) {
      try {
        SocketAddress from = channel.receive(buffer.clear());
        if (echo) {
          channel.send(buffer.flip(), from);
        }
        received.incrementAndGet();
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        // An ICMP error for an earlier answer; the next datagram is another matter.
      }
    }
  }

  /** How many came so far. */
  public long received() {
    return received.get();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
