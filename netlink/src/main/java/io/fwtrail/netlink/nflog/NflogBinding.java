package io.fwtrail.netlink.nflog;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.channel.ChannelRequest;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;

/** Binds an NFLOG group to a channel, which then receives {@link PacketLogMessage}s. */
public final class NflogBinding {
  private static final int EPERM = 1;
  private static final int EBUSY = 16;
  private static final int EEXIST = 17;
  private static final int EOPNOTSUPP = 95;

  private NflogBinding() {}

  /**
   * Binds a group. It stays bound until the channel is closed.
   *
   * <p>The future fails with a {@link NflogGroupTakenException} where another program has the
   * group; with a {@link KernelRefusedException} where the kernel cannot do it (EINVAL: it lacks
   * nfnetlink_log); with an IOException where the channel is closed meanwhile.
   *
   * <p>The kernel says EPERM both of another socket's group (net/netfilter/nfnetlink_log.c,
   * nfulnl_recv_config) and of a missing right. A channel that has joined a multicast group of
   * netfilter has shown that it has the right, CAP_NET_ADMIN, for both.
   *
   * @param channel bound, and a member of a multicast group of netfilter
   * @param group 0 to 65,535; {@link Nflog#GROUP_TRACE} for traces
   * @return completed on the channel's event loop; true if the messages will tell of connections,
   *     false if this kernel cannot tell
   */
  public static Future<Boolean> bind(Channel channel, int group) {
    Promise<Boolean> bound = channel.eventLoop().newPromise();
    bind(channel, group, true, bound);
    return bound;
  }

  private static void bind(Channel channel, int group, boolean conntrack, Promise<Boolean> bound) {
    Future<Void> answer =
        ChannelRequest.send(
            channel,
            "binding NFLOG group " + group + " (nfnetlink_log)",
            (writer, sequence) -> Nflog.writeBind(writer, sequence, group, conntrack));
    var unused =
        answer.addListener(
            done -> {
              Throwable cause = done.cause();
              int errno = cause instanceof KernelRefusedException e ? e.errno() : 0;
              if (cause == null) {
                bound.setSuccess(conntrack);
              } else if (errno == EOPNOTSUPP && conntrack) {
                bind(channel, group, false, bound);
              } else if (errno == EPERM || errno == EBUSY || errno == EEXIST) {
                bound.setFailure(new NflogGroupTakenException(group));
              } else {
                bound.setFailure(cause);
              }
            });
  }
}
