package io.fwtrail.tracer.log;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Cuts a stream into lines, which it hands on where they lie: no line is copied but one that goes
 * over the end of a block. It needs the same memory whatever the stream is.
 */
public final class LineReader {
  /** More than the kernel or a log daemon puts into one line. */
  public static final int LONGEST = 16 * 1024;

  /** As much as a processor's nearer caches hold: what was read is looked at once more at least. */
  private static final int BLOCK = 32 * 1024;

  /** The first byte is the lowest of a number's: the lowest of the zeros is a true one. */
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long ENDS = ONES * '\n';
  private static final long HIGH_BITS = ONES << 7;

  private final Lines lines;
  private final byte[] buffer = new byte[BLOCK + LONGEST];
  private int start;
  private int end;
  private boolean skipping;
  private long number;

  /** Takes lines. */
  @FunctionalInterface
  public interface Lines {
    /**
     * One line; valid until this returns.
     *
     * @param start of its first byte
     * @param end behind its last, without the line's end
     * @param tooLong whether it goes on beyond {@link #LONGEST} bytes, and is left out from there
     */
    void line(byte[] b, int start, int end, boolean tooLong) throws IOException;
  }

  /** Hands lines to {@code lines}, on the caller's thread. */
  public LineReader(Lines lines) {
    this.lines = lines;
  }

  /** The number of the line that was handed on last, from 1. */
  public long number() {
    return number;
  }

  /**
   * Reads what is there now, at most one block.
   *
   * @return false at the stream's end
   */
  public boolean read(InputStream in) throws IOException {
    int count = in.read(buffer, end, Math.min(BLOCK, buffer.length - end));
    if (count < 0) {
      return false;
    }
    int from = end;
    end += count;
    for (int i = nextEnd(from); i >= 0; i = nextEnd(i + 1)) {
      if (skipping) {
        skipping = false;
      } else {
        hand(i, false);
      }
      start = i + 1;
    }
    if (skipping) {
      start = end;
    } else if (end - start >= LONGEST) {
      hand(start + LONGEST, true);
      skipping = true;
      start = end;
    }
    System.arraycopy(buffer, start, buffer, 0, end - start);
    end -= start;
    start = 0;
    return true;
  }

  /**
   * Where the next line's end is, or -1. It is looked for among eight bytes at once, in which it
   * becomes a zero. Subtracting one sets the high bit of a zero; a byte that had it before, or that
   * a zero below has borrowed from, is no zero, or not the lowest.
   */
  private int nextEnd(int from) {
    byte[] b = buffer;
    int at = from;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      long differs = (long) LONGS.get(b, at) ^ ENDS;
      long zeros = differs - ONES & ~differs & HIGH_BITS;
      if (zeros != 0) {
        return at + (Long.numberOfTrailingZeros(zeros) >>> 3);
      }
    }
    for (; at < end; at++) {
      if (b[at] == '\n') {
        return at;
      }
    }
    return -1;
  }

  /** The stream is at its end: what lacks a line's end is the last line. */
  public void end() throws IOException {
    if (end > start && !skipping) {
      hand(end, false);
    }
    forget();
  }

  /** Forgets the beginning of a line whose rest will not come. */
  public void forget() {
    start = 0;
    end = 0;
    skipping = false;
  }

  /** A file begins: its lines count from 1. */
  public void beginFile() {
    number = 0;
  }

  private void hand(int lineEnd, boolean tooLong) throws IOException {
    number++;
    boolean longer = tooLong || lineEnd - start > LONGEST;
    int limit = Math.min(lineEnd, start + LONGEST);
    int carriageReturn = limit > start && buffer[limit - 1] == '\r' && !longer ? 1 : 0;
    lines.line(buffer, start, limit - carriageReturn, longer);
  }
}
