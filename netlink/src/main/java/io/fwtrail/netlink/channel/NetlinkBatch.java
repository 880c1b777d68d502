package io.fwtrail.netlink.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.AbstractReferenceCounted;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The datagrams of one read, up to {@value #SLOTS}, where the kernel put them: nothing is copied and
 * nothing is made for each of them. Whoever gets a batch releases it; until then its memory stays as
 * it is, however long.
 */
public final class NetlinkBatch extends AbstractReferenceCounted {
  /** How many datagrams one read takes at most. */
  static final int SLOTS = 64;

  /**
   * Room for one: the kernel builds the datagrams of a dump as large as 32 KiB where the reader has
   * room (net/netlink/af_netlink.c, netlink_dump). A page that no datagram reaches costs nothing.
   */
  static final int SLOT_BYTES = 32 * 1024;

  /**
   * From one slot to the next. Were it a multiple of 4 KiB, the beginnings of all slots would share
   * a few lines of the processor's cache and push one another out.
   */
  static final int STRIDE = SLOT_BYTES + 576;

  private final ByteBuf buffer;
  private final int[] offsets = new int[SLOTS];
  private final int[] lengths = new int[SLOTS];
  private final int[] senders = new int[SLOTS];
  private final int[] namespaces = new int[SLOTS];
  private final @Nullable NativeBlock block;
  private final Consumer<NetlinkBatch> recycler;
  private long truncated;
  private int size;

  private NetlinkBatch(
      ByteBuf buffer, @Nullable NativeBlock block, Consumer<NetlinkBatch> recycler) {
    this.buffer = buffer;
    this.block = block;
    this.recycler = recycler;
  }

  /** One to read into. */
  static NetlinkBatch allocate(Consumer<NetlinkBatch> recycler) {
    NativeBlock block = NativeBlock.untouched(SLOTS * STRIDE);
    return new NetlinkBatch(Unpooled.wrappedBuffer(block.view()), block, recycler);
  }

  /**
   * One of bytes at hand, for tests and replays; without namespaces, sent by the kernel.
   *
   * @throws IllegalArgumentException if there are more than {@value #SLOTS}
   */
  public static NetlinkBatch of(byte[]... datagrams) {
    if (datagrams.length > SLOTS) {
      throw new IllegalArgumentException(datagrams.length + " datagrams, more than " + SLOTS);
    }
    NetlinkBatch batch = new NetlinkBatch(Unpooled.copiedBuffer(datagrams), null, b -> {});
    int offset = 0;
    for (byte[] datagram : datagrams) {
      batch.add(offset, datagram.length, 0, -1, false);
      offset += datagram.length;
    }
    return batch;
  }

  long address() {
    return block == null ? 0 : block.address();
  }

  void clear() {
    size = 0;
    truncated = 0;
  }

  /** Makes a released batch one that is in use again. */
  void reuse() {
    clear();
    setRefCnt(1);
  }

  void free() {
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

  /** How many datagrams. */
  public int size() {
    return size;
  }

  /** Where they lie; read it by absolute index. */
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

  /** Whether it was longer than the room for it, so that its end is missing. */
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
    recycler.accept(this);
  }

  @Override
  public NetlinkBatch touch(Object hint) {
    return this;
  }
}
