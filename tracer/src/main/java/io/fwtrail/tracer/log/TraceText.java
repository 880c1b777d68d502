package io.fwtrail.tracer.log;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Packet;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text of a trace, from behind {@code TRACE: } on: what was met, the interfaces, and the
 * packet ({@link PacketText}). Not for use by several threads.
 *
 * <pre>
 * filter:INPUT:rule:6 IN=eth0 OUT= MAC=… SRC=… DST=… LEN=40 …
 * </pre>
 *
 * <p>All packets meet the same rules on the same ways, and the lines of one packet mostly say the
 * very same of it: what was read lately is not read again.
 */
final class TraceText {
  private static final byte[] IN = Ascii.bytes(" IN=");
  private static final byte[] OUT = Ascii.bytes(" OUT=");

  /** Rules and ways that most logs are of. */
  private static final int KEPT_PLACES = 1_024;

  /** More packets than are under way at once on any machine that was seen. */
  private static final int KEPT_PACKETS = 256;

  private final Names names;
  private final PacketText packetText = new PacketText();
  private final SeenTexts<Met> places = new SeenTexts<>(KEPT_PLACES);
  private final SeenTexts<Told> packets = new SeenTexts<>(KEPT_PACKETS);

  /** What {@code filter:FORWARD:rule:2 IN=lan0 OUT=wan0} means. */
  private record Met(LegacyRule rule, @Nullable String in, @Nullable String out) {
    void fill(LogEvent event) {
      rule.fill(event);
      event.in = in;
      event.out = out;
    }
  }

  /** What the rest of a line means. */
  private record Told(
      NfFamily family,
      @Nullable Packet packet,
      @Nullable String physIn,
      @Nullable String physOut,
      long mark,
      long uid,
      long gid) {
    static Told of(LogEvent event) {
      return new Told(
          event.family,
          event.packet,
          event.physIn,
          event.physOut,
          event.mark,
          event.uid,
          event.gid);
    }

    void fill(LogEvent event) {
      event.family = family;
      event.packet = packet;
      event.physIn = physIn;
      event.physOut = physOut;
      event.mark = mark;
      event.uid = uid;
      event.gid = gid;
    }
  }

  /** Makes one that has names as Strings from {@code names}. */
  TraceText(Names names) {
    this.names = names;
  }

  /**
   * Reads one.
   *
   * @param start behind "TRACE: "
   * @return whether it was understood
   */
  boolean parse(byte[] b, int start, int end, LogEvent event) {
    int placeEnd = placeEnd(b, start, end);
    Met met = placeEnd < 0 ? null : places.get(b, start, placeEnd);
    if (met != null) {
      met.fill(event);
      return parsePacket(b, placeEnd, end, event);
    }
    int last = Math.min(end - IN.length, start + LegacyRule.PREFIX_LIMIT);
    for (int i = start; i <= last; i++) {
      // The name of a chain may have these letters, too.
      LegacyRule rule = Ascii.holds(b, i, end, IN) ? LegacyRule.read(b, start, i, names) : null;
      if (rule != null) {
        rule.fill(event);
        int rest = readInterfaces(b, i + 1, end, event);
        if (rest < 0) {
          return packetText.parse(b, i + 1, end, false, event, names);
        }
        if (rest == placeEnd) {
          places.keep(b, start, rest, new Met(rule, event.in, event.out));
        }
        return parsePacket(b, rest, end, event);
      }
    }
    return false;
  }

  private boolean parsePacket(byte[] b, int start, int end, LogEvent event) {
    Told told = packets.get(b, start, end);
    if (told != null) {
      told.fill(event);
      return true;
    }
    if (!packetText.parse(b, start, end, true, event, names)) {
      return false;
    }
    packets.keep(b, start, end, Told.of(event));
    return true;
  }

  /** Where {@code OUT=wan0} ends, as far as can be told at a glance; or -1. */
  private static int placeEnd(byte[] b, int start, int end) {
    int last = Math.min(end - OUT.length, start + LegacyRule.PREFIX_LIMIT);
    for (int i = start; i < last; i++) {
      if (b[i] == ' ' && b[i + 1] == 'O' && Ascii.holds(b, i, end, OUT)) {
        return Ascii.indexOf(b, ' ', i + OUT.length, end);
      }
    }
    return -1;
  }

  /**
   * Reads {@code IN=lan0 OUT=wan0 }, which the kernel writes first.
   *
   * @return where the rest begins; -1 where something else is written
   */
  private int readInterfaces(byte[] b, int start, int end, LogEvent event) {
    int inEnd = Ascii.indexOf(b, ' ', start, end);
    if (inEnd < 0 || !Ascii.holds(b, inEnd, end, OUT)) {
      return -1;
    }
    int out = inEnd + OUT.length;
    int outEnd = Ascii.indexOf(b, ' ', out, end);
    if (outEnd < 0) {
      return -1;
    }
    event.in = names.orNull(b, start + IN.length - 1, inEnd);
    event.out = names.orNull(b, out, outEnd);
    return outEnd;
  }
}
