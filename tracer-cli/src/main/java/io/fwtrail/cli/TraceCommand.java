package io.fwtrail.cli;

import io.fwtrail.tracer.live.LiveTrace;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.mark.Prefix;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Marks packets, shows their trails, and takes the mark away. */
@Command(
    name = "trace",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Trace the packets that match, live, and leave nothing behind.",
      "Without a match every packet is traced. Lists are separated by commas; "
          + "what is given together must match together.",
      LiveOptions.RIGHTS
    },
    sortOptions = false,
    customSynopsis = "fwtrail trace [MATCH]... [OPTION]...",
    footer = {
      "",
      "Examples:",
      "  fwtrail trace -p udp -d 10.12.0.2 --dport 53      what becomes of these?",
      "  fwtrail trace -p tcp --dport 80,443 --both-ways   questions and answers",
      "  fwtrail trace -i eth0 --sample 1/1000             a busy interface",
      "  fwtrail trace --match 'tcp flags syn' --count 10  any nft expression"
    })
final class TraceCommand implements Callable<Integer> {
  /** Protocols with ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
  private static final List<Integer> WITH_PORTS = List.of(6, 17, 33, 132, 136);

  /** What a sample is made of. */
  enum SampleBy {
    PACKET,
    FLOW
  }

  @Spec private CommandSpec spec;

  @Option(
      names = {"-p", "--protocol", "--proto"},
      paramLabel = "PROTO",
      split = ",",
      converter = Converters.Protocol.class,
      description = "Protocols, by name or number: tcp,udp,icmp,icmpv6,sctp,47.")
  private List<Integer> protocols = new ArrayList<>();

  @Option(
      names = {"-s", "--src"},
      paramLabel = "ADDR",
      split = ",",
      converter = Converters.Address.class,
      description = "Source addresses or prefixes, IPv4 or IPv6.")
  private List<Prefix> src = new ArrayList<>();

  @Option(
      names = {"-d", "--destination", "--dst"},
      paramLabel = "ADDR",
      split = ",",
      converter = Converters.Address.class,
      description = "Destination addresses or prefixes.")
  private List<Prefix> dst = new ArrayList<>();

  @Option(
      names = {"--sport", "--sports", "--source-port"},
      paramLabel = "PORT",
      split = ",",
      converter = Converters.Ports.class,
      description = "Source ports, ranges (1000:2000) or names.")
  private List<PacketMatch.PortRange> sports = new ArrayList<>();

  @Option(
      names = {"--dport", "--dports", "--destination-port"},
      paramLabel = "PORT",
      split = ",",
      converter = Converters.Ports.class,
      description = "Destination ports, ranges or names.")
  private List<PacketMatch.PortRange> dports = new ArrayList<>();

  @Option(
      names = {"-i", "--in-interface"},
      paramLabel = "IF",
      split = ",",
      converter = Converters.Interface.class,
      description = "Interfaces that packets come in by; eth+ stands for all that begin so.")
  private List<String> in = new ArrayList<>();

  @Option(
      names = {"-o", "--out-interface"},
      paramLabel = "IF",
      split = ",",
      converter = Converters.Interface.class,
      description =
          "Interfaces that packets leave by. Of packets that come in this is known only after "
              + "routing: the others are traced too, but not shown.")
  private List<String> out = new ArrayList<>();

  @Option(
      names = "--both-ways",
      description = "Also the answers: source and destination, in and out changed over.")
  private boolean bothWays;

  @Option(
      names = "--match",
      paramLabel = "EXPR",
      description = "Any match in nft's language, for example 'ct state new tcp flags syn'.")
  private @Nullable String expression;

  @Option(
      names = "--sample",
      paramLabel = "1/N",
      converter = Converters.Sample.class,
      description = "Only one in N of the packets that match.")
  private int sample = 1;

  @Option(
      names = "--by",
      paramLabel = "WHAT",
      defaultValue = "packet",
      converter = Converters.SampledBy.class,
      description =
          "What --sample chooses: one packet in N (packet, the default), or all packets of one flow in "
              + "N, both ways (flow). Where NAT changes addresses, the two ways of a connection look "
              + "like two flows: each is chosen by itself.")
  private SampleBy by = SampleBy.PACKET;

  @Option(
      names = "--rate",
      paramLabel = "RATE",
      converter = Converters.Rate.class,
      description =
          "At most so many packets: 1000/s, 60/min, or unlimited. By default 10000/s, so that tracing "
              + "does not keep a busy gateway from its work. How many were held back is said.")
  private PacketMatch.@Nullable Rate rate;

  @Option(
      names = "--mark",
      paramLabel = "BY",
      defaultValue = "nft",
      converter = Converters.MarkedBy.class,
      description =
          "What marks the packets: nft (the default), or iptables: TRACE rules of iptables-legacy, "
              + "as where the kernel has no nf_tables. Packets that other rules trace are shown too "
              + "then.")
  private LiveTrace.MarkBy markBy = LiveTrace.MarkBy.NF_TABLES;

  @Mixin private LiveOptions live = new LiveOptions();

  @Override
  public Integer call() throws Exception {
    check();
    live.markBy = markBy;
    PacketMatch match =
        new PacketMatch(
            protocols,
            src,
            dst,
            sports,
            dports,
            in,
            out,
            bothWays,
            expression,
            by == SampleBy.FLOW
                ? PacketMatch.Sample.flows(sample)
                : PacketMatch.Sample.packets(sample),
            rate == null ? PacketMatch.Rate.CAREFUL : rate);
    return new LiveRun(live, match, "tracing " + words()).run();
  }

  private void check() {
    if (live.allNetns && markBy == LiveTrace.MarkBy.IPTABLES) {
      throw new ParameterException(
          spec.commandLine(), "--mark iptables marks in one namespace only, not with --all-netns");
    }
    if (by == SampleBy.FLOW && sample == 1) {
      throw new ParameterException(
          spec.commandLine(), "--by flow says what --sample chooses: --sample 1/1000 --by flow");
    }
    boolean ports = !sports.isEmpty() || !dports.isEmpty();
    if (ports && !protocols.isEmpty() && !WITH_PORTS.containsAll(protocols)) {
      throw new ParameterException(
          spec.commandLine(), "ports go with tcp, udp, sctp, dccp and udplite only");
    }
    boolean v4 = src.stream().anyMatch(p -> p.version() == 4);
    boolean v6 = src.stream().anyMatch(p -> p.version() == 6);
    if (!src.isEmpty()
        && !dst.isEmpty()
        && dst.stream().noneMatch(p -> p.version() == 4 ? v4 : v6)) {
      throw new ParameterException(
          spec.commandLine(),
          "no packet has an IPv4 address at one end and an IPv6 address at the other");
    }
  }

  /** What is traced, for a person. */
  private String words() {
    List<String> parts = new ArrayList<>();
    if (!protocols.isEmpty()) {
      parts.add(
          protocols.stream()
              .map(io.fwtrail.tracer.hop.PacketDecoder::protocolName)
              .collect(Collectors.joining(",")));
    }
    part(parts, "from", src);
    part(parts, "source port", sports.stream().map(TraceCommand::ports).toList());
    part(parts, "to", dst);
    part(parts, "port", dports.stream().map(TraceCommand::ports).toList());
    part(parts, "in by", in);
    part(parts, "out by", out);
    if (expression != null) {
      parts.add("that match '" + expression + "'");
    }
    if (bothWays) {
      parts.add("and the answers");
    }
    StringBuilder words = new StringBuilder();
    words.append(parts.isEmpty() ? "every packet" : "packets: " + String.join(" ", parts));
    if (sample > 1) {
      words.append(by == SampleBy.FLOW ? ", one flow in " : ", one in ").append(sample);
    }
    if (rate == null) {
      words.append(", at most ").append(most(PacketMatch.Rate.CAREFUL));
      words.append(" (--rate unlimited lifts that)");
    } else if (rate.limited()) {
      words.append(", at most ").append(most(rate));
    }
    return words.toString();
  }

  private static String most(PacketMatch.Rate rate) {
    String unit = rate.seconds() == 1 ? "second" : rate.seconds() == 60 ? "minute" : "hour";
    return rate.packets() + " a " + unit;
  }

  private static String ports(PacketMatch.PortRange range) {
    return range.from() == range.to()
        ? Integer.toString(range.from())
        : range.from() + ":" + range.to();
  }

  private static void part(List<String> parts, String word, List<?> values) {
    if (!values.isEmpty()) {
      parts.add(
          word + " " + values.stream().map(Object::toString).collect(Collectors.joining(",")));
    }
  }
}
