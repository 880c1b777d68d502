package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetlinkBatch;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Forgets interfaces' names when interfaces change. */
final class LinkListener extends ChannelInboundHandlerAdapter {
  private final Namespaces namespaces;

  LinkListener(Namespaces namespaces) {
    this.namespaces = namespaces;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    NetlinkBatch batch = (NetlinkBatch) message;
    for (int i = 0; i < batch.size(); i++) {
      NamespaceAccess access = namespaces.get(batch.namespaceId(i));
      if (access != null) {
        access.interfaces().changed();
      }
    }
    batch.release();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    // Notices were lost: anything may have changed.
    namespaces.all().forEach(access -> access.interfaces().changed());
  }
}
