package io.fwtrail.cli.output;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import java.util.List;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;

/**
 * The words for packets, places and verdicts that the text forms share. What is said of every hop
 * of a busy gateway is appended rather than made a String of. Not for use by several threads.
 */
public final class Wording {
  private static final int KEPT_NUMBERS = 1024;
  private static final int KEPT_PLACES = 256;
  private static final long NANOS = 1_000_000_000L;
  private static final int SECONDS_A_DAY = 86_400;

  private final String[] rules = new String[KEPT_NUMBERS];

  /** By a hash of the names' identity: a source gives the same String for the same name. */
  private final Place[] places = new Place[KEPT_PLACES];

  private final StringBuilder clock = new StringBuilder(16);
  private long clockSecond = Long.MIN_VALUE;

  private record Place(NfFamily family, String table, String chain, String text) {}

  /** Appends the time of day here, to the microsecond. */
  public void clock(StringBuilder text, long nanos) {
    long second = Math.floorDiv(nanos, NANOS);
    if (second != clockSecond) {
      clockSecond = second;
      // Not java.time's zone, which has more to read; and not before it is needed, beside the
      // start.
      int offset = TimeZone.getDefault().getOffset(second * 1000) / 1000;
      int ofDay = Math.floorMod(second + offset, SECONDS_A_DAY);
      clock.setLength(0);
      number(clock, ofDay / 3600, 10);
      number(clock.append(':'), ofDay / 60 % 60, 10);
      number(clock.append(':'), ofDay % 60, 10);
      clock.append('.');
    }
    number(text.append(clock), (int) Math.floorMod(nanos, NANOS) / 1000, 100_000);
  }

  /** Appends a number with as many digits as {@code scale}. */
  private static void number(StringBuilder text, int number, int scale) {
    for (int at = scale; at > 0; at /= 10) {
      text.append((char) ('0' + number / at % 10));
    }
  }

  /** Makes one for the machine's own time zone. */
  public Wording() {}

  /** Appends who sends what to whom. */
  public static void packet(StringBuilder text, @Nullable Packet packet) {
    if (packet == null) {
      text.append("a packet whose beginning was not seen");
      return;
    }
    String protocol = packet.protocol();
    if (protocol == null) {
      Packet.LinkLayer link = packet.link();
      text.append("a frame");
      if (link != null && link.etherType() >= 0) {
        text.append(String.format(" of type 0x%04x", link.etherType()));
      }
      return;
    }
    if (isNumber(protocol)) {
      text.append("protocol ");
    }
    // Both may be out of a file of trails, where anything can stand.
    text.append(SafeText.of(protocol));
    String operation = packet.arpOperation();
    if (operation != null) {
      text.append(' ').append(SafeText.of(operation));
    }
    icmp(text, packet);
    text.append(' ');
    end(text, packet.src(), packet.sport());
    text.append(" > ");
    end(text, packet.dst(), packet.dport());
    Packet.Tcp tcp = packet.tcp();
    if (tcp != null) {
      flags(text.append(' '), tcp.flags());
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
  }

  /** Whether a protocol is one without a name here. */
  static boolean isNumber(String protocol) {
    return !protocol.isEmpty() && Character.isDigit(protocol.charAt(0));
  }

  private static void flags(StringBuilder text, List<String> flags) {
    if (flags.isEmpty()) {
      text.append("no flags");
    }
    for (int i = 0; i < flags.size(); i++) {
      text.append(i == 0 ? "" : ",").append(flags.get(i));
    }
  }

  private static void icmp(StringBuilder text, Packet packet) {
    Packet.Icmp icmp = packet.icmp();
    if (icmp == null) {
      return;
    }
    icmpName(text.append(' '), packet, icmp);
    if (icmp.seq() >= 0) {
      text.append(" id ").append(icmp.id()).append(" seq ").append(icmp.seq());
    }
  }

  /** Appends an ICMP message's name, or its numbers. */
  public static void icmpName(StringBuilder text, Packet packet, Packet.Icmp icmp) {
    boolean v6 = "icmpv6".equals(packet.protocol());
    String name = v6 ? icmpV6(icmp.type()) : icmpV4(icmp.type());
    text.append(name == null ? "type " + icmp.type() + "/" + icmp.code() : name);
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

  /** Appends an address, and the port where there is one. */
  public static void end(StringBuilder text, @Nullable IpAddress address, int port) {
    if (address == null) {
      text.append('?');
    } else if (port >= 0 && address.version() == 6) {
      address.appendTo(text.append('['));
      text.append(']');
    } else {
      address.appendTo(text);
    }
    if (port >= 0) {
      text.append(':').append(port);
    }
  }

  /** Appends in by which interface and out by which, behind a comma; nothing where neither is. */
  static void interfaces(StringBuilder text, @Nullable String in, @Nullable String out) {
    if (in != null || out != null) {
      text.append(", ");
    }
    if (in != null) {
      text.append("in ").append(SafeText.of(in));
    }
    if (out != null) {
      text.append(in == null ? "out " : " out ").append(SafeText.of(out));
    }
  }

  /** Family, table and chain. */
  public String place(Hop hop) {
    String table = hop.table();
    String chain = hop.chain();
    int hash = System.identityHashCode(table) * 31 + System.identityHashCode(chain);
    int slot = (hash ^ hash >>> 8) & (KEPT_PLACES - 1);
    Place place = places[slot];
    if (place == null
        || place.family != hop.family()
        || !place.table.equals(table)
        || !place.chain.equals(chain)) {
      String text = hop.family().keyword() + " " + SafeText.of(table) + " " + SafeText.of(chain);
      place = new Place(hop.family(), table, chain, text);
      places[slot] = place;
    }
    return place.text;
  }

  /** Which rule of its chain, or that it is none. */
  public String rule(Hop hop) {
    return switch (hop.kind()) {
      case POLICY -> "policy";
      case RETURN -> "end";
      case RULE -> {
        Rule rule = hop.rule();
        if (rule == null) {
          yield "rule";
        }
        yield rule.number() > 0 ? rule(rule.number()) : "handle " + rule.handle();
      }
    };
  }

  private String rule(int number) {
    if (number >= KEPT_NUMBERS) {
      return "rule " + number;
    }
    String text = rules[number];
    if (text == null) {
      text = "rule " + number;
      rules[number] = text;
    }
    return text;
  }

  /** What the hop said, with where it leads. */
  public static String verdict(Hop hop) {
    Verdict verdict = hop.verdict();
    if (verdict == null) {
      return "?";
    }
    String target = hop.target();
    return target == null ? verdict.keyword() : verdict.keyword() + " " + SafeText.of(target);
  }

  /**
   * Appends the rule as its owner wrote it, with the comment and the place in its file behind;
   * nothing where none of them is known.
   *
   * @param before what to write ahead of it
   */
  public static void text(StringBuilder text, @Nullable Rule rule, String before) {
    if (rule == null || !hasText(rule)) {
      return;
    }
    text.append(before);
    String between = "";
    if (rule.text() != null) {
      text.append(SafeText.of(rule.text()));
      between = "  ";
    }
    if (rule.comment() != null) {
      text.append(between).append('"').append(SafeText.of(rule.comment())).append('"');
      between = "  ";
    }
    Rule.Origin origin = rule.origin();
    if (origin != null) {
      text.append(between).append(SafeText.of(origin.file())).append(':').append(origin.line());
    }
  }

  /** Whether there is more to say of a rule than its place. */
  static boolean hasText(Rule rule) {
    return rule.text() != null || rule.comment() != null || rule.origin() != null;
  }

  /** Appends blanks up to a width that {@code length} characters are short of. */
  public static void pad(StringBuilder text, int length, int width) {
    for (int i = length; i < width; i++) {
      text.append(' ');
    }
  }
}
