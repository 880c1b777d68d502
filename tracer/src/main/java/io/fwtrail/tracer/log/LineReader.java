package io.fwtrail.tracer.log;

import java.io.IOException;
import java.io.InputStream;

/**
 * Cuts a stream into lines, which it hands on where they lie: no line is copied but one that goes
 * over the end of a block. It needs the same memory whatever the stream is.
 */
public final class LineReader {
  /** More than the kernel or a log daemon puts into one line. */
  public static final int LONGEST = 16 * 1024;

  /** As much as a processor's nearer caches hold: what was read is looked at once more at least. */
  private static final int BLOCK = 32 * 1024;

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
    for (int i = Ascii.indexOf(buffer, '\n', from, end);
        i >= 0;
        i = Ascii.indexOf(buffer, '\n', i + 1, end)) {
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
