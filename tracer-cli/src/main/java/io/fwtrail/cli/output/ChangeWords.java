package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.trail.Trail;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What changed on a packet's way, said as people say it: address and port of one end together, and
 * nothing of what forwarding always changes.
 */
final class ChangeWords {
  private static final int ECN_BITS = 2;
  private static final int ECN_MASK = 3;

  private ChangeWords() {}

  /**
   * What was new when the packet came to a hop: NAT and the like, done before the base chain that
   * shows it first.
   *
   * @param number of the hop in its trail, from 1
   */
  static List<String> before(Trail trail, int number) {
    boolean changed = isChanged(trail, number);
    if (!changed && isOnSameWay(trail, number)) {
      // As nearly all hops, which are to cost nothing.
      return List.of();
    }
    List<String> words = new ArrayList<>();
    interfaces(trail, number, words);
    if (changed) {
      Hop hop = trail.hops().get(number - 1);
      Packet now = hop.packet();
      end(trail, number, "src", "sport", now, words);
      end(trail, number, "dst", "dport", now, words);
      for (Trail.Change change : trail.changes()) {
        if (change.hop() == number) {
          other(change, hop.hook(), words);
        }
      }
    }
    return words;
  }

  /** What a hop's own rule changed: the mark. */
  static List<String> by(Trail trail, int number) {
    Trail.Change mark = find(trail, number, "mark");
    return mark == null ? List.of() : List.of(arrow("mark", mark.from(), mark.to()));
  }

  /** The change of a field at a hop, or null. */
  static Trail.@Nullable Change find(Trail trail, int number, String field) {
    List<Trail.Change> changes = trail.changes();
    for (int i = 0; i < changes.size(); i++) {
      Trail.Change change = changes.get(i);
      if (change.hop() == number && change.field().equals(field)) {
        return change;
      }
    }
    return null;
  }

  private static boolean isChanged(Trail trail, int number) {
    List<Trail.Change> changes = trail.changes();
    for (int i = 0; i < changes.size(); i++) {
      if (changes.get(i).hop() == number) {
        return true;
      }
    }
    return false;
  }

  /** Whether a hop has the namespace and the interfaces of the one before. */
  private static boolean isOnSameWay(Trail trail, int number) {
    if (number < 2) {
      return true;
    }
    Hop hop = trail.hops().get(number - 1);
    Hop last = trail.hops().get(number - 2);
    return Objects.equals(hop.netns(), last.netns())
        && Objects.equals(hop.in(), last.in())
        && Objects.equals(hop.out(), last.out());
  }

  private static void end(
      Trail trail,
      int number,
      String addressField,
      String portField,
      @Nullable Packet now,
      List<String> words) {
    End end = End.of(trail, number, addressField, portField, now);
    if (end != null) {
      words.add(arrow(end.field(), end.from(), end.to()));
    }
  }

  /**
   * One end of a packet before and after NAT.
   *
   * @param field src or dst; sport or dport where the address is not known
   */
  record End(String field, String from, String to) {
    /** Of the changes at a hop; null where there is none of this end. */
    static @Nullable End of(
        Trail trail, int number, String addressField, String portField, @Nullable Packet now) {
      Trail.Change address = find(trail, number, addressField);
      Trail.Change port = find(trail, number, portField);
      if (address == null && port == null) {
        return null;
      }
      Object same = now == null ? null : addressField.equals("src") ? now.src() : now.dst();
      int samePort =
          now == null ? Packet.ABSENT : addressField.equals("src") ? now.sport() : now.dport();
      if (address == null && same == null && port != null) {
        return new End(portField, text(port.from()), text(port.to()));
      }
      return new End(
          addressField,
          joined(
              address == null ? same : address.from(),
              port == null ? (Object) samePort : port.from()),
          joined(
              address == null ? same : address.to(), port == null ? (Object) samePort : port.to()));
    }

    private static String joined(@Nullable Object address, Object port) {
      String text = text(address == null ? "?" : address);
      if (port.equals(Packet.ABSENT)) {
        return text;
      }
      return (text.indexOf(':') >= 0 ? "[" + text + "]" : text) + ":" + text(port);
    }
  }

  private static void other(Trail.Change change, @Nullable Hook hook, List<String> words) {
    switch (change.field()) {
      // With its end, or below its rule.
      case "src", "sport", "dst", "dport", "mark" -> {}
      case "tos" -> trafficClass(change, words);
      case "ttl", "hopLimit" -> {
        if (!isForwarding(change, hook)) {
          words.add(arrow(change.field(), change.from(), change.to()));
        }
      }
      default -> words.add(arrow(SafeText.of(change.field()), change.from(), change.to()));
    }
  }

  /** One less, seen where the kernel has just forwarded it. */
  private static boolean isForwarding(Trail.Change change, @Nullable Hook hook) {
    return change.from() instanceof Number from
        && change.to() instanceof Number to
        && from.longValue() - to.longValue() == 1
        && hook != Hook.OUTPUT
        && hook != Hook.INPUT;
  }

  private static void trafficClass(Trail.Change change, List<String> words) {
    if (!(change.from() instanceof Number from) || !(change.to() instanceof Number to)) {
      words.add(arrow("tos", change.from(), change.to()));
      return;
    }
    int before = from.intValue();
    int after = to.intValue();
    if (before >>> ECN_BITS != after >>> ECN_BITS) {
      words.add(arrow("dscp", dscp(before >>> ECN_BITS), dscp(after >>> ECN_BITS)));
    }
    if ((before & ECN_MASK) != (after & ECN_MASK)) {
      words.add(arrow("ecn", ecn(before & ECN_MASK), ecn(after & ECN_MASK)));
    }
  }

  /** As nft names them; RFC 2474, 2597, 3246, 5865 and 8622. */
  private static String dscp(int value) {
    if ((value & 7) == 0) {
      return "cs" + (value >>> 3);
    }
    int group = value >>> 3;
    int precedence = value >>> 1 & 3;
    if ((value & 1) == 0 && group >= 1 && group <= 4 && precedence >= 1) {
      return "af" + group + precedence;
    }
    return switch (value) {
      case 1 -> "le";
      case 44 -> "va";
      case 46 -> "ef";
      default -> String.format("0x%02x", value);
    };
  }

  /** As nft names them; RFC 3168 section 5. */
  private static String ecn(int value) {
    return switch (value) {
      case 0 -> "not-ect";
      case 1 -> "ect1";
      case 2 -> "ect0";
      default -> "ce";
    };
  }

  /**
   * Another network namespace, or interfaces that became other ones: a bridge's port the bridge, a
   * tunnel what it goes by.
   */
  private static void interfaces(Trail trail, int number, List<String> words) {
    if (number < 2) {
      return;
    }
    Hop hop = trail.hops().get(number - 1);
    Hop last = trail.hops().get(number - 2);
    if (!Objects.equals(hop.netns(), last.netns())) {
      words.add(arrow("netns", netns(last), netns(hop)));
      if (hop.in() != null) {
        words.add("in " + SafeText.of(hop.in()));
      }
      return;
    }
    interfaces("in", before(trail, number, Hop::in), hop.in(), words);
    interfaces("out", before(trail, number, Hop::out), hop.out(), words);
  }

  private static void interfaces(
      String field, @Nullable String from, @Nullable String to, List<String> words) {
    if (from != null && to != null && !from.equals(to)) {
      words.add(arrow(field, from, to));
    }
  }

  private static String netns(Hop hop) {
    String name = hop.netns();
    return name == null ? "(without a name)" : name;
  }

  /** The name that was known last in the same namespace; not every hop of a base chain has it. */
  private static @Nullable String before(
      Trail trail, int number, Function<Hop, @Nullable String> field) {
    String netns = trail.hops().get(number - 1).netns();
    for (int i = number - 2; i >= 0; i--) {
      Hop hop = trail.hops().get(i);
      if (!Objects.equals(hop.netns(), netns)) {
        return null;
      }
      String name = field.apply(hop);
      if (name != null) {
        return name;
      }
    }
    return null;
  }

  private static String arrow(String field, Object from, Object to) {
    return field + " " + text(from) + " -> " + text(to);
  }

  private static String text(Object value) {
    return SafeText.of(value.toString());
  }
}
