package io.fwtrail.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program that hears what the kernel tells of traced packets, and writes it to its standard
 * output.
 *
 * @param name short, for the command line
 * @param title as a table shows it
 * @param command its words
 * @param ready what it says on standard error as soon as it hears; empty if it says nothing
 * @param warmUp packets that it is to have seen before it is measured
 * @param form of its lines; null if it shows no packets
 * @param logger by which legacy rules tell it; null where it is not about those
 * @param warmUpRate of those, in packets a second
 * @param most packets a second that it is sent; what is more would say nothing
 * @param newFile whether it writes to a file that is made for it, rather than over one whose pages
 *     are in memory; so do all that open it by themselves, and append
 */
record Subject(
    String name,
    String title,
    List<String> command,
    String ready,
    int warmUp,
    @Nullable LineForm form,
    @Nullable String logger,
    int warmUpRate,
    int most,
    boolean newFile) {
  /** Until the JVM has compiled what it runs: its second compiler works some two seconds on it. */
  private static final int JVM_WARM_UP = 300_000;

  /** Not faster than a cold JVM can follow: what is lost warms nothing. */
  private static final int JVM_WARM_UP_RATE = 20_000;

  private static final int NATIVE_WARM_UP = 500;

  /** Slowly, as some of them end where they lose messages. */
  private static final int NATIVE_WARM_UP_RATE = 1_000;

  private static final String NEW_FILE = "-new-file";

  private static final String NFLOG = "nfnetlink_log";
  private static final String KERNEL_LOG = "nf_log_ipv4";

  /**
   * The kernel log has a place for all messages of a packet, and a lock; it also is the whole
   * machine's.
   */
  private static final int MOST_BY_KERNEL_LOG = 10_000;

  private static Subject of(
      String name, String title, LineForm form, @Nullable String logger, String... command) {
    return new Subject(
        name,
        title,
        List.of(command),
        "",
        NATIVE_WARM_UP,
        form,
        logger,
        NATIVE_WARM_UP_RATE,
        Integer.MAX_VALUE,
        form == LineForm.LOG);
  }

  /** Throws away what it hears; see bench/floor.c. */
  static Subject floor(Firewall firewall) {
    boolean legacy = firewall == Firewall.IPTABLES_LEGACY;
    List<String> command = new ArrayList<>();
    command.add(Path.of("target/bench/floor").toAbsolutePath().toString());
    if (legacy) {
      command.add("nflog");
    }
    return new Subject(
        "floor",
        "C loop (the floor)",
        command,
        "ready",
        NATIVE_WARM_UP,
        null,
        legacy ? NFLOG : null,
        NATIVE_WARM_UP_RATE,
        Integer.MAX_VALUE,
        false);
  }

  /** {@code fwtrail listen} with one of its forms of output. */
  static Subject fwtrail(String output, Firewall firewall) {
    return new Subject(
        output,
        "`fwtrail listen --output " + output + "`",
        fwtrail("listen", "--output", output),
        "fwtrail: ready",
        JVM_WARM_UP,
        output.startsWith("json") ? LineForm.JSON : LineForm.WORDS,
        firewall == Firewall.IPTABLES_LEGACY ? NFLOG : null,
        JVM_WARM_UP_RATE,
        Integer.MAX_VALUE,
        false);
  }

  /** The same, its output going to a new file. */
  Subject intoNewFile() {
    return new Subject(
        name + NEW_FILE,
        title + " into a new file",
        command,
        ready,
        warmUp,
        form,
        logger,
        warmUpRate,
        most,
        true);
  }

  /** fwtrail with other arguments, to be heard and not to be read. */
  static Subject fwtrail(List<String> arguments) {
    String all = String.join(" ", arguments);
    return new Subject(
        "fwtrail " + all,
        "`fwtrail " + all + "`",
        fwtrail(arguments.toArray(String[]::new)),
        "fwtrail: ready",
        JVM_WARM_UP,
        LineForm.JSON,
        null,
        JVM_WARM_UP_RATE,
        Integer.MAX_VALUE,
        false);
  }

  /** The words that start fwtrail as it is built. */
  static List<String> fwtrail(String... arguments) {
    List<String> words = new ArrayList<>();
    // env, as its own variables are no part of what is started elsewhere.
    words.addAll(List.of("env", "FWTRAIL_BUILD=off"));
    words.add(Path.of("bin/fwtrail").toAbsolutePath().toString());
    words.addAll(List.of(arguments));
    return words;
  }

  static Subject nftMonitor() {
    return of("nft", "`nft monitor trace`", LineForm.NFT, null, "nft", "monitor", "trace");
  }

  static Subject xtablesMonitor() {
    return of(
        "xtables-monitor",
        "`xtables-monitor --trace`",
        LineForm.XTABLES,
        null,
        "xtables-monitor",
        "--trace");
  }

  /** ulogd2, a line a message. */
  static Subject ulogd(Path folder) throws IOException {
    Path file = folder.resolve("ulogd.conf");
    // No plugin is named: it loads all that it finds in its own folder.
    Files.writeString(
        file,
        """
        [global]
        logfile="%s"
        stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,print1:PRINTPKT,emu1:LOGEMU
        [log1]
        group=0
        netlink_socket_buffer_size=16777216
        netlink_socket_buffer_maxsize=33554432
        [emu1]
        file="/dev/stdout"
        sync=1
        """
            .formatted(folder.resolve("ulogd.log")));
    return of("ulogd2", "ulogd2 (NFLOG, LOGEMU)", LineForm.LOG, NFLOG, "ulogd", "-c", file + "");
  }

  /** rsyslogd, a line a message of the kernel log. */
  static Subject rsyslogd(Path folder) throws IOException {
    Path file = folder.resolve("rsyslog.conf");
    Files.writeString(
        file,
        """
        module(load="imklog")
        global(workDirectory="%s")
        if $msg contains 'TRACE: ' then {
          action(type="omfile" file="/dev/stdout" template="RSYSLOG_FileFormat"
            flushOnTXEnd="on" asyncWriting="off")
        }
        """
            .formatted(folder));
    return new Subject(
        "rsyslog",
        "rsyslogd (kernel log)",
        List.of("rsyslogd", "-n", "-i", folder.resolve("rsyslog.pid").toString(), "-f", file + ""),
        "",
        NATIVE_WARM_UP,
        LineForm.LOG,
        KERNEL_LOG,
        NATIVE_WARM_UP_RATE,
        MOST_BY_KERNEL_LOG,
        true);
  }

  /** Whether it differs from another one by its file alone. */
  boolean isTwin() {
    return name.endsWith(NEW_FILE);
  }

  boolean isFloor() {
    return form == null;
  }

  /** Whether it is to be measured at that rate. */
  boolean takes(int perSecond) {
    return most == Integer.MAX_VALUE || (perSecond != Traffic.FLAT_OUT && perSecond <= most);
  }

  /** Whether its messages come by the kernel log, rather than by a socket that counts losses. */
  boolean hearsKernelLog() {
    return KERNEL_LOG.equals(logger);
  }
}
