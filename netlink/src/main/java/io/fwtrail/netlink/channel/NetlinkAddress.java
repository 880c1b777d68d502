package io.fwtrail.netlink.channel;

import java.net.SocketAddress;

/**
 * The address of a netlink socket.
 *
 * <p>Binding to port id 0 lets the kernel choose one.
 */
public final class NetlinkAddress extends SocketAddress {
  private static final long serialVersionUID = 1L;

  /** Any port id: of the kernel's choice when binding, the kernel itself when sending. */
  public static final NetlinkAddress ANY = new NetlinkAddress(0);

  private final long portId;

  /** An address of a port id, unsigned 32 bits. */
  public NetlinkAddress(long portId) {
    this.portId = portId;
  }

  /** The port id, unsigned 32 bits. */
  public long portId() {
    return portId;
  }

  @Override
  public String toString() {
    return "netlink:" + portId;
  }
}
