package io.fwtrail.netlink.channel;

import io.fwtrail.netlink.SocketFilter;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The options of a {@link NetlinkChannel}. */
public final class NetlinkChannelConfig extends DefaultChannelConfig {
  private static final int RECEIVE_BUFFER = 32 * 1024 * 1024;

  private volatile int receiveBuffer = RECEIVE_BUFFER;
  private volatile Set<Integer> groups = Set.of();
  private volatile boolean listenAllNsid;
  private volatile @Nullable NetworkNamespace namespace;
  private volatile @Nullable SocketFilter filter;

  NetlinkChannelConfig(NetlinkChannel channel) {
    super(channel);
  }

  /** Size of the receive buffer in bytes, as it was asked for. */
  public int receiveBuffer() {
    return receiveBuffer;
  }

  /** Multicast groups to join. */
  public Set<Integer> groups() {
    return groups;
  }

  /** Whether to hear all namespaces that have an id here. */
  public boolean listenAllNsid() {
    return listenAllNsid;
  }

  /** The namespace to open the socket in; null for that of the event loop's thread. */
  public @Nullable NetworkNamespace namespace() {
    return namespace;
  }

  /** Which messages to queue; null for all. */
  public @Nullable SocketFilter filter() {
    return filter;
  }

  @Override
  protected void autoReadCleared() {
    ((NetlinkChannel) channel).stopReading();
  }

  @Override
  public Map<ChannelOption<?>, Object> getOptions() {
    return getOptions(
        super.getOptions(),
        NetlinkChannelOption.RECEIVE_BUFFER,
        NetlinkChannelOption.GROUPS,
        NetlinkChannelOption.LISTEN_ALL_NSID,
        NetlinkChannelOption.NAMESPACE,
        NetlinkChannelOption.FILTER);
  }

  @SuppressWarnings("unchecked") // the option's type is that of its value
  @Override
  public <T> @Nullable T getOption(ChannelOption<T> option) {
    if (NetlinkChannelOption.RECEIVE_BUFFER.equals(option)) {
      return (T) Integer.valueOf(receiveBuffer);
    }
    if (NetlinkChannelOption.GROUPS.equals(option)) {
      return (T) groups;
    }
    if (NetlinkChannelOption.LISTEN_ALL_NSID.equals(option)) {
      return (T) Boolean.valueOf(listenAllNsid);
    }
    if (NetlinkChannelOption.NAMESPACE.equals(option)) {
      return (T) namespace;
    }
    if (NetlinkChannelOption.FILTER.equals(option)) {
      return (T) filter;
    }
    return super.getOption(option);
  }

  @SuppressWarnings("unchecked") // as above
  @Override
  public <T> boolean setOption(ChannelOption<T> option, T value) {
    if (NetlinkChannelOption.RECEIVE_BUFFER.equals(option)) {
      int bytes = (Integer) value;
      if (bytes < 1) {
        throw new IllegalArgumentException("a receive buffer of " + bytes + " bytes");
      }
      receiveBuffer = bytes;
    } else if (NetlinkChannelOption.GROUPS.equals(option)) {
      groups = Set.copyOf((Set<Integer>) value);
      ((NetlinkChannel) channel).join(groups);
    } else if (NetlinkChannelOption.LISTEN_ALL_NSID.equals(option)) {
      listenAllNsid = (Boolean) value;
    } else if (NetlinkChannelOption.NAMESPACE.equals(option)) {
      namespace = (NetworkNamespace) value;
    } else if (NetlinkChannelOption.FILTER.equals(option)) {
      filter = (SocketFilter) value;
      ((NetlinkChannel) channel).attach(filter);
    } else {
      return super.setOption(option, value);
    }
    return true;
  }
}
