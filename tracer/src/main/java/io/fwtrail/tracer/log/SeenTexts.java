package io.fwtrail.tracer.log;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Texts that were read last, and what each means: a log says the same again and again. What is
 * found here is not read anew, and is the very same object, which is not written anew either by
 * whoever keeps what was made of it. A newer text of the same slot pushes an older one out. Not for
 * use by several threads.
 *
 * @param <T> what a text means; immutable
 */
final class SeenTexts<T> {
  /** Nearly all are shorter; longer ones are not kept. */
  private static final int LONGEST = 512;

  private static final long MIXER = 0x9e37_79b9_7f4a_7c15L;

  private final byte[] @Nullable [] texts;
  private final int[] lengths;
  private final @Nullable Object[] meanings;

  /**
   * An empty one.
   *
   * @param slots how many texts there is room for, a power of two
   */
  SeenTexts(int slots) {
    texts = new byte[slots][];
    lengths = new int[slots];
    meanings = new Object[slots];
  }

  /** What the bytes from {@code start} to before {@code end} mean; null where that is not known. */
  @SuppressWarnings("unchecked") // keep takes nothing else
  @Nullable T get(byte[] b, int start, int end) {
    int slot = slot(b, start, end);
    byte[] text = texts[slot];
    return text != null && Arrays.equals(text, 0, lengths[slot], b, start, end)
        ? (T) meanings[slot]
        : null;
  }

  /** Keeps what was read of a text. */
  void keep(byte[] b, int start, int end, T meaning) {
    int length = end - start;
    if (length > LONGEST) {
      return;
    }
    int slot = slot(b, start, end);
    byte[] text = texts[slot];
    if (text == null || text.length < length) {
      text = new byte[length + length / 4];
      texts[slot] = text;
    }
    System.arraycopy(b, start, text, 0, length);
    lengths[slot] = length;
    meanings[slot] = meaning;
  }

  /** By eight bytes at once, of which the last eight may have been among those before. */
  private int slot(byte[] b, int start, int end) {
    long hash = (long) end - start;
    if (hash < Long.BYTES) {
      for (int i = start; i < end; i++) {
        hash = hash << 8 | b[i];
      }
    } else {
      int last = end - Long.BYTES;
      for (int i = start; i < last; i += Long.BYTES) {
        hash = hash * MIXER + (long) Ascii.LONGS.get(b, i);
      }
      hash = hash * MIXER + (long) Ascii.LONGS.get(b, last);
    }
    hash *= MIXER;
    return (int) (hash >>> 40) & (texts.length - 1);
  }
}
