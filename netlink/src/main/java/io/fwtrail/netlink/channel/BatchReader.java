package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a netlink socket: batches of datagrams, read many at a time with recvmmsg(2), and
 * between them the losses, each where messages are missing. For one thread.
 *
 * <p>The vector of {@code struct mmsghdr} that the call wants is laid out once:
 *
 * <pre>
 *  0 name *       16 iov *     32 control *      48 flags   56 length     (64 bytes each)
 *  8 name length  24 iov count 40 control length 52         60
 * </pre>
 */
final class BatchReader {
  /*
   * Where a gap is (net/netlink/af_netlink.c: netlink_overrun, netlink_broadcast_deliver,
   * netlink_attachskb, netlink_recvmsg, netlink_rcv_wake; Linux 4.12 to 6.18).
   *
   * A message that does not fit sets the socket's error to ENOBUFS and its state to congested.
   * While it is congested nothing is queued and all that comes is counted as dropped. The state
   * ends when a receive call leaves the queue empty, and only then: no one but the reader ends it.
   * ENOBUFS however is reported by the very next receive call, ahead of all that still waits. So
   * the gap is behind the message that emptied the queue, and its size is not known before that.
   *
   * How to notice that the queue ran empty, when new messages arrive a microsecond later? The
   * memory that the queue takes (SO_MEMINFO) may never be seen to be 0. But the state can be asked
   * for: a message that the socket sends to itself fails with EAGAIN as long as it is congested,
   * uncounted since no kernel sent it, and is queued otherwise; it is taken out again when it is
   * read. So towards the end messages are read one at a time and that question follows each at
   * once: the first one after which the answer changes was the last one ahead of the gap. How many
   * can be read at once before that follows from the memory they take and the most that one can
   * take.
   *
   * ENOBUFS again, after a message was read while a gap is looked for, means that the socket was
   * congested anew, so that the first gap is right here. The counter may then hold messages of both
   * gaps already; one of them at least is left for the second. (Without a message in between it is
   * the same gap: a receive call may find the queue empty, have it filled beyond the brim by
   * another processor, and end the state only then, so that it begins twice.)
   *
   * Left over: a buffer so small that it is filled while the reader is held up between two
   * instructions. The kernel itself then ends the state too early now and then, and two gaps may
   * look like one; a loss is shown some messages beside its place, though rightly counted. And
   * without CAP_NET_ADMIN a socket may not send to itself on most protocols; the gap is then shown
   * when the queue is read empty or congested again.
   */

  private static final int HEADER = 64;
  private static final int HEADER_NAME_LENGTH = 8;
  private static final int HEADER_IOV = 16;
  private static final int HEADER_IOV_COUNT = 24;
  private static final int HEADER_CONTROL = 32;
  private static final int HEADER_CONTROL_LENGTH = 40;
  private static final int HEADER_FLAGS = 48;
  private static final int HEADER_RECEIVED = 56;

  private static final int IOVEC = 16;
  private static final int IOVEC_LENGTH = 8;

  /** {@code struct sockaddr_nl}, 12 bytes, aligned. */
  private static final int NAME = 16;

  private static final int NAME_LENGTH = 12;
  private static final int NAME_PORT = 4;

  /** Room for one control message: {@code struct cmsghdr} (16 bytes) and an int, aligned. */
  private static final int CONTROL = 64;

  private static final int CONTROL_LEVEL = 8;
  private static final int CONTROL_TYPE = 12;
  private static final int CONTROL_DATA = 16;

  private static final int SLOTS = NetlinkBatch.MOST_DATAGRAMS;
  private static final int IOVECS = SLOTS * HEADER;
  private static final int NAMES = IOVECS + SLOTS * IOVEC;
  private static final int CONTROLS = NAMES + SLOTS * NAME;
  private static final int END = CONTROLS + SLOTS * CONTROL;

  /**
   * The most memory that one waiting message takes: NFLOG's buffers, the largest there are, may
   * have 128 KiB (NFULNL_NLBUFSIZ_MAX), which its bookkeeping lifts to the next power of two.
   */
  private static final int LARGEST_MESSAGE = 256 * 1024;

  /** What a receive call came to, where it is no number of datagrams. */
  private static final int NOTHING = 0;

  private static final int OVERRUN = -1;

  private final NetlinkDescriptor descriptor;
  private final long ownPort;
  private final boolean withNamespaces;
  private final NativeBlock vector = NativeBlock.zeroed(END);
  private final BatchPool pool = new BatchPool();

  /** Whose slots the vector points at. */
  private @Nullable NetlinkBatch laidOut;

  /** What the next receive call writes into, where it was taken from the pool already. */
  private @Nullable NetlinkBatch current;

  /** The kernel told of an overrun that was not looked at yet. */
  private boolean overrun;

  /** The gap of an overrun is still ahead in the stream. */
  private boolean gapAhead;

  /** A message was read since that overrun. */
  private boolean readSince;

  /** The last receive call found less than was asked for. */
  private boolean drained;

  /** The gap is right here. */
  private @Nullable MessagesLost gapHere;

  private long dropsTold;

  /**
   * Makes one for a socket that is bound.
   *
   * @param withNamespaces whether to ask for the namespace of each datagram
   */
  BatchReader(NetlinkDescriptor descriptor, long ownPort, boolean withNamespaces)
      throws NetlinkSocketException {
    this.descriptor = descriptor;
    this.ownPort = ownPort;
    this.withNamespaces = withNamespaces;
    try {
      dropsTold = descriptor.memory().drops();
    } catch (NetlinkSocketException e) {
      vector.free();
      throw e;
    }
    ByteBuffer v = vector.view();
    for (int i = 0; i < SLOTS; i++) {
      int header = i * HEADER;
      v.putLong(header, vector.address() + NAMES + (long) i * NAME);
      v.putInt(header + HEADER_NAME_LENGTH, NAME_LENGTH);
      v.putLong(header + HEADER_IOV, vector.address() + IOVECS + (long) i * IOVEC);
      v.putLong(header + HEADER_IOV_COUNT, 1);
      v.putLong(
          header + HEADER_CONTROL,
          withNamespaces ? vector.address() + CONTROLS + (long) i * CONTROL : 0);
      v.putLong(header + HEADER_CONTROL_LENGTH, withNamespaces ? CONTROL : 0);
      v.putLong(IOVECS + i * IOVEC + IOVEC_LENGTH, NetlinkBatch.SLOT_BYTES);
    }
  }

  /**
   * Reads what comes next, without waiting.
   *
   * @return a {@link NetlinkBatch}, which the caller releases, or a {@link MessagesLost}; null
   *     where nothing waits
   * @throws NetlinkSocketException if the kernel refuses to read; the stream may go on after it
   */
  @Nullable Object next() throws NetlinkSocketException {
    while (true) {
      if (overrun) {
        if (gapAhead && readSince) {
          gapHere = gap();
        } else {
          overrun = false;
          gapAhead = true;
          readSince = false;
          askForGap();
        }
      }
      if (gapHere != null) {
        MessagesLost lost = gapHere;
        gapHere = null;
        return lost;
      }
      int most = gapAhead ? surelyAheadOfGap() : SLOTS;
      int count = receive(most);
      drained = count >= 0 && count < most;
      if (count == OVERRUN) {
        overrun = true;
      } else if (count == NOTHING) {
        if (!gapAhead) {
          return null;
        }
        gapHere = gap();
      } else {
        readSince = true;
        if (gapAhead) {
          askForGap();
        }
        NetlinkBatch batch = take(count);
        if (batch != null) {
          return batch;
        }
      }
    }
  }

  /** Whether the last batch, or null, was all there was at that moment. */
  boolean drained() {
    return drained;
  }

  private int surelyAheadOfGap() throws NetlinkSocketException {
    long sure = descriptor.memory().queued() / LARGEST_MESSAGE;
    return (int) Math.max(1, Math.min(SLOTS, sure));
  }

  private void askForGap() throws NetlinkSocketException {
    if (descriptor.probe(ownPort) == 0) {
      gapHere = gap();
    }
  }

  /**
   * Takes note of an error that waits on the socket. Until somebody does, epoll reports it again
   * and again, whether messages are wanted or not.
   */
  void noteError() throws NetlinkSocketException {
    if (descriptor.takeError() != 0) {
      overrun = true;
    }
  }

  private MessagesLost gap() throws NetlinkSocketException {
    long drops = descriptor.memory().drops();
    // Asked after the counter was read: whoever raised it had set the error before.
    noteError();
    // The kernel's counter is 32 bits wide and may wrap.
    long lost = (drops - dropsTold) & 0xffff_ffffL;
    if (overrun && lost > 1) {
      lost--;
    }
    dropsTold += lost;
    gapAhead = false;
    // ENOBUFS without a count: the kernel had no memory for a message (netlink_set_err).
    return new MessagesLost(Math.max(1, lost));
  }

  private int receive(int most) throws NetlinkSocketException {
    NetlinkBatch into = current;
    if (into == null) {
      into = pool.take();
      current = into;
    }
    ByteBuffer v = vector.view();
    if (into != laidOut) {
      for (int i = 0; i < SLOTS; i++) {
        v.putLong(IOVECS + i * IOVEC, into.slotAddress(i));
      }
      laidOut = into;
    }
    while (true) {
      int count = LibC.recvmmsg(descriptor.fd(), vector.address(), most, LibC.MSG_DONTWAIT, 0);
      if (count >= 0) {
        return count;
      }
      int errno = Native.getLastError();
      switch (errno) {
        case LibC.EINTR -> {
          // Once more.
        }
        case LibC.EAGAIN -> {
          return NOTHING;
        }
        case LibC.ENOBUFS -> {
          return OVERRUN;
        }
        default -> throw new NetlinkSocketException("reading a netlink socket", errno);
      }
    }
  }

  /** Makes a batch of what was received; null where that was only a question of our own. */
  private @Nullable NetlinkBatch take(int count) {
    NetlinkBatch batch = current;
    if (batch == null) {
      throw new IllegalStateException("nothing was received");
    }
    ByteBuffer v = vector.view();
    for (int i = 0; i < count; i++) {
      int header = i * HEADER;
      int sender = v.getInt(NAMES + i * NAME + NAME_PORT);
      if (sender != (int) ownPort) {
        batch.add(
            i * NetlinkBatch.STRIDE,
            v.getInt(header + HEADER_RECEIVED),
            sender,
            withNamespaces ? namespace(i) : -1,
            (v.getInt(header + HEADER_FLAGS) & LibC.MSG_TRUNC) != 0);
      }
      // The call wrote what it used over the room that there was.
      v.putInt(header + HEADER_NAME_LENGTH, NAME_LENGTH);
      if (withNamespaces) {
        v.putLong(header + HEADER_CONTROL_LENGTH, CONTROL);
      }
    }
    if (batch.size() == 0) {
      return null;
    }
    current = null;
    batch.handOut();
    return batch;
  }

  private int namespace(int slot) {
    ByteBuffer v = vector.view();
    int control = CONTROLS + slot * CONTROL;
    return v.getLong(slot * HEADER + HEADER_CONTROL_LENGTH) >= CONTROL_DATA + 4
            && v.getInt(control + CONTROL_LEVEL) == LibC.SOL_NETLINK
            && v.getInt(control + CONTROL_TYPE) == LibC.NETLINK_LISTEN_ALL_NSID
        ? v.getInt(control + CONTROL_DATA)
        : -1;
  }

  /** Gives back all memory but that of batches which are still held; theirs follows. */
  void close() {
    if (current != null) {
      current.free();
      current = null;
    }
    pool.close();
    vector.free();
  }
}
