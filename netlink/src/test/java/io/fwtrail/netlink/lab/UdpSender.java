package io.fwtrail.netlink.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends UDP datagrams at a steady rate. The payload of each is its number, from 0, 8 bytes in
 * network byte order, so that no two are alike.
 */
public final class UdpSender implements AutoCloseable {
  private final InetSocketAddress to;
  private final DatagramChannel channel;
  private final ByteBuffer payload = ByteBuffer.allocateDirect(Long.BYTES);
  private long next;

  UdpSender(InetSocketAddress to) throws IOException {
    this.to = to;
    // Not connected: a connected socket would be told that nobody listens, and fail.
    channel = DatagramChannel.open();
    channel.bind(null);
  }

  /** The port that it sends from. */
  public int localPort() throws IOException {
    return ((InetSocketAddress) channel.getLocalAddress()).getPort();
  }

  /**
   * Sends; returns when all are sent.
   *
   * @param count how many
   * @param perSecond how fast; infinity for as fast as can be
   */
  public void send(int count, double perSecond) throws IOException {
    long begin = System.nanoTime();
    for (int i = 0; i < count; i++) {
      long due = begin + (long) (i * 1e9 / perSecond);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      int unused = channel.send(payload.clear().putLong(next++).flip(), to);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
