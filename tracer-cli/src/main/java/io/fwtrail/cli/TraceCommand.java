package io.fwtrail.cli;

import io.fwtrail.tracer.hop.PacketDecoder;
import io.fwtrail.tracer.live.LiveTrace;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.mark.Prefix;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Marks packets, shows their trails, and takes the mark away. */
final class TraceCommand extends Command {
  /** Protocols with ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
  private static final List<Integer> WITH_PORTS = List.of(6, 17, 33, 132, 136);

  /** What a sample is made of. */
  enum SampleBy {
    PACKET,
    FLOW
  }

  private final Option.Values<Integer> protocols =
      Option.Values.list(
          "PROTO",
          new Converters.Protocol(),
          "Protocols, by name or number: tcp,udp,icmp,icmpv6,sctp,47.",
          "-p",
          "--protocol",
          "--proto");

  private final Option.Values<Prefix> src =
      Option.Values.list(
          "ADDR",
          new Converters.Address(),
          "Source addresses or prefixes, IPv4 or IPv6.",
          "-s",
          "--src");

  private final Option.Values<Prefix> dst =
      Option.Values.list(
          "ADDR",
          new Converters.Address(),
          "Destination addresses or prefixes.",
          "-d",
          "--destination",
          "--dst");

  private final Option.Values<PacketMatch.PortRange> sports =
      Option.Values.list(
          "PORT",
          new Converters.Ports(),
          "Source ports, ranges (1000:2000) or names.",
          "--sport",
          "--sports",
          "--source-port");

  private final Option.Values<PacketMatch.PortRange> dports =
      Option.Values.list(
          "PORT",
          new Converters.Ports(),
          "Destination ports, ranges or names.",
          "--dport",
          "--dports",
          "--destination-port");

  private final Option.Values<String> in =
      Option.Values.list(
          "IF",
          new Converters.Interface(),
          "Interfaces that packets come in by; eth+ stands for all that begin so.",
          "-i",
          "--in-interface");

  private final Option.Values<String> out =
      Option.Values.list(
          "IF",
          new Converters.Interface(),
          "Interfaces that packets leave by. Of packets that come in this is known only after "
              + "routing: the others are traced too, but not shown.",
          "-o",
          "--out-interface");

  private final Option.Flag bothWays =
      new Option.Flag(
          "Also the answers: source and destination, in and out changed over.", "--both-ways");

  private final Option.Value<String> expression =
      Option.Value.text(
          "EXPR",
          "Any match in nft's language, for example 'ct state new tcp flags syn'.",
          "--match");

  private final Option.Value<Integer> sample =
      new Option.Value<>(
          "1/N", new Converters.Sample(), "Only one in N of the packets that match.", "--sample");

  private final Option.Value<SampleBy> by =
      new Option.Value<>(
          "WHAT",
          new Converters.SampledBy(),
          "What --sample chooses: one packet in N (packet, the default), or all packets of one "
              + "flow in N, both ways (flow). Where NAT changes addresses, the two ways of a "
              + "connection look like two flows: each is chosen by itself.",
          "--by");

  private final Option.Value<PacketMatch.Rate> rate =
      new Option.Value<>(
          "RATE",
          new Converters.Rate(),
          "At most so many packets: 1000/s, 60/min, or unlimited. By default 10000/s, so that "
              + "tracing does not keep a busy gateway from its work. How many were held back is "
              + "said.",
          "--rate");

  private final Option.Value<LiveTrace.MarkBy> markBy =
      new Option.Value<>(
          "BY",
          new Converters.MarkedBy(),
          "What marks the packets: nft (the default), or iptables: TRACE rules of "
              + "iptables-legacy, as where the kernel has no nf_tables. Packets that other rules "
              + "trace are shown too then.",
          "--mark");

  private final LiveOptions live;

  TraceCommand() {
    super(
        "trace",
        "Trace the packets that match, live, and leave nothing behind.",
        "Without a match every packet is traced. Lists are separated by commas; "
            + "what is given together must match together.",
        LiveOptions.RIGHTS);
    spec.usageMessage()
        .sortOptions(false)
        .customSynopsis("fwtrail trace [MATCH]... [OPTION]...")
        .footer(
            "",
            "Examples:",
            "  fwtrail trace -p udp -d 10.12.0.2 --dport 53      what becomes of these?",
            "  fwtrail trace -p tcp --dport 80,443 --both-ways   questions and answers",
            "  fwtrail trace -i eth0 --sample 1/1000             a busy interface",
            "  fwtrail trace --match 'tcp flags syn' --count 10  any nft expression");
    add(protocols, src, dst, sports, dports, in, out, bothWays);
    add(expression, sample, by, rate, markBy);
    live = new LiveOptions(this);
  }

  @Override
  public Integer call() throws Exception {
    check();
    live.markBy = markedBy();
    int each = sample.orElse(1);
    PacketMatch match =
        new PacketMatch(
            protocols.get(),
            src.get(),
            dst.get(),
            sports.get(),
            dports.get(),
            in.get(),
            out.get(),
            bothWays.isGiven(),
            expression.get(),
            isByFlow() ? PacketMatch.Sample.flows(each) : PacketMatch.Sample.packets(each),
            rate.orElse(PacketMatch.Rate.CAREFUL));
    return new LiveRun(live, match, "tracing " + words(match)).run();
  }

  private boolean isByFlow() {
    return by.get() == SampleBy.FLOW;
  }

  private LiveTrace.MarkBy markedBy() {
    return markBy.orElse(LiveTrace.MarkBy.NF_TABLES);
  }

  private void check() {
    if (live.allNetns() && markedBy() == LiveTrace.MarkBy.IPTABLES) {
      throw wrong("--mark iptables marks in one namespace only, not with --all-netns");
    }
    if (isByFlow() && sample.orElse(1) == 1) {
      throw wrong("--by flow says what --sample chooses: --sample 1/1000 --by flow");
    }
    boolean ports = !sports.get().isEmpty() || !dports.get().isEmpty();
    if (ports && !protocols.get().isEmpty() && !WITH_PORTS.containsAll(protocols.get())) {
      throw wrong("ports go with tcp, udp, sctp, dccp and udplite only");
    }
    boolean v4 = src.get().stream().anyMatch(p -> p.version() == 4);
    boolean v6 = src.get().stream().anyMatch(p -> p.version() == 6);
    if (!src.get().isEmpty()
        && !dst.get().isEmpty()
        && dst.get().stream().noneMatch(p -> p.version() == 4 ? v4 : v6)) {
      throw wrong("no packet has an IPv4 address at one end and an IPv6 address at the other");
    }
  }

  /** What is traced, for a person. */
  private String words(PacketMatch match) {
    List<String> parts = new ArrayList<>();
    if (!match.protocols().isEmpty()) {
      parts.add(
          match.protocols().stream()
              .map(PacketDecoder::protocolName)
              .collect(Collectors.joining(",")));
    }
    part(parts, "from", match.src());
    part(parts, "source port", match.sports().stream().map(TraceCommand::ports).toList());
    part(parts, "to", match.dst());
    part(parts, "port", match.dports().stream().map(TraceCommand::ports).toList());
    part(parts, "in by", match.in());
    part(parts, "out by", match.out());
    if (match.expression() != null) {
      parts.add("that match '" + match.expression() + "'");
    }
    if (match.bothWays()) {
      parts.add("and the answers");
    }
    StringBuilder words = new StringBuilder();
    words.append(parts.isEmpty() ? "every packet" : "packets: " + String.join(" ", parts));
    int each = sample.orElse(1);
    if (each > 1) {
      words.append(isByFlow() ? ", one flow in " : ", one in ").append(each);
    }
    if (rate.get() == null) {
      words.append(", at most ").append(most(PacketMatch.Rate.CAREFUL));
      words.append(" (--rate unlimited lifts that)");
    } else if (match.rate().limited()) {
      words.append(", at most ").append(most(match.rate()));
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
