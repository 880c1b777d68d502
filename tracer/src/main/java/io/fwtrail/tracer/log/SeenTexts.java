package io.fwtrail.tracer.log;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Packet;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What stood behind the interfaces in the lines that were read last, and what it means: the lines
 * of one packet mostly say the very same of it. Then it is not read again, and the packet is the
 * very same object, which is not written anew by whoever keeps what was made of the last one. Not
 * for use by several threads.
 */
final class SeenTexts {
  /** More packets than are under way at once on any machine that was seen; a power of two. */
  private static final int SLOTS = 256;

  /** Nearly all are shorter; with it all of them take 128 KiB at most. */
  private static final int LONGEST = 512;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final @Nullable Seen[] slots = new Seen[SLOTS];

  private static final class Seen {
    private byte[] text = {};
    private int length;
    private NfFamily family = NfFamily.UNSPECIFIED;
    private @Nullable Packet packet;
    private @Nullable String physIn;
    private @Nullable String physOut;
    private long mark;
    private long uid;
    private long gid;
  }

  /**
   * Fills in what was read of the same text.
   *
   * @return whether there was one
   */
  boolean fill(LogEvent event, byte[] b, int start, int end) {
    Seen seen = slots[slot(b, start, end)];
    if (seen == null || !Arrays.equals(seen.text, 0, seen.length, b, start, end)) {
      return false;
    }
    event.family = seen.family;
    event.packet = seen.packet;
    event.physIn = seen.physIn;
    event.physOut = seen.physOut;
    event.mark = seen.mark;
    event.uid = seen.uid;
    event.gid = seen.gid;
    return true;
  }

  /** Keeps what was read of a text. */
  void keep(LogEvent event, byte[] b, int start, int end) {
    int length = end - start;
    if (length > LONGEST) {
      return;
    }
    int slot = slot(b, start, end);
    Seen seen = slots[slot];
    if (seen == null) {
      seen = new Seen();
      slots[slot] = seen;
    }
    if (seen.text.length < length) {
      seen.text = new byte[length + length / 4];
    }
    System.arraycopy(b, start, seen.text, 0, length);
    seen.length = length;
    seen.family = event.family;
    seen.packet = event.packet;
    seen.physIn = event.physIn;
    seen.physOut = event.physOut;
    seen.mark = event.mark;
    seen.uid = event.uid;
    seen.gid = event.gid;
  }

  /** By eight bytes at once; what is left over differs seldom alone. */
  private static int slot(byte[] b, int start, int end) {
    long hash = (long) end - start;
    for (int i = start; i + Long.BYTES <= end; i += Long.BYTES) {
      hash = hash * 0x9e3779b97f4a7c15L + (long) LONGS.get(b, i);
    }
    hash *= 0x9e3779b97f4a7c15L;
    return (int) (hash >>> 40) & (SLOTS - 1);
  }
}
