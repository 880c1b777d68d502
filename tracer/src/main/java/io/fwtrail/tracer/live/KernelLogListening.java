package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.log.KernelLog;
import io.fwtrail.tracer.log.LogEvent;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Has the kernel write what legacy tables trace to its log, and reads it there: where NFLOG cannot
 * be had. What the kernel log tells is not in order with what comes over netlink.
 */
final class KernelLogListening implements Closeable {
  private static final Path FIRST_NAMESPACE = Path.of("/proc/1/ns/net");
  private static final Path ALL_NAMESPACES = Path.of("/proc/sys/net/netfilter/nf_log_all_netns");
  private static final int WAIT_MILLIS = 100;
  private static final long END_MILLIS = 2_000;

  private final KernelLog log;
  private final NfLogSetting setting;
  private final Listener listener;
  private final Thread thread = new Thread(this::read, "fwtrail-kmsg");
  private volatile boolean ending;

  private KernelLogListening(KernelLog log, NfLogSetting setting, Listener listener) {
    this.log = log;
    this.setting = setting;
    this.listener = listener;
  }

  /** Takes what the log tells, on the reading thread. */
  interface Listener {
    /** Takes a trace, which is its own from then on. */
    void event(LogEvent event);

    /** Takes how many records of the log were lost. */
    void lost(long records);

    /**
     * Takes a moment of the monotonic clock: all that was logged before has been handed on. This
     * thread may have to wait for a processor, and then a packet that seems quiet is not.
     */
    void readUpTo(long nanos);
  }

  /**
   * Begins.
   *
   * @param listener takes what the log tells
   * @throws IOException if the log may not be read, or the kernel does not log this namespace
   */
  static KernelLogListening start(
      NetworkNamespace namespace, NfLogNote.Keeper note, Listener listener) throws IOException {
    if (!isLogged(namespace)) {
      throw new IOException(
          "the kernel logs packets of the first network namespace only: sysctl"
              + " net.netfilter.nf_log_all_netns=1 has it log those of all");
    }
    KernelLog log = new KernelLog();
    try {
      KernelLogListening listening =
          new KernelLogListening(
              log, NfLogSetting.change(namespace, NfLogSetting.toKernelLog(), note), listener);
      listening.thread.setDaemon(true);
      listening.thread.start();
      return listening;
    } catch (IOException e) {
      log.close();
      throw e;
    }
  }

  /**
   * Only the first namespace has that setting. It is mostly the one that this program was started
   * in; the first process's cannot be entered by everyone, and then the answer is not known.
   */
  private static boolean isLogged(NetworkNamespace namespace) throws IOException {
    return namespace.call(() -> Files.exists(ALL_NAMESPACES))
        || allAreLogged(NetworkNamespace.current())
        || allAreLoggedOf(FIRST_NAMESPACE);
  }

  private static boolean allAreLoggedOf(Path namespace) {
    try {
      return allAreLogged(NetworkNamespace.at(namespace));
    } catch (IOException e) {
      return true;
    }
  }

  private static boolean allAreLogged(NetworkNamespace first) throws IOException {
    try {
      return first.call(() -> Files.readString(ALL_NAMESPACES).strip().equals("1"));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private void read() {
    try {
      LogEvent event = new LogEvent();
      while (!ending) {
        boolean told = log.next(event, WAIT_MILLIS);
        listener.readUpTo(log.emptyAt());
        if (told) {
          listener.event(event);
          event = new LogEvent();
        }
        long lost = log.takeLost();
        if (lost > 0) {
          listener.lost(lost);
        }
      }
    } catch (IOException e) {
      // What was read stands; nothing more will come.
    }
  }

  /** Puts the kernel's setting back, and stops to read. */
  @Override
  public void close() throws IOException {
    if (ending) {
      return;
    }
    ending = true;
    setting.close();
    try {
      thread.join(END_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!thread.isAlive()) {
      log.close();
    }
  }
}
