package io.fwtrail.netlink.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The datagrams of one read, where the kernel put them: nothing is copied and nothing is made for
 * each of them. Whoever gets a batch releases it; until then its memory stays as it is, however
 * long. A batch may be read and released on any thread to which it was handed safely.
 */
public final class NetlinkBatch extends AbstractReferenceCounted {
  /** How many datagrams a batch has at most. */
  public static final int MOST_DATAGRAMS = 64;

  /**
   * Room for one: the kernel builds the datagrams of a dump as large as 32 KiB where the reader has
   * room (net/netlink/af_netlink.c, netlink_dump). A page that no datagram reaches costs nothing.
   */
  static final int SLOT_BYTES = 32 * 1024;

  /**
   * From one slot to the next. Were it a multiple of 4 KiB, the beginnings of all slots would share
   * a few lines of the processor's first cache and push one another out.
   */
  static final int STRIDE = SLOT_BYTES + 576;

  static final ResourceLeakDetector<NetlinkBatch> LEAKS =
      ResourceLeakDetectorFactory.instance().newResourceLeakDetector(NetlinkBatch.class);

  private final ByteBuf buffer;
  private final int[] offsets;
  private final int[] lengths;
  private final int[] senders;
  private final int[] namespaces;
  private final @Nullable NativeBlock block;
  private final @Nullable BatchPool pool;
  private @Nullable ResourceLeakTracker<NetlinkBatch> leak;
  private long truncated;
  private int size;

  private NetlinkBatch(
      int most, ByteBuf buffer, @Nullable NativeBlock block, @Nullable BatchPool pool) {
    this.offsets = new int[most];
    this.lengths = new int[most];
    this.senders = new int[most];
    this.namespaces = new int[most];
    this.buffer = buffer;
    this.block = block;
    this.pool = pool;
  }

  /** One to read into, which goes back to {@code pool} when it is released. */
  static NetlinkBatch allocate(BatchPool pool) {
    NativeBlock block = NativeBlock.untouched(MOST_DATAGRAMS * STRIDE);
    return new NetlinkBatch(MOST_DATAGRAMS, Unpooled.wrappedBuffer(block.view()), block, pool);
  }

  /**
   * The same datagrams in as little memory as they need. What the kernel wrote lies far apart, at
   * least a page of memory for each datagram, and who holds many batches would have as many new
   * pages touched, which costs more than all the rest of reading them.
   *
   * @return a batch of its own, which the caller releases; this one is released
   */
  public NetlinkBatch compact() {
    int bytes = bytes();
    NativeBlock to = NativeBlock.untouched(Math.max(1, bytes));
    NetlinkBatch copy = new NetlinkBatch(size, Unpooled.wrappedBuffer(to.view()), to, null);
    ByteBuffer view = to.view();
    for (int i = 0; i < size; i++) {
      int at = view.position();
      buffer.getBytes(offsets[i], view.limit(at + lengths[i]));
      copy.add(at, lengths[i], senders[i], namespaces[i], truncated(i));
    }
    copy.handOut();
    release();
    return copy;
  }

  /**
   * One of bytes at hand, for tests and replays: sent by the kernel, from the reader's own
   * namespace, whole.
   *
   * @throws IllegalArgumentException if there are more than {@value #MOST_DATAGRAMS}
   */
  public static NetlinkBatch of(byte[]... datagrams) {
    Builder builder = builder();
    for (byte[] datagram : datagrams) {
      builder.add(datagram);
    }
    return builder.build();
  }

  /**
   * As {@link #of(byte[]...)}, with a copy of the readable bytes of each buffer, which stays the
   * caller's.
   */
  public static NetlinkBatch of(ByteBuf... datagrams) {
    Builder builder = builder();
    for (ByteBuf datagram : datagrams) {
      byte[] bytes = new byte[datagram.readableBytes()];
      datagram.getBytes(datagram.readerIndex(), bytes);
      builder.add(bytes);
    }
    return builder.build();
  }

  /** Builds one of bytes at hand, for tests and replays. */
  public static Builder builder() {
    return new Builder();
  }

  /** Puts one batch together, datagram by datagram. */
  public static final class Builder {
    private final ByteBuf bytes = Unpooled.buffer();
    private final NetlinkBatch batch = new NetlinkBatch(MOST_DATAGRAMS, bytes, null, null);

    private Builder() {}

    /** Adds a datagram of the kernel, from the reader's own namespace, whole. */
    public Builder add(byte[] datagram) {
      return add(datagram, 0, -1, false);
    }

    /**
     * Adds a datagram.
     *
     * @param senderPort as {@link NetlinkBatch#senderPort}
     * @param namespaceId as {@link NetlinkBatch#namespaceId}
     * @param truncated as {@link NetlinkBatch#truncated}
     * @throws IllegalArgumentException if there are {@value NetlinkBatch#MOST_DATAGRAMS} already
     */
    public Builder add(byte[] datagram, long senderPort, int namespaceId, boolean truncated) {
      if (batch.size() == MOST_DATAGRAMS) {
        throw new IllegalArgumentException("more than " + MOST_DATAGRAMS + " datagrams");
      }
      batch.add(bytes.writerIndex(), datagram.length, (int) senderPort, namespaceId, truncated);
      bytes.writeBytes(datagram);
      return this;
    }

    /** The batch, with a reference count of 1; nothing is added after that. */
    public NetlinkBatch build() {
      batch.handOut();
      return batch;
    }
  }

  /** Where slot {@code i} begins in memory. */
  long slotAddress(int i) {
    if (block == null) {
      throw new IllegalStateException("not made to be read into");
    }
    return block.address() + (long) i * STRIDE;
  }

  /** Makes one that was released ready to be read into again. */
  void reuse() {
    setRefCnt(1);
  }

  /** Watched from now on for being released. */
  void handOut() {
    leak = LEAKS.track(this);
  }

  /** Gives the memory back for good. Whoever reads it nevertheless gets an exception. */
  void free() {
    buffer.release();
    if (block != null) {
      block.free();
    }
  }

  void add(int offset, int length, int sender, int namespace, boolean cut) {
    offsets[size] = offset;
    lengths[size] = length;
    senders[size] = sender;
    namespaces[size] = namespace;
    if (cut) {
      truncated |= 1L << size;
    }
    size++;
  }

  /** How many datagrams: 1 to {@value #MOST_DATAGRAMS} where a channel read them. */
  public int size() {
    return size;
  }

  /** How many bytes all datagrams have together. */
  public int bytes() {
    int bytes = 0;
    for (int i = 0; i < size; i++) {
      bytes += lengths[i];
    }
    return bytes;
  }

  /** Where they lie; read it by absolute index. It stays the batch's: nobody else releases it. */
  public ByteBuf buffer() {
    return buffer;
  }

  /** Where datagram {@code i} begins in {@link #buffer}. */
  public int offset(int i) {
    return offsets[check(i)];
  }

  /** How many bytes of it are there. */
  public int length(int i) {
    return lengths[check(i)];
  }

  /** Port id of who sent it, unsigned 32 bits; 0 for the kernel. */
  public long senderPort(int i) {
    return senders[check(i)] & 0xffff_ffffL;
  }

  /**
   * The id that the reader's namespace has for the namespace that it came from (ip-netns(8), nsid);
   * -1 where it came from the reader's own, or the channel does not listen to all.
   */
  public int namespaceId(int i) {
    return namespaces[check(i)];
  }

  /** Whether it was longer than the room for it, so that its end is missing (MSG_TRUNC). */
  public boolean truncated(int i) {
    return (truncated >>> check(i) & 1) != 0;
  }

  private int check(int i) {
    if (i < 0 || i >= size) {
      throw new IndexOutOfBoundsException(i + " of " + size);
    }
    return i;
  }

  @Override
  protected void deallocate() {
    if (leak != null) {
      leak.close(this);
      leak = null;
    }
    size = 0;
    truncated = 0;
    if (pool == null) {
      free();
    } else {
      pool.giveBack(this);
    }
  }

  @Override
  public NetlinkBatch touch(Object hint) {
    if (leak != null) {
      leak.record(hint);
    }
    return this;
  }
}
