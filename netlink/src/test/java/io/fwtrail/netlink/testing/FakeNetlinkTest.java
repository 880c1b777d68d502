package io.fwtrail.netlink.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.channel.MessagesLost;
import io.fwtrail.netlink.channel.NetlinkBatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FakeNetlinkTest {
  private static final byte[] FIRST = {1};
  private static final byte[] SECOND = {2, 2};

  private final List<Object> heard = new ArrayList<>();

  private final class Listener extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      NetlinkBatch batch = (NetlinkBatch) message;
      for (int i = 0; i < batch.size(); i++) {
        heard.add(
            ByteBufUtil.hexDump(batch.buffer(), batch.offset(i), batch.length(i))
                + " from "
                + batch.senderPort(i));
      }
      batch.release();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      heard.add("complete");
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      heard.add(event);
    }
  }

  @Test
  void batchesAndLossesInOrder() {
    try (FakeNetlink kernel = new FakeNetlink(new Listener())) {
      kernel.deliver(FIRST, SECOND);
      kernel.lose(3);
      kernel.deliver(NetlinkBatch.builder().add(FIRST, 42, -1, false).build());
    }

    assertThat(heard)
        .containsExactly(
            "01 from 0",
            "0202 from 0",
            "complete",
            new MessagesLost(3),
            "complete",
            "01 from 42",
            "complete");
  }

  @Test
  void whatWasSentIsTakenOnce() {
    try (FakeNetlink kernel = new FakeNetlink()) {
      ByteBuf request = Unpooled.wrappedBuffer(FIRST);
      var unused = kernel.channel().writeAndFlush(request);

      assertThat(kernel.takeSent()).containsExactly(FIRST);
      assertThat(kernel.takeSent()).isEmpty();
      assertThat(request.refCnt()).isZero();
    }
  }

  @Test
  void answerToAHandlerComesIn() {
    try (FakeNetlink kernel = new FakeNetlink(new Listener()).answer(r -> List.of(r, SECOND))) {
      var unused = kernel.channel().writeAndFlush(Unpooled.wrappedBuffer(FIRST));
      kernel.channel().runPendingTasks();
    }

    assertThat(heard).containsExactly("01 from 0", "0202 from 0", "complete");
  }

  @Test
  void answersThroughThePort() throws IOException {
    ByteBuf into = Unpooled.buffer();
    try (FakeNetlink kernel = new FakeNetlink().answer(request -> List.of(SECOND, FIRST))) {
      kernel.send(Unpooled.wrappedBuffer(FIRST));
      kernel.receive(into);
      kernel.receive(into);

      assertThat(ByteBufUtil.getBytes(into)).containsExactly(2, 2, 1);
      assertThat(kernel.takeSent()).containsExactly(FIRST);
    }
  }

  @Test
  void silenceIsAnException() {
    try (FakeNetlink kernel = new FakeNetlink()) {
      assertThatThrownBy(() -> kernel.receive(Unpooled.buffer())).isInstanceOf(IOException.class);
    }
  }

  @Test
  void closedPort() {
    FakeNetlink kernel = new FakeNetlink();
    kernel.close();

    assertThatThrownBy(() -> kernel.send(Unpooled.EMPTY_BUFFER)).isInstanceOf(IOException.class);
  }

  @Test
  void whatNoHandlerTookIsReleased() {
    NetlinkBatch batch = NetlinkBatch.of(FIRST);
    try (FakeNetlink kernel = new FakeNetlink()) {
      kernel.deliver(batch);
    }

    assertThat(batch.refCnt()).isZero();
  }

  @Test
  void handlersExceptionReachesTheTest() {
    RuntimeException thrown = new IllegalStateException("by a handler");
    try (FakeNetlink kernel =
        new FakeNetlink(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                throw thrown;
              }
            })) {
      assertThatThrownBy(() -> kernel.lose(1)).isSameAs(thrown);
    }
  }
}
