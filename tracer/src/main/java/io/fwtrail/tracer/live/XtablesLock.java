package io.fwtrail.tracer.live;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Tells when a program has let go of the lock of iptables-legacy, /run/xtables.lock, which each
 * takes that changes rules (iptables/xshared.c, xtables_lock; iptables-save does not). Programs in
 * another mount namespace may have another such file. The folder is watched, not the file, which is
 * made by whoever comes first.
 */
final class XtablesLock implements Closeable {
  /** The functions of the C library that are called here, by JNA's direct mapping. */
  private static final class LibC {
    static {
      Native.register(LibC.class, Platform.C_LIBRARY_NAME);
    }

    private LibC() {}

    static native int inotify_init1(int flags);

    static native int inotify_add_watch(int descriptor, String path, int mask);

    static native int eventfd(int count, int flags);

    static native int poll(Pointer descriptors, long count, int milliseconds);

    static native long read(int descriptor, Pointer into, long length);

    static native long write(int descriptor, Pointer from, long length);

    static native int close(int descriptor);
  }

  private static final String FOLDER = "/run";
  private static final String NAME = "xtables.lock";

  private static final int CLOSE_ON_EXEC_AND_NO_WAIT = 0x80000 | 0x800;

  /** {@code IN_CLOSE_WRITE} and {@code IN_CLOSE_NOWRITE}. */
  private static final int CLOSED = 0x8 | 0x10;

  /** {@code IN_Q_OVERFLOW}. */
  private static final int OVERFLOW = 0x4000;

  private static final short READABLE = 1;

  /** {@code struct pollfd}: descriptor, events asked for, events seen. */
  private static final int POLLED = 8;

  /** {@code struct inotify_event}: its mask, the length of the name, the name. */
  private static final int MASK = 4;

  private static final int NAME_LENGTH = 12;
  private static final int EVENT = 16;
  private static final int ROOM = 16 * 1024;

  private final int descriptor;
  private final int waker;
  private boolean closed;
  private final Memory asked = new Memory(2 * POLLED);
  private final Memory events = new Memory(ROOM);

  private XtablesLock(int descriptor, int waker) {
    this.descriptor = descriptor;
    this.waker = waker;
  }

  /**
   * Begins to watch.
   *
   * @throws IOException where that cannot be: no /run, or no inotify or descriptor left
   */
  static XtablesLock watch() throws IOException {
    int descriptor = LibC.inotify_init1(CLOSE_ON_EXEC_AND_NO_WAIT);
    if (descriptor < 0) {
      throw new IOException("inotify is not to be had");
    }
    if (LibC.inotify_add_watch(descriptor, FOLDER, CLOSED) < 0) {
      int unused = LibC.close(descriptor);
      throw new IOException(FOLDER + " cannot be watched");
    }
    int waker = LibC.eventfd(0, CLOSE_ON_EXEC_AND_NO_WAIT);
    if (waker < 0) {
      int unused = LibC.close(descriptor);
      throw new IOException("there is no descriptor left");
    }
    return new XtablesLock(descriptor, waker);
  }

  /**
   * Waits until the lock is let go of, the time is over, or somebody {@link #wake}s it. For one
   * thread.
   *
   * @return whether it was let go of, once or several times
   */
  boolean await(int milliseconds) {
    ask(0, descriptor);
    ask(1, waker);
    if (LibC.poll(asked, 2, milliseconds) <= 0) {
      return false;
    }
    boolean seen = false;
    for (long length = read(); length > 0; length = read()) {
      for (int at = 0; at + EVENT <= length; ) {
        int mask = events.getInt(at + MASK);
        int nameLength = events.getInt(at + NAME_LENGTH);
        if (nameLength < 0 || nameLength > length - at - EVENT) {
          break;
        }
        seen |= (mask & OVERFLOW) != 0 || NAME.equals(name(at + EVENT, nameLength));
        at += EVENT + nameLength;
      }
    }
    return seen;
  }

  private void ask(int place, int of) {
    long at = (long) place * POLLED;
    asked.setInt(at, of);
    asked.setShort(at + 4, READABLE);
    asked.setShort(at + 6, (short) 0);
  }

  private long read() {
    return LibC.read(descriptor, events, ROOM);
  }

  private String name(int at, int length) {
    int end = 0;
    while (end < length && events.getByte(at + end) != 0) {
      end++;
    }
    return new String(events.getByteArray(at, end), StandardCharsets.ISO_8859_1);
  }

  /**
   * Ends the wait, and each later one, at once. On any thread. Without it the JVM would wait for
   * the waiting thread at its own end, as it does for all that are in native code: 300 ms
   * (src/hotspot/share/runtime/vmOperations.cpp, wait_for_threads_in_native_to_block).
   */
  synchronized void wake() {
    if (!closed) {
      try (Memory one = new Memory(Long.BYTES)) {
        one.setLong(0, 1);
        long unused = LibC.write(waker, one, Long.BYTES);
      }
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      int unused = LibC.close(descriptor);
      unused = LibC.close(waker);
      asked.close();
      events.close();
    }
  }
}
