package io.fwtrail.tracer.log;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import io.fwtrail.tracer.hop.WallClock;
import java.io.IOException;
import java.time.ZoneId;

/**
 * The kernel's log as it grows, from /dev/kmsg: each read gives one record (Documentation/ABI/
 * testing/dev-kmsg). Java's channels can neither begin at its end nor wait with a limit, hence the
 * system calls. Not for use by several threads.
 */
public final class KernelLog implements AutoCloseable {
  /** The functions of the C library that are called here, by JNA's direct mapping. */
  private static final class LibC {
    static {
      Native.register(LibC.class, Platform.C_LIBRARY_NAME);
    }

    private LibC() {}

    static native int open(String path, int flags) throws LastErrorException;

    static native long lseek(int fd, long offset, int whence) throws LastErrorException;

    static native long read(int fd, byte[] into, long count) throws LastErrorException;

    static native int poll(Pointer descriptors, long count, int milliseconds)
        throws LastErrorException;

    static native int close(int fd);
  }

  private static final String DEVICE = "/dev/kmsg";
  private static final int O_RDONLY = 0;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final int SEEK_END = 2;
  private static final short POLLIN = 1;
  private static final int EPERM = 1;
  private static final int EINTR = 4;
  private static final int EAGAIN = 11;
  private static final int EACCES = 13;
  private static final int EPIPE = 32;

  /** The kernel's limit of a record with its head is 8 KiB (CONSOLE_EXT_LOG_MAX). */
  private static final int LONGEST = 16 * 1024;

  private final LogLineParser parser =
      new LogLineParser(ZoneId.systemDefault(), WallClock.nanos(), 0);
  private final byte[] record = new byte[LONGEST];

  /** {@code struct pollfd}: descriptor, events asked for, events seen. */
  private final Memory asked = new Memory(8);

  private final int fd;
  private long bootTime = Long.MAX_VALUE;
  private long expected = -1;
  private long lost;
  private long damaged;
  private long emptyAt = System.nanoTime();

  /**
   * Opens it, at its end.
   *
   * @throws IOException if this process may not (CAP_SYSLOG), or there is none
   */
  public KernelLog() throws IOException {
    try {
      fd = LibC.open(DEVICE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
      long unused = LibC.lseek(fd, 0, SEEK_END);
    } catch (LastErrorException e) {
      int errno = e.getErrorCode();
      throw new IOException(
          errno == EPERM || errno == EACCES
              ? "the kernel log (" + DEVICE + ") needs root, or CAP_SYSLOG"
              : "the kernel log (" + DEVICE + ") cannot be opened: " + e.getMessage(),
          e);
    }
  }

  /**
   * A moment of the monotonic clock ({@link System#nanoTime}) up to which everything that was
   * logged has been read. For the thread that reads.
   */
  public long emptyAt() {
    return emptyAt;
  }

  /**
   * Waits for a trace.
   *
   * @param event filled with it, its time by the kernel's clock
   * @param millis how long at most
   * @return false if there was none
   */
  public boolean next(LogEvent event, int millis) throws IOException {
    long until = System.nanoTime() + millis * 1_000_000L;
    while (true) {
      long before = System.nanoTime();
      try {
        long length = LibC.read(fd, record, record.length);
        if (take((int) length, event)) {
          return true;
        }
      } catch (LastErrorException e) {
        switch (e.getErrorCode()) {
          case EAGAIN -> {
            emptyAt = before;
            long left = (until - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
              return false;
            }
            await((int) left);
          }
          case EPIPE, EINTR -> {
            // Overwritten before it was read: the next one's number tells how many.
          }
          default -> throw new IOException("reading " + DEVICE + ": " + e.getMessage(), e);
        }
      }
    }
  }

  private void await(int millis) throws IOException {
    asked.setInt(0, fd);
    asked.setShort(4, POLLIN);
    asked.setShort(6, (short) 0);
    try {
      int unused = LibC.poll(asked, 1, millis);
    } catch (LastErrorException e) {
      if (e.getErrorCode() != EINTR) {
        throw new IOException("waiting for " + DEVICE + ": " + e.getMessage(), e);
      }
    }
  }

  private boolean take(int length, LogEvent event) {
    int end = Ascii.indexOf(record, '\n', 0, length);
    end = end < 0 ? length : end;
    int comma = Ascii.indexOf(record, ',', 0, end);
    int second = comma < 0 ? -1 : Ascii.indexOf(record, ',', comma + 1, end);
    long sequence = second < 0 ? -1 : Digits.parse(record, comma + 1, second);
    if (sequence >= 0) {
      lost += expected >= 0 && sequence > expected ? sequence - expected : 0;
      expected = sequence + 1;
    }
    LogLineParser.Outcome outcome = parser.parse(record, 0, end, event);
    damaged += outcome == LogLineParser.Outcome.DAMAGED ? 1 : 0;
    if (outcome != LogLineParser.Outcome.TRACE) {
      return false;
    }
    // The kernel's log clock drifts against the wall's; what was read at once tells how they stand.
    bootTime = Math.min(bootTime, WallClock.nanos() - event.kernelMicros * 1_000);
    event.time = bootTime + event.kernelMicros * 1_000;
    return true;
  }

  /** How many records of any kind were overwritten before they could be read, since last asked. */
  public long takeLost() {
    long count = lost;
    lost = 0;
    return count;
  }

  /** How many traces were not understood. */
  public long damaged() {
    return damaged;
  }

  @Override
  public void close() {
    int unused = LibC.close(fd);
  }
}
