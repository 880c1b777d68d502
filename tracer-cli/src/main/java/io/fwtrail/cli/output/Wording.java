package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The words for packets, places and verdicts that the text forms share. */
final class Wording {
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS").withZone(ZoneId.systemDefault());

  private Wording() {}

  /** The time of day here, to the microsecond. */
  static String clock(long nanos) {
    return CLOCK.format(
        Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L)));
  }

  /** Who sends what to whom. */
  static String packet(@Nullable Packet packet) {
    if (packet == null) {
      return "a packet whose beginning was not seen";
    }
    StringBuilder text = new StringBuilder(96);
    String protocol = packet.protocol();
    if (protocol == null) {
      Packet.LinkLayer link = packet.link();
      text.append("a frame");
      if (link != null && link.etherType() >= 0) {
        text.append(String.format(" of type 0x%04x", link.etherType()));
      }
      return text.toString();
    }
    boolean number = Character.isDigit(protocol.charAt(0));
    text.append(number ? "protocol " + protocol : protocol);
    String operation = packet.arpOperation();
    if (operation != null) {
      text.append(' ').append(operation);
    }
    icmp(text, packet);
    text.append(' ');
    end(text, packet.src(), packet.sport());
    text.append(" > ");
    end(text, packet.dst(), packet.dport());
    Packet.Tcp tcp = packet.tcp();
    if (tcp != null) {
      text.append(' ').append(tcp.flags().isEmpty() ? "no flags" : String.join(",", tcp.flags()));
    }
    Packet.Fragment fragment = packet.fragment();
    if (fragment != null) {
      text.append(", fragment");
      if (fragment.offset() >= 0) {
        text.append(" at ").append(fragment.offset());
      }
    }
    if (packet.length() >= 0) {
      text.append(", ").append(packet.length()).append(" bytes");
    }
    return text.toString();
  }

  private static void icmp(StringBuilder text, Packet packet) {
    Packet.Icmp icmp = packet.icmp();
    if (icmp == null) {
      return;
    }
    boolean v6 = "icmpv6".equals(packet.protocol());
    String name = v6 ? icmpV6(icmp.type()) : icmpV4(icmp.type());
    text.append(' ').append(name == null ? "type " + icmp.type() + "/" + icmp.code() : name);
    if (icmp.seq() >= 0) {
      text.append(" id ").append(icmp.id()).append(" seq ").append(icmp.seq());
    }
  }

  private static @Nullable String icmpV4(int type) {
    return switch (type) {
      case 0 -> "echo-reply";
      case 3 -> "destination-unreachable";
      case 5 -> "redirect";
      case 8 -> "echo-request";
      case 11 -> "time-exceeded";
      default -> null;
    };
  }

  private static @Nullable String icmpV6(int type) {
    return switch (type) {
      case 1 -> "destination-unreachable";
      case 2 -> "packet-too-big";
      case 3 -> "time-exceeded";
      case 128 -> "echo-request";
      case 129 -> "echo-reply";
      case 133 -> "router-solicit";
      case 134 -> "router-advert";
      case 135 -> "neighbour-solicit";
      case 136 -> "neighbour-advert";
      default -> null;
    };
  }

  private static void end(StringBuilder text, @Nullable IpAddress address, int port) {
    String host = address == null ? "?" : address.toString();
    if (port < 0) {
      text.append(host);
    } else if (address != null && address.version() == 6) {
      text.append('[').append(host).append("]:").append(port);
    } else {
      text.append(host).append(':').append(port);
    }
  }

  /** In by which interface and out by which. */
  static String interfaces(@Nullable String in, @Nullable String out) {
    if (in != null && out != null) {
      return "in " + SafeText.of(in) + " out " + SafeText.of(out);
    }
    return in != null ? "in " + SafeText.of(in) : out != null ? "out " + SafeText.of(out) : "";
  }

  /** Family, table and chain. */
  static String place(Hop hop) {
    return hop.family().keyword() + " " + SafeText.of(hop.table()) + " " + SafeText.of(hop.chain());
  }

  /** Which rule of its chain, or that it is none. */
  static String rule(Hop hop) {
    return switch (hop.kind()) {
      case POLICY -> "policy";
      case RETURN -> "end";
      case RULE -> {
        Rule rule = hop.rule();
        if (rule == null) {
          yield "rule";
        }
        yield rule.number() > 0 ? "rule " + rule.number() : "handle " + rule.handle();
      }
    };
  }

  /** What the hop said, with where it leads. */
  static String verdict(Hop hop) {
    Verdict verdict = hop.verdict();
    if (verdict == null) {
      return "?";
    }
    String target = hop.target();
    return target == null ? verdict.keyword() : verdict.keyword() + " " + SafeText.of(target);
  }

  /** The rule as its owner wrote it, with the comment behind; empty where neither is known. */
  static String text(@Nullable Rule rule) {
    if (rule == null) {
      return "";
    }
    String text = rule.text() == null ? "" : SafeText.of(rule.text());
    String comment = rule.comment();
    return comment == null
        ? text
        : (text.isEmpty() ? "" : text + "  ") + "\"" + SafeText.of(comment) + "\"";
  }

  /** What became of a packet. */
  static String ending(@Nullable Verdict verdict) {
    if (verdict == null) {
      return "LOST SIGHT OF";
    }
    return switch (verdict) {
      case ACCEPT -> "ACCEPTED";
      case DROP -> "DROPPED";
      case QUEUE -> "QUEUED";
      case STOLEN -> "STOLEN";
      default -> verdict.keyword().toUpperCase(Locale.ROOT);
    };
  }
}
