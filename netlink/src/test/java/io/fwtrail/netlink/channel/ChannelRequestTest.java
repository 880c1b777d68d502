package io.fwtrail.netlink.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.testing.FakeNetlink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChannelRequestTest {
  private static final int TYPE = 0x401;
  private static final int EPERM = 1;
  private static final byte[] OTHER = message(0x400, 0);
  private static final byte[] CUT = {40, 0, 0, 0};

  private final List<Object> heard = new ArrayList<>();
  private final FakeNetlink kernel =
      new FakeNetlink(
          new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
              NetlinkBatch batch = (NetlinkBatch) message;
              for (int i = 0; i < batch.size(); i++) {
                heard.add(batch.length(i));
              }
              batch.release();
            }

            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
              heard.add(event);
            }
          });

  private int sequence;

  private Future<Void> send() {
    return ChannelRequest.send(
        kernel.channel(),
        "asking",
        (writer, number) -> {
          sequence = number;
          MessageWriter unused =
              writer
                  .begin(TYPE, NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_ACK, number)
                  .end();
        });
  }

  private static byte[] message(int type, int sequence, byte... payload) {
    ByteBuf buffer = Unpooled.buffer();
    MessageWriter unused = new MessageWriter(buffer).begin(type, 0, sequence).raw(payload).end();
    return ByteBufUtil.getBytes(buffer);
  }

  private static byte[] answer(int sequence, int errno) {
    return message(
        NetlinkConstants.TYPE_ERROR,
        sequence,
        ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(-errno).array());
  }

  private boolean waits() {
    return kernel.channel().pipeline().get(ChannelRequest.class) != null;
  }

  @Test
  void isSentOnTheChannel() {
    Future<Void> unused = send();

    byte[] asked = message(TYPE, sequence);
    int flags = 6;
    asked[flags] = NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_ACK;
    assertThat(kernel.takeSent()).containsExactly(asked);
  }

  @Test
  void acknowledgementAmongOtherMessages() {
    Future<Void> answered = send();
    kernel.deliver(OTHER);
    kernel.deliver(CUT, OTHER, answer(sequence, 0), OTHER);

    assertThat(answered.isSuccess()).isTrue();
    assertThat(heard).containsExactly(16, 4, 16, 20, 16);
    assertThat(waits()).isFalse();
  }

  @Test
  void refusal() {
    Future<Void> answered = send();
    kernel.deliver(answer(sequence, EPERM));

    assertThat(answered.cause())
        .isInstanceOfSatisfying(
            KernelRefusedException.class, e -> assertThat(e.errno()).isEqualTo(EPERM))
        .hasMessageStartingWith("asking: ");
    assertThat(waits()).isFalse();
  }

  @Test
  void answersToOthersAreNone() {
    Future<Void> answered = send();
    kernel.deliver(answer(sequence - 1, 0), answer(sequence + 1, EPERM));

    assertThat(answered.isDone()).isFalse();
    assertThat(waits()).isTrue();
  }

  @Test
  void whatAnotherProgramSendsIsNoAnswer() {
    Future<Void> answered = send();
    kernel.deliver(NetlinkBatch.builder().add(answer(sequence, 0), 4711, -1, false).build());

    assertThat(answered.isDone()).isFalse();
  }

  @Test
  void twoAtOnceGetEachItsOwn() {
    Future<Void> first = send();
    int firstSequence = sequence;
    Future<Void> second = send();
    kernel.deliver(answer(sequence, EPERM), answer(firstSequence, 0));

    assertThat(first.isSuccess()).isTrue();
    assertThat(second.cause()).isInstanceOf(KernelRefusedException.class);
    assertThat(heard).containsExactly(20, 20);
  }

  @Test
  void answerThatMayBeLost() {
    Future<Void> answered = send();
    kernel.lose(3);

    assertThat(answered.cause())
        .isInstanceOf(IOException.class)
        .hasMessage("asking: the kernel's answer may be lost");
    assertThat(heard).containsExactly(new MessagesLost(3));
  }

  @Test
  void closedBeforeTheAnswer() {
    Future<Void> answered = send();
    kernel.close();

    assertThat(answered.cause())
        .isInstanceOf(IOException.class)
        .hasMessage("asking: the channel was closed before the kernel answered");
  }

  @Test
  void closedChannel() {
    kernel.close();

    assertThat(send().cause()).isInstanceOf(IOException.class);
  }
}
