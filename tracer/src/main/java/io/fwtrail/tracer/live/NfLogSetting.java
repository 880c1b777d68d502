package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetworkNamespace;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the kernel sends what legacy tables trace: {@code net.netfilter.nf_log.2} for IPv4 and
 * {@code .10} for IPv6, one setting per network namespace. It outlives the process that changes it,
 * so what it was is written down in a file under /run as long as it is changed; a later run finds
 * the file, sees that the process is gone, and puts the setting back.
 */
public final class NfLogSetting implements AutoCloseable {
  /** The logger that sends NFLOG messages. */
  public static final String NETLINK = "nfnetlink_log";

  /** AF_INET and AF_INET6. */
  static final List<String> FAMILIES = List.of("2", "10");

  private final NetworkNamespace namespace;
  private final Map<String, String> before;
  private final Map<String, String> now;
  private final NfLogNote.Keeper note;

  private NfLogSetting(
      NetworkNamespace namespace,
      Map<String, String> before,
      Map<String, String> now,
      NfLogNote.Keeper note) {
    this.namespace = namespace;
    this.before = before;
    this.now = now;
    this.note = note;
  }

  /**
   * Changes the setting until it is closed.
   *
   * @param logger by family's number, 2 and 10: the logger's name
   * @param note where it is written down; where this process may not write there, as in a user
   *     namespace, the setting ends with the namespace
   * @throws IOException if the kernel has no such logger, or this process may not
   */
  static NfLogSetting change(
      NetworkNamespace namespace, Map<String, String> logger, NfLogNote.Keeper note)
      throws IOException {
    Map<String, String> before = new LinkedHashMap<>();
    for (String family : logger.keySet()) {
      before.put(family, read(namespace, family));
    }
    // Written down before it is changed: a crash in between leaves a note and no change, which
    // harms nobody.
    try {
      note.keep(NfLogNote.text(before, logger));
    } catch (IOException e) {
      // As said above.
    }
    NfLogSetting setting = new NfLogSetting(namespace, before, logger, note);
    try {
      for (Map.Entry<String, String> entry : logger.entrySet()) {
        set(namespace, entry.getKey(), entry.getValue());
      }
    } catch (IOException e) {
      setting.close();
      throw e;
    }
    return setting;
  }

  /** The two families' logger as {@link #change} wants it. */
  static Map<String, String> toNetlink() {
    Map<String, String> loggers = new LinkedHashMap<>();
    FAMILIES.forEach(family -> loggers.put(family, NETLINK));
    return loggers;
  }

  /** The loggers that write to the kernel log. */
  static Map<String, String> toKernelLog() {
    Map<String, String> loggers = new LinkedHashMap<>();
    loggers.put("2", "nf_log_ipv4");
    loggers.put("10", "nf_log_ipv6");
    return loggers;
  }

  private static Path file(String family) {
    return Path.of("/proc/sys/net/netfilter/nf_log", family);
  }

  /** /proc/sys/net shows the namespace of the thread that reads it. */
  private static String read(NetworkNamespace namespace, String family) throws IOException {
    return namespace.call(() -> Files.readString(file(family)).strip());
  }

  private static void set(NetworkNamespace namespace, String family, String logger)
      throws IOException {
    try {
      write(namespace, family, logger);
    } catch (FileSystemException e) {
      // It cannot even be opened: for want of rights, or in a sandbox.
      throw new IOException(
          "net.netfilter.nf_log." + family + " cannot be changed: " + e.getMessage(), e);
    } catch (IOException e) {
      // Where loggers are modules, as in Debian's kernels, the kernel loads that of a rule which
      // logs, and none for this setting: the write then fails with ENOENT.
      String module = logger.equals(NETLINK) ? NETLINK : "nf_log_syslog";
      if (!load(module)) {
        throw new IOException(
            "the kernel does not take the logger '"
                + logger
                + "' for net.netfilter.nf_log."
                + family
                + " ("
                + e.getMessage()
                + "): modprobe "
                + module,
            e);
      }
      write(namespace, family, logger);
    }
  }

  private static void write(NetworkNamespace namespace, String family, String logger)
      throws IOException {
    Path unused = namespace.call(() -> Files.writeString(file(family), logger));
  }

  private static boolean load(String module) {
    try {
      Process modprobe =
          new ProcessBuilder("modprobe", "-q", module)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      modprobe.getOutputStream().close();
      return modprobe.waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Puts it back, unless somebody else has changed it meanwhile. */
  @Override
  public void close() throws IOException {
    putBack(namespace, before, now);
    note.drop();
  }

  private static void putBack(
      NetworkNamespace namespace, Map<String, String> before, Map<String, String> changed)
      throws IOException {
    for (Map.Entry<String, String> entry : before.entrySet()) {
      String family = entry.getKey();
      if (read(namespace, family).equals(changed.get(family))) {
        set(namespace, family, entry.getValue());
      }
    }
  }

  /**
   * Puts back what killed runs left changed in a namespace.
   *
   * @return what was done, a line for each; empty where nothing was left
   */
  public static List<String> repair(NetworkNamespace namespace) throws IOException {
    List<String> done = new ArrayList<>();
    for (NfLogNote left : NfLogNote.leftBehind(namespace)) {
      putBack(namespace, left.before(), left.changed());
      Files.deleteIfExists(left.file());
      left.before()
          .forEach(
              (family, logger) ->
                  done.add(
                      "net.netfilter.nf_log."
                          + family
                          + " put back to "
                          + logger
                          + ", as a run of fwtrail that was killed had left it changed"));
    }
    return done;
  }

  /** Whether a run that was killed left the setting changed. */
  public static boolean isLeftBehind(NetworkNamespace namespace) throws IOException {
    return !NfLogNote.leftBehind(namespace).isEmpty();
  }
}
