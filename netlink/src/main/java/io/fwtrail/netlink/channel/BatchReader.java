package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Reads many datagrams in one system call, recvmmsg(2), into batches that are used again once they
 * are released. The vector of {@code struct mmsghdr} that the call wants is laid out once:
 *
 * <pre>
 *  0 name *       16 iov *     32 control *      48 flags   56 length     (64 bytes each)
 *  8 name length  24 iov count 40 control length 52         60
 * </pre>
 */
final class BatchReader {
  private static final int HEADER = 64;
  private static final int HEADER_NAME_LENGTH = 8;
  private static final int HEADER_CONTROL_LENGTH = 40;
  private static final int HEADER_FLAGS = 48;
  private static final int HEADER_RECEIVED = 56;

  private static final int IOVEC = 16;
  private static final int NAME = 16;
  private static final int NAME_LENGTH = 12;
  private static final int NAME_PORT = 4;

  /** Room for one control message: {@code struct cmsghdr} (16 bytes) and an int, aligned. */
  private static final int CONTROL = 64;

  private static final int CONTROL_LEVEL = 8;
  private static final int CONTROL_TYPE = 12;
  private static final int CONTROL_DATA = 16;

  /** How many batches wait to be used again; more are freed. */
  private static final int SPARE = 4;

  private static final int IOVECS = NetlinkBatch.SLOTS * HEADER;
  private static final int NAMES = IOVECS + NetlinkBatch.SLOTS * IOVEC;
  private static final int CONTROLS = NAMES + NetlinkBatch.SLOTS * NAME;
  private static final int END = CONTROLS + NetlinkBatch.SLOTS * CONTROL;

  /** What a read came to, where it is no number of datagrams. */
  static final int NOTHING = 0;

  static final int OVERRUN = -1;

  private final NetlinkDescriptor descriptor;
  private final boolean withNamespaces;
  private final NativeBlock vector = NativeBlock.zeroed(END);
  private final ArrayBlockingQueue<NetlinkBatch> spare = new ArrayBlockingQueue<>(SPARE);
  private NetlinkBatch current;
  private volatile boolean closed;

  BatchReader(NetlinkDescriptor descriptor, boolean withNamespaces) {
    this.descriptor = descriptor;
    this.withNamespaces = withNamespaces;
    ByteBuffer v = vector.view();
    for (int i = 0; i < NetlinkBatch.SLOTS; i++) {
      int header = i * HEADER;
      v.putLong(header, vector.address() + NAMES + (long) i * NAME);
      v.putLong(header + 16, vector.address() + IOVECS + (long) i * IOVEC);
      v.putLong(header + 24, 1);
      v.putLong(header + 32, withNamespaces ? vector.address() + CONTROLS + (long) i * CONTROL : 0);
      v.putLong(IOVECS + i * IOVEC + 8, NetlinkBatch.SLOT_BYTES);
    }
    current = next();
  }

  private NetlinkBatch next() {
    NetlinkBatch batch = spare.poll();
    if (batch == null) {
      batch = NetlinkBatch.allocate(this::recycle);
    } else {
      batch.reuse();
    }
    for (int i = 0; i < NetlinkBatch.SLOTS; i++) {
      vector
          .view()
          .putLong(IOVECS + i * IOVEC, batch.address() + (long) i * NetlinkBatch.STRIDE);
    }
    return batch;
  }

  private void recycle(NetlinkBatch batch) {
    if (closed || !spare.offer(batch)) {
      batch.free();
    }
  }

  /**
   * Reads what is there, without waiting.
   *
   * @param most how many datagrams at most, 1 to 64
   * @return how many were read, {@link #NOTHING} where none was there, {@link #OVERRUN} where the
   *     kernel says that it had to drop some
   * @throws NetlinkSocketException on any other error
   */
  int read(int most) throws NetlinkSocketException {
    ByteBuffer v = vector.view();
    for (int i = 0; i < most; i++) {
      v.putInt(i * HEADER + HEADER_NAME_LENGTH, NAME_LENGTH);
      if (withNamespaces) {
        v.putLong(i * HEADER + HEADER_CONTROL_LENGTH, CONTROL);
      }
    }
    int count =
        LibC.recvmmsg(descriptor.fd(), vector.address(), most, LibC.MSG_DONTWAIT, 0);
    if (count < 0) {
      int errno = Native.getLastError();
      return switch (errno) {
        case LibC.EAGAIN, LibC.EINTR -> NOTHING;
        case LibC.ENOBUFS -> OVERRUN;
        default -> throw new NetlinkSocketException("reading a netlink socket", errno);
      };
    }
    current.clear();
    for (int i = 0; i < count; i++) {
      int header = i * HEADER;
      current.add(
          i * NetlinkBatch.STRIDE,
          v.getInt(header + HEADER_RECEIVED),
          v.getInt(NAMES + i * NAME + NAME_PORT),
          withNamespaces ? namespace(i) : -1,
          (v.getInt(header + HEADER_FLAGS) & LibC.MSG_TRUNC) != 0);
    }
    return count;
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

  /** The batch that was read last; the caller releases it. */
  NetlinkBatch take() {
    NetlinkBatch batch = current;
    current = next();
    return batch;
  }

  void close() {
    closed = true;
    current.free();
    vector.free();
    for (NetlinkBatch batch = spare.poll(); batch != null; batch = spare.poll()) {
      batch.free();
    }
  }
}
