package io.fwtrail.netlink.channel;

import io.netty.channel.ChannelOption;
import java.util.Set;

/** Options of {@link NetlinkChannel}; they take effect when the channel is bound. */
public final class NetlinkChannelOption<T> extends ChannelOption<T> {
  /** Size of the receive buffer in bytes; by default 32 MiB. */
  public static final ChannelOption<Integer> RECEIVE_BUFFER =
      valueOf(NetlinkChannelOption.class, "RECEIVE_BUFFER");

  /** Numbers of the multicast groups to join; by default none. */
  public static final ChannelOption<Set<Integer>> GROUPS =
      valueOf(NetlinkChannelOption.class, "GROUPS");

  /** Whether to hear all namespaces that have an id here (Linux 4.2); by default not. */
  public static final ChannelOption<Boolean> LISTEN_ALL_NSID =
      valueOf(NetlinkChannelOption.class, "LISTEN_ALL_NSID");

  /** The namespace to open the socket in; by default the process's own. */
  public static final ChannelOption<NetworkNamespace> NAMESPACE =
      valueOf(NetlinkChannelOption.class, "NAMESPACE");

  @SuppressWarnings("deprecation")
  private NetlinkChannelOption() {
    super(null);
  }
}
