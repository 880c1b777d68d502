package io.fwtrail.netlink.testing;

import io.fwtrail.netlink.DatagramPort;
import io.fwtrail.netlink.channel.MessagesLost;
import io.fwtrail.netlink.channel.NetlinkBatch;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Function;

/**
 * Netlink without a socket, for tests: the test plays the kernel. It is both of what real code has
 * before it: a channel, whose handlers get what {@link #deliver} and {@link #lose} put in, and a
 * {@link DatagramPort} for requests and their answers. For one thread.
 *
 * <pre>{@code
 * try (FakeNetlink kernel = new FakeNetlink(new TraceHandler(hops::add))) {
 *   kernel.answer(request -> List.of(generationMessage));
 *   kernel.deliver(firstDatagram, secondDatagram); // one batch
 *   kernel.lose(3);
 *   kernel.deliver(thirdDatagram);
 *   assertThat(kernel.takeSent()).hasSize(1);
 * }
 *
 * FakeNetlink kernel = new FakeNetlink().answer(request -> List.of(acknowledgement));
 * try (NetlinkClient client = new NetlinkClient(kernel)) {
 *   ...
 * }
 * }</pre>
 */
public final class FakeNetlink implements DatagramPort {
  private static final long PORT_ID = 4711;

  private final List<byte[]> sent = new ArrayList<>();
  private final Queue<byte[]> answers = new ArrayDeque<>();
  private final EmbeddedChannel channel;
  private Function<byte[], List<byte[]>> responder = request -> List.of();
  private boolean closed;

  /** A kernel that has nothing to say, before a channel with these handlers. */
  public FakeNetlink(ChannelHandler... handlers) {
    channel =
        new EmbeddedChannel(handlers) {
          @Override
          protected void handleOutboundMessage(Object message) {
            byte[] request = bytes((ByteBuf) message);
            ((ByteBuf) message).release();
            List<byte[]> replies = take(request);
            if (!replies.isEmpty()) {
              // The real channel reads an answer in a later turn of its event loop too.
              eventLoop().execute(() -> fire(NetlinkBatch.of(replies.toArray(byte[][]::new))));
            }
          }
        };
  }

  /** The channel before which this kernel is, for its pipeline and event loop. */
  public EmbeddedChannel channel() {
    return channel;
  }

  /**
   * Says how requests are answered from now on.
   *
   * @param responder takes a request datagram and gives the datagrams of its answer, in order and
   *     up to {@value NetlinkBatch#MOST_DATAGRAMS}; none where the kernel would be silent
   * @return this
   */
  public FakeNetlink answer(Function<byte[], List<byte[]>> responder) {
    this.responder = responder;
    return this;
  }

  /**
   * Hands these datagrams to the channel's handlers as one batch, sent by the kernel.
   *
   * @throws RuntimeException what a handler threw, if none behind it caught it; a checked exception
   *     is thrown as it is
   */
  public void deliver(byte[]... datagrams) {
    deliver(NetlinkBatch.of(datagrams));
  }

  /** As {@link #deliver(byte[]...)}, with a batch that the handlers are to release. */
  public void deliver(NetlinkBatch batch) {
    fire(batch);
    channel.runPendingTasks();
    channel.checkException();
  }

  private void fire(NetlinkBatch batch) {
    channel.pipeline().fireChannelRead(batch);
    channel.pipeline().fireChannelReadComplete();
  }

  /** Tells the channel's handlers that messages were lost at this point. */
  public void lose(long count) {
    channel.pipeline().fireUserEventTriggered(new MessagesLost(count));
    channel.pipeline().fireChannelReadComplete();
    channel.runPendingTasks();
    channel.checkException();
  }

  /** What was sent to the kernel since the last call, through the channel or the port, in order. */
  public List<byte[]> takeSent() {
    List<byte[]> taken = List.copyOf(sent);
    sent.clear();
    return taken;
  }

  private List<byte[]> take(byte[] request) {
    sent.add(request);
    return responder.apply(request);
  }

  @Override
  public void send(ByteBuf datagram) throws IOException {
    ensureOpen();
    answers.addAll(take(bytes(datagram)));
  }

  /**
   * Gives the next datagram of the answers to what was sent through {@link #send}.
   *
   * @throws IOException if there is none: a real port would wait for it in vain
   */
  @Override
  public void receive(ByteBuf into) throws IOException {
    ensureOpen();
    byte[] answer = answers.poll();
    if (answer == null) {
      throw new IOException("no answer from the fake kernel");
    }
    into.writeBytes(answer);
  }

  private void ensureOpen() throws IOException {
    if (closed) {
      throw new IOException("the fake netlink socket is closed");
    }
  }

  @Override
  public long portId() {
    return PORT_ID;
  }

  /** Closes the channel and releases what no handler took. */
  @Override
  public void close() {
    closed = true;
    boolean unused = channel.finishAndReleaseAll();
  }

  private static byte[] bytes(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.getBytes(buffer.readerIndex(), bytes);
    return bytes;
  }
}
