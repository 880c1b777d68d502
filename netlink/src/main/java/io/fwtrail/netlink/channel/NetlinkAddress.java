package io.fwtrail.netlink.channel;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The address of a netlink socket: its port id ({@code struct sockaddr_nl}, netlink(7)). Groups are
 * not part of it: they are joined with {@link NetlinkChannelOption#GROUPS}, which knows more than
 * the first 32 of them.
 */
public final class NetlinkAddress extends SocketAddress {
  private static final long serialVersionUID = 1L;

  /** A port id of the kernel's choice when binding; the kernel itself as a sender. */
  public static final NetlinkAddress ANY = new NetlinkAddress(0);

  private final long portId;

  /**
   * An address of a port id.
   *
   * @throws IllegalArgumentException if it is not within 0 to 2^32 - 1
   */
  public NetlinkAddress(long portId) {
    if (portId != (portId & 0xffff_ffffL)) {
      throw new IllegalArgumentException("a netlink port id has 32 bits: " + portId);
    }
    this.portId = portId;
  }

  /** The port id, unsigned 32 bits. */
  public long portId() {
    return portId;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NetlinkAddress that && portId == that.portId;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(portId);
  }

  @Override
  public String toString() {
    return "netlink:" + portId;
  }
}
