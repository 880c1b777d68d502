package io.fwtrail.cli;

import io.fwtrail.tracer.live.LiveTrace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the commands that trace the running kernel have in common. */
final class LiveOptions extends OutputOptions {
  /** Of the description of such a command. */
  static final String RIGHTS =
      "It takes CAP_NET_ADMIN, and --netns CAP_SYS_ADMIN too. Started by root it goes on as the user"
          + " nobody, or says why it stays root.";

  @Option(
      names = "--netns",
      paramLabel = "NAME",
      description = "Trace in this network namespace, by its name in 'ip netns' or a path.")
  @Nullable String netns;

  @Option(
      names = "--all-netns",
      description =
          "Trace in all network namespaces, those of containers too, and in new ones as they appear. "
              + "A packet that goes from one to the next is one trail.")
  boolean allNetns;

  @Option(
      names = "--source",
      paramLabel = "SOURCE",
      defaultValue = "netlink",
      converter = Converters.Legacy.class,
      description =
          "Where hops of iptables-legacy come from: netlink (the default), or kmsg, the kernel "
              + "log, where netlink cannot serve.")
  LiveTrace.LegacyBy legacyBy = LiveTrace.LegacyBy.NETLINK;

  @Option(
      names = "--ruleset",
      paramLabel = "FILE",
      description =
          "The file that the rules were loaded from (/etc/nftables.conf, rules.v4): each rule is shown "
              + "with its line there. Several times for several files.")
  List<Path> rulesets = List.of();

  /** Only trace marks; it has the option. */
  LiveTrace.MarkBy markBy = LiveTrace.MarkBy.NF_TABLES;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = Converters.Time.class,
      description = "End after this time: 30s, 5m, 1h.")
  @Nullable Duration time;
}
