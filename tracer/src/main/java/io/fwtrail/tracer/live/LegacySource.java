package io.fwtrail.tracer.live;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.channel.NetlinkChannel;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.nflog.NflogGroupTakenException;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where hops of iptables-legacy come from: the way that was asked for, or the one that is left. */
final class LegacySource implements Closeable {
  /** How a notice begins that they are missing; the reason follows. */
  static final String NOT_SHOWN = "the rules of iptables-legacy are not shown: ";

  private final @Nullable Closeable listening;
  private final List<String> notices;

  private LegacySource(@Nullable Closeable listening, List<String> notices) {
    this.listening = listening;
    this.notices = notices;
  }

  /**
   * Begins to listen in the channel's namespace. To be called on another thread than its event
   * loop.
   *
   * @param channel gets the NFLOG messages
   * @param logged gets what the kernel log tells
   * @param required whether nothing else is to be shown: then it is an error that they cannot be
   */
  static LegacySource start(
      LiveTrace.LegacyBy by,
      NetlinkChannel channel,
      NetworkNamespace namespace,
      NfLogNote.Keeper note,
      KernelLogListening.Listener logged,
      boolean required)
      throws IOException {
    if (by == LiveTrace.LegacyBy.KERNEL_LOG) {
      return new LegacySource(KernelLogListening.start(namespace, note, logged), List.of());
    }
    List<String> notices = new ArrayList<>();
    String why;
    try {
      return new LegacySource(LegacyListening.start(channel, namespace, note), notices);
    } catch (NflogGroupTakenException e) {
      if (NfLogNote.isHeld(namespace)) {
        notices.add(NOT_SHOWN + "another fwtrail has them, and they go to one program only");
        return new LegacySource(null, notices);
      }
      why = e.getMessage();
    } catch (KernelRefusedException e) {
      why = e.getMessage();
    } catch (IOException e) {
      if (required) {
        throw e;
      }
      // The kernel log would need the same setting.
      notices.add(NOT_SHOWN + e.getMessage());
      return new LegacySource(null, notices);
    }
    try {
      Closeable log = KernelLogListening.start(namespace, note, logged);
      notices.add("hops of iptables-legacy come from the kernel log: " + why);
      return new LegacySource(log, notices);
    } catch (IOException e) {
      notices.add(NOT_SHOWN + why + "; and the kernel log: " + e.getMessage());
      return new LegacySource(null, notices);
    }
  }

  /** What the user should know of it. */
  List<String> notices() {
    return notices;
  }

  /**
   * Whether hops come by lines of the kernel log, out of step with what comes over netlink, and
   * must be stopped before the last of them can be waited for.
   */
  boolean isKernelLog() {
    return listening instanceof KernelLogListening;
  }

  @Override
  public void close() throws IOException {
    if (listening != null) {
      listening.close();
    }
  }
}
