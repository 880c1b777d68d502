package io.fwtrail.cli;

import io.fwtrail.tracer.live.LiveTrace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the commands that trace the running kernel have in common. */
final class LiveOptions extends OutputOptions {
  /** Of the description of such a command. */
  static final String RIGHTS =
      "It takes CAP_NET_ADMIN, and --netns CAP_SYS_ADMIN too. Started by root it goes on as the user"
          + " nobody, or says why it stays root.";

  private final Option.Value<String> netns =
      Option.Value.text(
          "NAME",
          "Trace in this network namespace, by its name in 'ip netns' or a path.",
          "--netns");

  private final Option.Flag allNetns =
      new Option.Flag(
          "Trace in all network namespaces, those of containers too, and in new ones as they "
              + "appear. A packet that goes from one to the next is one trail.",
          "--all-netns");

  private final Option.Value<LiveTrace.LegacyBy> legacyBy =
      new Option.Value<>(
          "SOURCE",
          new Converters.Legacy(),
          "Where hops of iptables-legacy come from: netlink (the default), or kmsg, the kernel "
              + "log, where netlink cannot serve.",
          "--source");

  private final Option.Values<Path> rulesets =
      Option.Values.files(
          "FILE",
          "The file that the rules were loaded from (/etc/nftables.conf, rules.v4): each rule is "
              + "shown with its line there. Several times for several files.",
          "--ruleset");

  private final Option.Value<Duration> time =
      new Option.Value<>(
          "TIME", new Converters.Time(), "End after this time: 30s, 5m, 1h.", "--for");

  /** Only trace marks; it has the option. */
  LiveTrace.MarkBy markBy = LiveTrace.MarkBy.NF_TABLES;

  LiveOptions(Command command) {
    super(command);
    command.add(netns, allNetns, legacyBy, rulesets, time);
  }

  /** The namespace, by its name or path; null for that of this process. */
  @Nullable String netns() {
    return netns.get();
  }

  boolean allNetns() {
    return allNetns.isGiven();
  }

  LiveTrace.LegacyBy legacyBy() {
    return legacyBy.orElse(LiveTrace.LegacyBy.NETLINK);
  }

  List<Path> rulesets() {
    return rulesets.get();
  }

  /** How long it is to run; null for until it is told to end. */
  @Nullable Duration time() {
    return time.get();
  }
}
