package io.fwtrail.netlink.nflog;

import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.MessagesLost;
import io.fwtrail.netlink.channel.NetlinkAddress;
import io.fwtrail.netlink.channel.NetlinkBatch;
import io.fwtrail.netlink.channel.NetlinkChannel;
import io.fwtrail.netlink.channel.NetlinkChannelOption;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Channels that are members of the trace group, and what they received. */
final class NflogListening implements AutoCloseable {
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final List<byte[]> datagrams = new CopyOnWriteArrayList<>();
  private final AtomicLong lost = new AtomicLong();

  NetlinkChannel open(NetworkNamespace namespace) {
    return open(namespace, 1 << 20, true);
  }

  NetlinkChannel open(NetworkNamespace namespace, int receiveBuffer, boolean autoRead) {
    return (NetlinkChannel)
        new Bootstrap()
            .group(group)
            .channelFactory(() -> new NetlinkChannel(NetlinkConstants.PROTOCOL_NETFILTER))
            .option(NetlinkChannelOption.GROUPS, Set.of(Nfnetlink.GROUP_NFTRACE))
            .option(NetlinkChannelOption.NAMESPACE, namespace)
            .option(NetlinkChannelOption.RECEIVE_BUFFER, receiveBuffer)
            .option(ChannelOption.AUTO_READ, autoRead)
            .handler(new Listener())
            .bind(NetlinkAddress.ANY)
            .syncUninterruptibly()
            .channel();
  }

  /** All that came, in order, of all channels. */
  List<byte[]> datagrams() {
    return datagrams;
  }

  /** Those of them that are NFLOG messages. */
  List<byte[]> logged() {
    return datagrams.stream()
        .filter(datagram -> PacketLogMessage.is(Fixture.first(datagram).type()))
        .toList();
  }

  /** How many messages the channels said were lost. */
  long lost() {
    return lost.get();
  }

  private final class Listener extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      NetlinkBatch batch = (NetlinkBatch) message;
      for (int i = 0; i < batch.size(); i++) {
        datagrams.add(ByteBufUtil.getBytes(batch.buffer(), batch.offset(i), batch.length(i)));
      }
      batch.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof MessagesLost messages) {
        lost.addAndGet(messages.lost());
      }
    }
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
