package io.fwtrail.netlink;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.Closeable;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Asks the kernel and waits for its answer: one request after the other, on the caller's thread.
 * The kernel answers a netlink request before the sending call returns, so there is nothing to wait
 * for but the copy.
 *
 * <p>Calls are serialized; the handler of an answer must not call the client again.
 */
public final class NetlinkClient implements Closeable {
  /** The kernel builds datagrams of up to 32 KiB in a dump (net/netlink/af_netlink.c). */
  private static final int RECEIVE_ROOM = 64 * 1024;

  /** An answer of more datagrams than this is not one that will end. */
  private static final int DATAGRAMS_PER_ANSWER = 1_000_000;

  /** Writes one request with the sequence number that it must bear. */
  @FunctionalInterface
  public interface Request {
    /** Writes it. */
    void write(MessageWriter writer, int sequence);
  }

  private final DatagramPort port;
  private final ByteBuf out = Unpooled.directBuffer(4096);
  private final ByteBuf in = Unpooled.directBuffer(RECEIVE_ROOM, RECEIVE_ROOM);
  private final MessageCursor cursor = new MessageCursor();
  private int sequence;

  /** Works on {@code port}, which it closes in the end. */
  public NetlinkClient(DatagramPort port) {
    this.port = port;
  }

  /** The socket's own port id, unsigned: the owner of what is made through this client. */
  public long portId() {
    return port.portId();
  }

  /**
   * Asks for a dump.
   *
   * @param operation what is done, for the error's text
   * @param request writes the request, which has the flags of a dump
   * @param each takes each message of the answer; valid only during the call
   * @return false if what was dumped changed meanwhile, so that the answer is not consistent
   * @throws KernelRefusedException if the kernel says no
   * @throws IOException if the socket fails
   * @throws MalformedMessageException if the answer is no netlink message
   */
  public synchronized boolean dump(String operation, Request request, Consumer<MessageCursor> each)
      throws IOException {
    int number = send(request);
    boolean consistent = true;
    for (int i = 0; i < DATAGRAMS_PER_ANSWER; i++) {
      receive();
      while (cursor.next()) {
        if (cursor.sequence() != number) {
          continue;
        }
        consistent &= (cursor.flags() & NetlinkConstants.FLAG_DUMP_INTERRUPTED) == 0;
        switch (cursor.type()) {
          case NetlinkConstants.TYPE_DONE -> {
            check(operation);
            return consistent;
          }
          case NetlinkConstants.TYPE_ERROR -> {
            check(operation);
            return consistent;
          }
          case NetlinkConstants.TYPE_NOOP -> {
            // Nothing, as its name says.
          }
          default -> each.accept(cursor);
        }
      }
    }
    throw new IOException(operation + ": the kernel's answer does not end");
  }

  /**
   * Asks for one message.
   *
   * @param operation what is done, for the error's text
   * @param request writes the request
   * @param answer takes the answer; valid only during the call
   * @throws KernelRefusedException if the kernel says no
   * @throws IOException if the socket fails
   */
  public synchronized void query(String operation, Request request, Consumer<MessageCursor> answer)
      throws IOException {
    int number = send(request);
    for (int i = 0; i < DATAGRAMS_PER_ANSWER; i++) {
      receive();
      while (cursor.next()) {
        if (cursor.sequence() != number) {
          continue;
        }
        if (cursor.type() == NetlinkConstants.TYPE_ERROR) {
          check(operation);
        } else {
          answer.accept(cursor);
        }
        return;
      }
    }
    throw new IOException(operation + ": no answer");
  }

  /**
   * Has a batch carried out, all of it or nothing.
   *
   * @param operation what is done, for the error's text
   * @param commands each writes one message that asks for an acknowledgement
   * @param begin writes the message before, {@code end} the one after them
   * @throws KernelRefusedException with the first command's error that the kernel tells of
   * @throws IOException if the socket fails
   */
  public synchronized void batch(
      String operation, Request begin, Iterable<Request> commands, Request end) throws IOException {
    ensureOpen();
    out.clear();
    MessageWriter writer = new MessageWriter(out);
    int first = ++sequence;
    begin.write(writer, first);
    int waiting = 0;
    for (Request command : commands) {
      command.write(writer, ++sequence);
      waiting++;
    }
    end.write(writer, ++sequence);
    port.send(out);
    KernelAnswer refusal = null;
    while (waiting > 0) {
      receive();
      while (cursor.next()) {
        if (cursor.type() != NetlinkConstants.TYPE_ERROR
            || cursor.sequence() - first < 0
            || cursor.sequence() - sequence > 0) {
          continue;
        }
        KernelAnswer answer = KernelAnswer.decode(cursor);
        if (!answer.ok() && refusal == null) {
          refusal = answer;
        }
        // An error of the batch itself bears the number of the opening message, and is the last.
        waiting = cursor.sequence() == first ? 0 : waiting - 1;
      }
    }
    if (refusal != null) {
      throw new KernelRefusedException(operation, refusal.errno(), refusal.text());
    }
  }

  private void ensureOpen() throws IOException {
    if (out.refCnt() == 0) {
      throw new IOException("the netlink client is closed");
    }
  }

  private int send(Request request) throws IOException {
    ensureOpen();
    out.clear();
    request.write(new MessageWriter(out), ++sequence);
    port.send(out);
    return sequence;
  }

  private void receive() throws IOException {
    in.clear();
    port.receive(in);
    cursor.reset(in, in.readerIndex(), in.readableBytes());
  }

  private void check(String operation) throws KernelRefusedException {
    KernelAnswer answer = KernelAnswer.decode(cursor);
    if (!answer.ok()) {
      throw new KernelRefusedException(operation, answer.errno(), answer.text());
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (out.refCnt() > 0) {
      out.release();
      in.release();
    }
    port.close();
  }
}
