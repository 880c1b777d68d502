package io.fwtrail.netlink.channel;

import io.fwtrail.netlink.SocketFilter;
import io.netty.channel.ChannelOption;
import java.util.Set;

/**
 * Options of {@link NetlinkChannel}; they take effect when the channel is bound, and where it says
 * so also later.
 */
public final class NetlinkChannelOption<T> extends ChannelOption<T> {
  /**
   * Size of the receive buffer in bytes, at least 1; by default 32 MiB. The kernel doubles it for
   * its bookkeeping, and limits it to net.core.rmem_max where CAP_NET_ADMIN is missing; see {@link
   * NetlinkChannel#effectiveReceiveBuffer}.
   */
  public static final ChannelOption<Integer> RECEIVE_BUFFER =
      valueOf(NetlinkChannelOption.class, "RECEIVE_BUFFER");

  /**
   * Numbers of the multicast groups to join, from 1; by default none. More are joined at once, also
   * while the channel is bound; none is left again.
   */
  public static final ChannelOption<Set<Integer>> GROUPS =
      valueOf(NetlinkChannelOption.class, "GROUPS");

  /**
   * Whether to hear all namespaces that have an id here (NETLINK_LISTEN_ALL_NSID, Linux 4.2, needs
   * CAP_NET_BROADCAST); by default not.
   */
  public static final ChannelOption<Boolean> LISTEN_ALL_NSID =
      valueOf(NetlinkChannelOption.class, "LISTEN_ALL_NSID");

  /** The namespace to open the socket in; by default that of the event loop's thread. */
  public static final ChannelOption<NetworkNamespace> NAMESPACE =
      valueOf(NetlinkChannelOption.class, "NAMESPACE");

  /**
   * Which messages the kernel queues for the socket; by default all. Another one takes the place of
   * the first at once, also while the channel is bound.
   */
  public static final ChannelOption<SocketFilter> FILTER =
      valueOf(NetlinkChannelOption.class, "FILTER");

  @SuppressWarnings("deprecation") // never called: options are made by valueOf
  private NetlinkChannelOption() {
    super(null);
  }
}
