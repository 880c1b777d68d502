package io.fwtrail.netlink.channel;

import io.fwtrail.netlink.KernelAnswer;
import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A request that has to be made on a channel's own socket, since it is about that socket. The
 * kernel's answer comes among the messages that the channel receives: this handler stands ahead of
 * the others until it has seen it, and hands everything on. For all other requests there is {@link
 * NetlinkClient}.
 */
public final class ChannelRequest extends ChannelInboundHandlerAdapter {
  private static final AtomicInteger LAST_SEQUENCE = new AtomicInteger();

  private final int sequence = LAST_SEQUENCE.incrementAndGet();
  private final MessageCursor cursor = new MessageCursor();
  private final String operation;
  private final Promise<Void> answered;

  private ChannelRequest(String operation, Promise<Void> answered) {
    this.operation = operation;
    this.answered = answered;
  }

  /**
   * Sends a request. Where auto-read is off, the channel is read until the answer is there; what
   * else was read goes to the channel's handlers.
   *
   * @param channel a bound {@link NetlinkChannel}
   * @param operation what is done, for the error's text
   * @param request writes the request, which asks for an acknowledgement
   * @return completed on the channel's event loop; fails with a {@link KernelRefusedException} if
   *     the kernel says no, with an IOException if the channel is closed before it answered or its
   *     answer may be among messages that were lost
   */
  public static Future<Void> send(
      Channel channel, String operation, NetlinkClient.Request request) {
    ChannelRequest waiting = new ChannelRequest(operation, channel.eventLoop().<Void>newPromise());
    ByteBuf datagram = Unpooled.buffer();
    request.write(new MessageWriter(datagram), waiting.sequence);
    channel.pipeline().addFirst(waiting);
    var unused =
        channel
            .writeAndFlush(datagram)
            .addListener(
                written -> {
                  if (written.isSuccess()) {
                    channel.read();
                  } else {
                    waiting.end(channel, written.cause());
                  }
                });
    return waiting.answered;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof NetlinkBatch batch) {
      KernelAnswer answer = find(batch);
      if (answer != null) {
        end(
            ctx.channel(),
            answer.ok()
                ? null
                : new KernelRefusedException(operation, answer.errno(), answer.text()));
      }
    }
    ctx.fireChannelRead(message);
  }

  private @Nullable KernelAnswer find(NetlinkBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      // Nobody but the kernel, whose port is 0, answers.
      if (batch.senderPort(i) == 0) {
        cursor.reset(batch.buffer(), batch.offset(i), batch.length(i));
        try {
          while (cursor.next()) {
            if (cursor.type() == NetlinkConstants.TYPE_ERROR && cursor.sequence() == sequence) {
              return KernelAnswer.decode(cursor);
            }
          }
        } catch (MalformedMessageException e) {
          // No answer, then; whoever reads the messages counts it.
        }
      }
    }
    return null;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (!ctx.channel().config().isAutoRead()) {
      ctx.read();
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof MessagesLost) {
      end(ctx.channel(), new IOException(operation + ": the kernel's answer may be lost"));
    }
    ctx.fireUserEventTriggered(event);
  }

  /** The channel is closed, unless the answer is here already. */
  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    boolean unused =
        answered.tryFailure(
            new IOException(operation + ": the channel was closed before the kernel answered"));
  }

  /** Completes the promise, with success where the cause is null, and leaves the pipeline. */
  private void end(Channel channel, @Nullable Throwable cause) {
    boolean unused = cause == null ? answered.trySuccess(null) : answered.tryFailure(cause);
    if (channel.pipeline().context(this) != null) {
      channel.pipeline().remove(this);
    }
  }
}
