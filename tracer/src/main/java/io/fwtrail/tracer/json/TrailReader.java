package io.fwtrail.tracer.json;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads trails as {@link JsonRecords} writes them, one a line. Fields that it does not know are
 * passed over, and so are empty lines and records of what was lost; what else is no trail is an
 * error with the line's number.
 *
 * <p>Not for use by several threads.
 */
public final class TrailReader implements Closeable {
  /** A trail of 4,096 hops, the most that is kept, is half of it with rules of usual length. */
  private static final int MOST_BYTES = 8 * 1024 * 1024;

  /** As many hops have some 400,000; more would fill the memory with what is not looked at. */
  private static final long MOST_TOKENS = 600_000;

  /** The records are five deep. */
  private static final int DEEPEST = 20;

  private static final long NANOS = 1_000_000_000L;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEEPEST)
                          .maxTokenCount(MOST_TOKENS)
                          .build())
                  .build())
          .build();

  private final InputStream in;
  private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(16 * 1024);
  private long line;

  /** Reads from {@code in}, which it closes in the end. */
  public TrailReader(InputStream in) {
    this.in = new BufferedInputStream(in, 64 * 1024);
  }

  /**
   * The next trail; null after the last.
   *
   * @throws NotATrailException where the line is none; the one after it can be read all the same
   */
  public @Nullable Trail next() throws IOException {
    while (readLine()) {
      byte[] bytes = buffer.toByteArray();
      JsonNode node = isBlank(bytes) ? null : object(bytes);
      if (node != null && !node.has("lost")) {
        return parse(node);
      }
    }
    return null;
  }

  private boolean readLine() throws IOException {
    buffer.reset();
    int b = in.read();
    if (b < 0) {
      return false;
    }
    line++;
    boolean tooLong = false;
    for (; b >= 0 && b != '\n'; b = in.read()) {
      if (buffer.size() < MOST_BYTES) {
        buffer.write(b);
      } else {
        tooLong = true;
      }
    }
    if (tooLong) {
      throw new NotATrailException(line, "it is longer than any trail");
    }
    return true;
  }

  private static boolean isBlank(byte[] bytes) {
    for (byte b : bytes) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }

  private JsonNode object(byte[] bytes) throws NotATrailException {
    JsonNode node;
    try {
      node = MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      throw new NotATrailException(line, "it is not JSON, or cut");
    }
    if (!node.isObject()) {
      throw new NotATrailException(line, "it is JSON, but no trail");
    }
    return node;
  }

  private Trail parse(JsonNode node) throws NotATrailException {
    if (!node.has("hops")) {
      boolean hop = node.has("chain") && node.has("trail");
      throw new NotATrailException(
          line,
          hop
              ? "it is a hop, and no trail ('--output json' writes trails)"
              : "it is JSON, but no trail: it has no hops");
    }
    try {
      return trail(node);
    } catch (IllegalArgumentException e) {
      throw new NotATrailException(line, String.valueOf(e.getMessage()));
    }
  }

  private static Trail trail(JsonNode node) {
    List<Hop> hops = new ArrayList<>();
    for (JsonNode hop : array(node, "hops")) {
      hops.add(hop(hop));
    }
    List<Trail.Change> changes = new ArrayList<>();
    for (JsonNode change : array(node, "changes")) {
      changes.add(change(change, hops.size()));
    }
    List<String> hints = new ArrayList<>();
    for (JsonNode hint : array(node, "hints")) {
      hints.add(element(hint, "hints"));
    }
    String why = text(node, "why");
    if (why == null && !isTrue(node, "complete", true)) {
      why = "no reason given";
    }
    return new Trail(
        number(node, "trail", 0),
        time(node, "begin"),
        time(node, "end"),
        word(node, "verdict", Verdict.values(), Verdict::keyword),
        why,
        decidedBy(node.get("decidedBy"), hops),
        packet(node.get("packet"), null),
        List.copyOf(changes),
        List.copyOf(hops),
        ending(node.get("ending")),
        connection(node.get("connection")),
        List.copyOf(hints));
  }

  private static Trail.Change change(JsonNode node, int hops) {
    int hop = integer(node, "hop", 0);
    if (hop < 1 || hop > hops) {
      throw new IllegalArgumentException("a change is at hop " + hop + " of " + hops);
    }
    return new Trail.Change(
        hop, required(node, "field"), changed(node, "from"), changed(node, "to"));
  }

  private static Object changed(JsonNode node, String name) {
    JsonNode value = node.path(name);
    if (value.isIntegralNumber() && value.canConvertToLong()) {
      return value.longValue();
    }
    return required(node, name);
  }

  /** The last hop at the place that the record names: a rule decides where it is met last. */
  private static @Nullable Hop decidedBy(@Nullable JsonNode node, List<Hop> hops) {
    if (node == null) {
      return null;
    }
    NfFamily family = family(node);
    Hop.Kind kind = kind(node);
    Rule rule = rule(node.get("rule"));
    for (int i = hops.size() - 1; i >= 0; i--) {
      Hop hop = hops.get(i);
      if (hop.family() == family
          && hop.kind() == kind
          && hop.table().equals(text(node, "table"))
          && hop.chain().equals(text(node, "chain"))
          && Objects.equals(hop.rule(), rule)) {
        return hop;
      }
    }
    return null;
  }

  private static Hop hop(JsonNode node) {
    Hop.VerdictFrom from =
        word(node, "verdictFrom", Hop.VerdictFrom.values(), Hop.VerdictFrom::keyword);
    return new Hop(
        time(node, "time"),
        orElse(word(node, "clock", Hop.Clock.values(), Hop.Clock::keyword), Hop.Clock.RECEIVE),
        orElse(word(node, "source", Hop.Source.values(), Hop.Source::keyword), Hop.Source.NFTRACE),
        number(node, "trail", 0),
        family(node),
        required(node, "table"),
        required(node, "chain"),
        word(node, "hook", Hook.values(), Hook::keyword),
        kind(node),
        rule(node.get("rule")),
        word(node, "verdict", Verdict.values(), Verdict::keyword),
        text(node, "target"),
        from,
        text(node, "in"),
        text(node, "out"),
        number(node, "mark", 0),
        conntrack(node.get("ct")),
        Hop.Surroundings.of(
            text(node, "physIn"),
            text(node, "physOut"),
            number(node, "uid", Packet.ABSENT),
            number(node, "gid", Packet.ABSENT),
            text(node, "netns"),
            text(node, "host")),
        packet(node.get("packet"), link(node)));
  }

  private static <T> T orElse(@Nullable T value, T other) {
    return value == null ? other : value;
  }

  private static NfFamily family(JsonNode node) {
    NfFamily family = word(node, "family", NfFamily.values(), NfFamily::keyword);
    if (family == null) {
      throw new IllegalArgumentException("a hop has no family");
    }
    return family;
  }

  private static Hop.Kind kind(JsonNode node) {
    Hop.Kind kind = word(node, "kind", Hop.Kind.values(), Hop.Kind::keyword);
    if (kind == null) {
      throw new IllegalArgumentException("a hop has no kind");
    }
    return kind;
  }

  private static @Nullable Rule rule(@Nullable JsonNode node) {
    if (node == null) {
      return null;
    }
    String file = text(node, "file");
    return new Rule(
        integer(node, "number", 0),
        number(node, "handle", 0),
        text(node, "text"),
        text(node, "comment"),
        file == null ? null : new Rule.Origin(file, integer(node, "line", 0)));
  }

  private static @Nullable Conntrack conntrack(@Nullable JsonNode node) {
    return node == null
        ? null
        : new Conntrack(number(node, "id", 0), text(node, "direction"), text(node, "state"));
  }

  private static Packet.@Nullable LinkLayer link(JsonNode node) {
    long macSrc = mac(node, "macSrc");
    int etherType = integer(node, "etherType", Packet.ABSENT);
    int vlan = integer(node, "vlan", Packet.ABSENT);
    return macSrc < 0 && etherType < 0 && vlan < 0
        ? null
        : new Packet.LinkLayer(macSrc, mac(node, "macDst"), etherType, vlan);
  }

  private static long mac(JsonNode node, String name) {
    String text = text(node, name);
    if (text == null) {
      return Packet.ABSENT;
    }
    if (!text.matches("[0-9a-f]{2}(:[0-9a-f]{2}){5}")) {
      throw new IllegalArgumentException(name + " is no hardware address");
    }
    return Long.parseLong(text.replace(":", ""), 16);
  }

  private static @Nullable Packet packet(@Nullable JsonNode node, Packet.@Nullable LinkLayer link) {
    if (node == null) {
      return null;
    }
    int version = integer(node, "version", Packet.ABSENT);
    return new Packet(
        version,
        AddressText.of(text(node, "src")),
        AddressText.of(text(node, "dst")),
        text(node, "protocol"),
        integer(node, "length", Packet.ABSENT),
        integer(node, "tos", Packet.ABSENT),
        integer(node, version == 6 ? "hopLimit" : "ttl", Packet.ABSENT),
        integer(node, "id", Packet.ABSENT),
        isTrue(node, "df", false),
        fragment(node.get("fragment")),
        integer(node, "flowLabel", Packet.ABSENT),
        integer(node, "sport", Packet.ABSENT),
        integer(node, "dport", Packet.ABSENT),
        tcp(node),
        icmp(node),
        text(node, "operation"),
        link);
  }

  private static Packet.@Nullable Fragment fragment(@Nullable JsonNode node) {
    return node == null
        ? null
        : new Packet.Fragment(integer(node, "offset", Packet.ABSENT), isTrue(node, "more", false));
  }

  private static Packet.@Nullable Tcp tcp(JsonNode node) {
    if (!node.has("flags")) {
      return null;
    }
    int bits = 0;
    for (JsonNode flag : array(node, "flags")) {
      bits |= Packet.Tcp.flagBit(element(flag, "flags"));
    }
    return new Packet.Tcp(
        number(node, "seq", 0), number(node, "ack", 0), integer(node, "window", 0), bits);
  }

  private static Packet.@Nullable Icmp icmp(JsonNode node) {
    return node.has("icmpType")
        ? new Packet.Icmp(
            integer(node, "icmpType", 0),
            integer(node, "icmpCode", 0),
            integer(node, "icmpId", Packet.ABSENT),
            integer(node, "icmpSeq", Packet.ABSENT))
        : null;
  }

  private static @Nullable Ending ending(@Nullable JsonNode node) {
    if (node == null) {
      return null;
    }
    Ending.Kind kind = word(node, "kind", Ending.Kind.values(), Ending.Kind::keyword);
    return kind == null ? null : new Ending(kind, text(node, "detail"));
  }

  private static @Nullable Connection connection(@Nullable JsonNode node) {
    if (node == null) {
      return null;
    }
    List<String> status = new ArrayList<>();
    for (JsonNode word : array(node, "status")) {
      status.add(element(word, "status"));
    }
    return new Connection(
        number(node, "id", 0),
        integer(node, "zone", 0),
        tuple(node.path("original")),
        tuple(node.path("reply")),
        status,
        number(node, "mark", 0),
        text(node, "direction"),
        text(node, "state"));
  }

  private static Connection.Tuple tuple(JsonNode node) {
    return new Connection.Tuple(
        AddressText.required(text(node, "src")),
        AddressText.required(text(node, "dst")),
        required(node, "protocol"),
        integer(node, "sport", Packet.ABSENT),
        integer(node, "dport", Packet.ABSENT),
        integer(node, "icmpId", Packet.ABSENT));
  }

  private static long time(JsonNode node, String name) {
    String text = required(node, name);
    try {
      Instant time = Instant.parse(text);
      return Math.addExact(Math.multiplyExact(time.getEpochSecond(), NANOS), time.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw new IllegalArgumentException(name + " is no time", e);
    }
  }

  private static <T> @Nullable T word(
      JsonNode node, String name, T[] values, java.util.function.Function<T, String> keyword) {
    String text = text(node, name);
    if (text == null) {
      return null;
    }
    for (T value : values) {
      if (keyword.apply(value).equals(text)) {
        return value;
      }
    }
    throw new IllegalArgumentException("'" + text + "' is no " + name + " that is known");
  }

  private static JsonNode array(JsonNode node, String name) {
    JsonNode array = node.path(name);
    if (!array.isMissingNode() && !array.isArray()) {
      throw new IllegalArgumentException(name + " is no list");
    }
    return array;
  }

  private static String required(JsonNode node, String name) {
    String text = text(node, name);
    if (text == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return text;
  }

  private static @Nullable String text(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null) {
      return null;
    }
    if (!value.isString()) {
      throw new IllegalArgumentException(name + " is no text");
    }
    return value.stringValue();
  }

  /** A text in a list. */
  private static String element(JsonNode value, String list) {
    if (!value.isString()) {
      throw new IllegalArgumentException("what is in " + list + " is no text");
    }
    return value.stringValue();
  }

  private static boolean isTrue(JsonNode node, String name, boolean absent) {
    JsonNode value = node.get(name);
    if (value == null) {
      return absent;
    }
    if (!value.isBoolean()) {
      throw new IllegalArgumentException(name + " is neither true nor false");
    }
    return value.booleanValue();
  }

  private static int integer(JsonNode node, String name, int absent) {
    long value = number(node, name, absent);
    if (value < Integer.MIN_VALUE || value > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(name + " is too large");
    }
    return (int) value;
  }

  private static long number(JsonNode node, String name, long absent) {
    JsonNode value = node.get(name);
    if (value == null) {
      return absent;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
      throw new IllegalArgumentException(name + " is no number from 0 up");
    }
    return value.longValue();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
