package io.fwtrail.cli;

import io.fwtrail.cli.filter.RuleQuery;
import io.fwtrail.cli.filter.TableName;
import io.fwtrail.cli.filter.TrailEnd;
import io.fwtrail.cli.output.OutputForm;
import io.fwtrail.tracer.live.LiveTrace;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.mark.Prefix;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** From what was typed to what is meant, with an error that says what would do. */
final class Converters {
  private static final Pattern TIME = Pattern.compile("(\\d{1,9})(ms|s|m|min|h)?");
  private static final Pattern RATE =
      Pattern.compile("(\\d{1,9})/(s|sec|second|m|min|minute|h|hour)");

  private static final Map<String, Integer> PROTOCOLS =
      Map.ofEntries(
          Map.entry("icmp", 1),
          Map.entry("igmp", 2),
          Map.entry("ipip", 4),
          Map.entry("tcp", 6),
          Map.entry("udp", 17),
          Map.entry("dccp", 33),
          Map.entry("gre", 47),
          Map.entry("esp", 50),
          Map.entry("ah", 51),
          Map.entry("icmpv6", 58),
          Map.entry("ipv6-icmp", 58),
          Map.entry("ospf", 89),
          Map.entry("vrrp", 112),
          Map.entry("sctp", 132),
          Map.entry("udplite", 136));

  private Converters() {}

  private static TypeConversionException no(String message) {
    return new TypeConversionException(message);
  }

  /** A form of output. */
  static final class Form implements ITypeConverter<OutputForm> {
    @Override
    public OutputForm convert(String text) {
      for (OutputForm form : OutputForm.values()) {
        if (form.toString().equals(text.toLowerCase(Locale.ROOT))) {
          return form;
        }
      }
      throw no(
          "'" + text + "' is no form of output; there are text, hops, json, json-hops, explain");
    }
  }

  /** The end of a trail. */
  static final class End implements ITypeConverter<TrailEnd> {
    @Override
    public TrailEnd convert(String text) {
      List<String> known = new ArrayList<>();
      for (TrailEnd end : TrailEnd.values()) {
        if (end.toString().equals(text.toLowerCase(Locale.ROOT))) {
          return end;
        }
        known.add(end.toString());
      }
      String nearest = Nearest.to(text, known);
      throw no(
          "'"
              + text
              + "' is no end of a packet's way; "
              + (nearest == null
                  ? "there are " + String.join(", ", known)
                  : "did you mean '" + nearest + "'?"));
    }
  }

  /** A table. */
  static final class Table implements ITypeConverter<TableName> {
    @Override
    public TableName convert(String text) {
      try {
        return TableName.parse(text);
      } catch (IllegalArgumentException e) {
        throw no(String.valueOf(e.getMessage()));
      }
    }
  }

  /** A rule. */
  static final class RuleName implements ITypeConverter<RuleQuery> {
    @Override
    public RuleQuery convert(String text) {
      try {
        return RuleQuery.parse(text);
      } catch (IllegalArgumentException e) {
        throw no(String.valueOf(e.getMessage()));
      }
    }
  }

  /** A chain's name. */
  static final class Name implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (text.isBlank()) {
        throw no("a name is missing");
      }
      return text.strip();
    }
  }

  /** What marks packets. */
  static final class MarkedBy implements ITypeConverter<LiveTrace.MarkBy> {
    @Override
    public LiveTrace.MarkBy convert(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "nft" -> LiveTrace.MarkBy.NF_TABLES;
        case "iptables" -> LiveTrace.MarkBy.IPTABLES;
        default -> throw no("'" + text + "' is no mark; there are nft and iptables");
      };
    }
  }

  /** Where hops of legacy tables come from. */
  static final class Legacy implements ITypeConverter<LiveTrace.LegacyBy> {
    @Override
    public LiveTrace.LegacyBy convert(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "netlink" -> LiveTrace.LegacyBy.NETLINK;
        case "kmsg" -> LiveTrace.LegacyBy.KERNEL_LOG;
        default ->
            throw no(
                "'"
                    + text
                    + "' is no source of hops; there are netlink and kmsg (addresses go with -s)");
      };
    }
  }

  /** auto, always or never. */
  static final class Colour implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (List.of("auto", "always", "never").contains(text)) {
        return text;
      }
      throw no("'" + text + "' is none of auto, always, never");
    }
  }

  /** A whole number from 1 up. */
  static final class Positive implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      if (text.matches("\\d{1,18}") && Long.parseLong(text) > 0) {
        return Long.valueOf(text);
      }
      throw no("'" + text + "' is not a whole number from 1 up");
    }
  }

  /** A size in bytes. */
  static final class Size implements ITypeConverter<Long> {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,9})([kKmMgG]?)");

    @Override
    public Long convert(String text) {
      Matcher matcher = SIZE.matcher(text);
      if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
        throw no("'" + text + "' is no size; 100M and 1G are");
      }
      int shift =
          switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "k" -> 10;
            case "m" -> 20;
            case "g" -> 30;
            default -> 0;
          };
      return Long.parseLong(matcher.group(1)) << shift;
    }
  }

  /** A length of time. */
  static final class Time implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      Matcher matcher = TIME.matcher(text);
      if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
        throw no("'" + text + "' is no length of time; 30s, 5m and 1h are");
      }
      long number = Long.parseLong(matcher.group(1));
      String unit = matcher.group(2) == null ? "s" : matcher.group(2);
      return switch (unit) {
        case "ms" -> Duration.ofMillis(number);
        case "m", "min" -> Duration.ofMinutes(number);
        case "h" -> Duration.ofHours(number);
        default -> Duration.ofSeconds(number);
      };
    }
  }

  /** A protocol's name or number. */
  static final class Protocol implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      Integer known = PROTOCOLS.get(text.toLowerCase(Locale.ROOT));
      if (known != null) {
        return known;
      }
      if (text.matches("\\d{1,3}") && Integer.parseInt(text) <= 255) {
        return Integer.valueOf(text);
      }
      String nearest = Nearest.to(text, PROTOCOLS.keySet());
      throw no(
          "'"
              + text
              + "' is no protocol"
              + (nearest == null
                  ? "; a name such as tcp or a number to 255 is"
                  : "; did you mean '" + nearest + "'?"));
    }
  }

  /** An address or prefix. */
  static final class Address implements ITypeConverter<Prefix> {
    @Override
    public Prefix convert(String text) {
      try {
        return Prefix.parse(text);
      } catch (IllegalArgumentException e) {
        throw no(e.getMessage() + "; 10.0.0.1, 10.0.0.0/8 and 2001:db8::/32 are examples");
      }
    }
  }

  /** A port or a range of ports. */
  static final class Ports implements ITypeConverter<PacketMatch.PortRange> {
    private static final Pattern PORTS = Pattern.compile("(\\d{1,5})(?:[:-](\\d{1,5}))?");

    @Override
    public PacketMatch.PortRange convert(String text) {
      Matcher matcher = PORTS.matcher(text);
      if (matcher.matches()) {
        int from = Integer.parseInt(matcher.group(1));
        int to = matcher.group(2) == null ? from : Integer.parseInt(matcher.group(2));
        if (from <= to && to <= 65_535) {
          return new PacketMatch.PortRange(from, to);
        }
      }
      Integer named = Services.port(text);
      if (named != null) {
        return new PacketMatch.PortRange(named, named);
      }
      throw no("'" + text + "' is no port; 53, 1000:2000 and a name in /etc/services are examples");
    }
  }

  /** An interface's name: 15 bytes at most in the kernel. */
  static final class Interface implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      int length = text.getBytes(StandardCharsets.UTF_8).length;
      if (text.isEmpty()
          || text.equals("+")
          || length > 15
          || text.matches(".*[\\s/\\p{Cntrl}].*")) {
        throw no("'" + text + "' cannot be the name of an interface");
      }
      return text;
    }
  }

  /** One in so many: 1/1000. */
  static final class Sample implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      if (text.matches("1/\\d{1,9}") && Integer.parseInt(text.substring(2)) > 0) {
        return Integer.valueOf(text.substring(2));
      }
      throw no("'" + text + "' is no sample; 1/1000 takes one packet in a thousand");
    }
  }

  /** What a sample is made of. */
  static final class SampledBy implements ITypeConverter<TraceCommand.SampleBy> {
    @Override
    public TraceCommand.SampleBy convert(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "packet" -> TraceCommand.SampleBy.PACKET;
        case "flow" -> TraceCommand.SampleBy.FLOW;
        default -> throw no("'" + text + "' is nothing to sample by; there are packet and flow");
      };
    }
  }

  /** So many in a time: 1000/s; or unlimited. */
  static final class Rate implements ITypeConverter<PacketMatch.Rate> {
    @Override
    public PacketMatch.Rate convert(String text) {
      if (text.equals("unlimited")) {
        return PacketMatch.Rate.UNLIMITED;
      }
      Matcher matcher = RATE.matcher(text);
      if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
        throw no("'" + text + "' is no rate; 1000/s, 60/min and unlimited are");
      }
      long seconds =
          switch (matcher.group(2).charAt(0)) {
            case 'm' -> 60;
            case 'h' -> 3600;
            default -> 1;
          };
      return new PacketMatch.Rate(Long.parseLong(matcher.group(1)), seconds);
    }
  }
}
