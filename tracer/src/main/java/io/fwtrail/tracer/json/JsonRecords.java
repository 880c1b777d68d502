package io.fwtrail.tracer.json;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;
import java.io.Closeable;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.SerializableString;
import tools.jackson.core.io.CharacterEscapes;
import tools.jackson.core.io.SerializedString;
import tools.jackson.core.json.JsonFactory;

/**
 * Writes hops and trails as JSON Lines. What is not known is left out, never null. Characters
 * beyond printable ASCII are escaped, so that no name in a rule set can speak to a terminal.
 *
 * <p>Not for use by several threads. What is written reaches the stream by {@link #flush}.
 */
public final class JsonRecords implements Closeable {
  /** Beyond it come the C1 controls, and letters that some terminals misread. */
  private static final int HIGHEST_UNESCAPED = 126;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .highestNonEscapedChar(HIGHEST_UNESCAPED)
          .characterEscapes(new EscapedDelete())
          .rootValueSeparator("")
          .build();

  /** JSON lets DEL stand, and the limit above does not reach below 128. */
  private static final class EscapedDelete extends CharacterEscapes {
    private static final long serialVersionUID = 1L;
    private static final int DELETE = 0x7f;

    private static final int[] ASCII = standardAsciiEscapesForJSON();

    static {
      ASCII[DELETE] = ESCAPE_STANDARD;
    }

    @Override
    public int[] getEscapeCodesForAscii() {
      return ASCII;
    }

    @Override
    public @Nullable SerializableString getEscapeSequence(int character) {
      return null;
    }
  }

  /** More than most rule sets have rules. */
  private static final int MOST_ENCODED = 16_384;

  private final Map<String, SerializableString> encoded = new HashMap<>();
  private final JsonGenerator json;
  private final TimeText time = new TimeText();

  /** Writes to {@code out}, which it closes in the end. */
  public JsonRecords(OutputStream out) {
    json = FACTORY.createGenerator(ObjectWriteContext.empty(), out);
  }

  /** Writes one hop as a line. */
  public void line(Hop hop) {
    write(hop);
    json.writeRaw('\n');
  }

  /** Writes one trail as a line, its hops in it. */
  public void line(Trail trail) {
    json.writeStartObject();
    number("trail", trail.number());
    text("begin", time.of(trail.begin()));
    text("end", time.of(trail.end()));
    if (trail.verdict() != null) {
      recurring("verdict", trail.verdict().keyword());
    }
    name("complete");
    json.writeBoolean(trail.complete());
    optional("why", trail.why());
    ending(trail.ending());
    Hop decider = trail.decidedBy();
    if (decider != null) {
      name("decidedBy");
      json.writeStartObject();
      place(decider.family(), decider.table(), decider.chain());
      recurring("kind", decider.kind().keyword());
      rule(decider.rule());
      json.writeEndObject();
    }
    packet(trail.packet());
    name("changes");
    json.writeStartArray();
    for (Trail.Change change : trail.changes()) {
      json.writeStartObject();
      number("hop", change.hop());
      text("field", change.field());
      value("from", change.from());
      value("to", change.to());
      json.writeEndObject();
    }
    json.writeEndArray();
    connection(trail.connection());
    if (!trail.hints().isEmpty()) {
      texts("hints", trail.hints());
    }
    name("hops");
    json.writeStartArray();
    for (Hop hop : trail.hops()) {
      write(hop);
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeRaw('\n');
  }

  /** Writes as a line that something is missing here. */
  public void line(Loss loss) {
    json.writeStartObject();
    number("lost", loss.count());
    recurring("what", loss.cause().noun() + (loss.count() == 1 ? "" : "s"));
    recurring("cause", loss.cause().keyword());
    text("time", time.of(loss.time()));
    json.writeEndObject();
    json.writeRaw('\n');
  }

  private void ending(@Nullable Ending ending) {
    if (ending != null) {
      name("ending");
      json.writeStartObject();
      recurring("kind", ending.kind().keyword());
      recurringIfAny("detail", ending.detail());
      json.writeEndObject();
    }
  }

  private void connection(@Nullable Connection connection) {
    if (connection == null) {
      return;
    }
    name("connection");
    json.writeStartObject();
    number("id", connection.id());
    if (connection.zone() != 0) {
      number("zone", connection.zone());
    }
    recurringIfAny("direction", connection.direction());
    recurringIfAny("state", connection.state());
    texts("status", connection.status());
    if (connection.mark() != 0) {
      number("mark", connection.mark());
    }
    tuple("original", connection.original());
    tuple("reply", connection.reply());
    json.writeEndObject();
  }

  private void tuple(String name, Connection.Tuple tuple) {
    name(name);
    json.writeStartObject();
    address("src", tuple.src());
    address("dst", tuple.dst());
    recurring("protocol", tuple.protocol());
    optional("sport", tuple.sport());
    optional("dport", tuple.dport());
    optional("icmpId", tuple.icmpId());
    json.writeEndObject();
  }

  private void texts(String name, List<String> values) {
    name(name);
    json.writeStartArray();
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  private void value(String name, Object value) {
    if (value instanceof Number number) {
      number(name, number.longValue());
    } else {
      text(name, value.toString());
    }
  }

  private void write(Hop hop) {
    json.writeStartObject();
    text("time", time.of(hop.time()));
    recurring("clock", hop.clock().keyword());
    recurring("source", hop.source().keyword());
    number("trail", hop.trail());
    place(hop.family(), hop.table(), hop.chain());
    if (hop.hook() != null) {
      recurring("hook", hop.hook().keyword());
    }
    recurring("kind", hop.kind().keyword());
    rule(hop.rule());
    if (hop.verdict() != null) {
      recurring("verdict", hop.verdict().keyword());
    }
    recurringIfAny("target", hop.target());
    if (hop.verdictFrom() != null) {
      recurring("verdictFrom", hop.verdictFrom().keyword());
    }
    recurringIfAny("in", hop.in());
    recurringIfAny("out", hop.out());
    Hop.Surroundings around = hop.surroundings();
    if (around != null) {
      recurringIfAny("physIn", around.physIn());
      recurringIfAny("physOut", around.physOut());
    }
    link(hop.packet());
    if (around != null) {
      optional("uid", around.uid());
      optional("gid", around.gid());
      recurringIfAny("netns", around.netns());
      recurringIfAny("host", around.host());
    }
    if (hop.mark() != 0) {
      number("mark", hop.mark());
    }
    conntrack(hop.conntrack());
    packet(hop.packet());
    json.writeEndObject();
  }

  private void place(NfFamily family, String table, String chain) {
    recurring("family", family.keyword());
    recurring("table", table);
    recurring("chain", chain);
  }

  private void rule(@Nullable Rule rule) {
    if (rule == null) {
      return;
    }
    name("rule");
    json.writeStartObject();
    if (rule.number() > 0) {
      number("number", rule.number());
    }
    if (rule.handle() != 0) {
      number("handle", rule.handle());
    }
    recurringIfAny("text", rule.text());
    recurringIfAny("comment", rule.comment());
    Rule.Origin origin = rule.origin();
    if (origin != null) {
      recurring("file", origin.file());
      number("line", origin.line());
    }
    json.writeEndObject();
  }

  private void link(@Nullable Packet packet) {
    Packet.LinkLayer link = packet == null ? null : packet.link();
    if (link == null) {
      return;
    }
    if (link.macSrc() >= 0) {
      text("macSrc", Packet.LinkLayer.macText(link.macSrc()));
      text("macDst", Packet.LinkLayer.macText(link.macDst()));
    }
    optional("etherType", link.etherType());
    optional("vlan", link.vlan());
  }

  private void conntrack(@Nullable Conntrack conntrack) {
    if (conntrack == null) {
      return;
    }
    name("ct");
    json.writeStartObject();
    if (conntrack.id() != 0) {
      number("id", conntrack.id());
    }
    recurringIfAny("direction", conntrack.direction());
    recurringIfAny("state", conntrack.state());
    json.writeEndObject();
  }

  private void packet(@Nullable Packet packet) {
    if (packet == null) {
      return;
    }
    name("packet");
    json.writeStartObject();
    optional("version", packet.version());
    address("src", packet.src());
    address("dst", packet.dst());
    recurringIfAny("protocol", packet.protocol());
    recurringIfAny("operation", packet.arpOperation());
    optional("length", packet.length());
    optional("tos", packet.tos());
    if (packet.version() == 6) {
      optional("hopLimit", packet.ttl());
      optional("flowLabel", packet.flowLabel());
    } else {
      optional("ttl", packet.ttl());
      optional("id", packet.id());
      if (packet.version() == 4) {
        name("df");
        json.writeBoolean(packet.dontFragment());
      }
    }
    Packet.Fragment fragment = packet.fragment();
    if (fragment != null) {
      name("fragment");
      json.writeStartObject();
      optional("offset", fragment.offset());
      if (fragment.offset() != Packet.ABSENT) {
        name("more");
        json.writeBoolean(fragment.more());
      }
      json.writeEndObject();
    }
    optional("sport", packet.sport());
    optional("dport", packet.dport());
    transport(packet);
    json.writeEndObject();
  }

  private void transport(Packet packet) {
    Packet.Tcp tcp = packet.tcp();
    if (tcp != null) {
      number("seq", tcp.seq());
      number("ack", tcp.ack());
      number("window", tcp.window());
      name("flags");
      json.writeStartArray();
      for (String flag : tcp.flags()) {
        json.writeString(encoded(flag));
      }
      json.writeEndArray();
    }
    Packet.Icmp icmp = packet.icmp();
    if (icmp != null) {
      number("icmpType", icmp.type());
      number("icmpCode", icmp.code());
      optional("icmpId", icmp.id());
      optional("icmpSeq", icmp.seq());
    }
  }

  private void address(String name, @Nullable IpAddress address) {
    if (address != null) {
      text(name, address.toString());
    }
  }

  private void name(String name) {
    json.writeName(encoded(name));
  }

  private void number(String name, long value) {
    name(name);
    json.writeNumber(value);
  }

  private void text(String name, String value) {
    name(name);
    json.writeString(value);
  }

  /**
   * A value of which there are few: a word of the record's own, a name or text of the rule set. It
   * is made bytes once, not in each record.
   */
  private void recurring(String name, String value) {
    name(name);
    if (isPrintableAscii(value)) {
      json.writeString(encoded(value));
    } else {
      // Only the generator knows of the escapes above.
      json.writeString(value);
    }
  }

  private static boolean isPrintableAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > HIGHEST_UNESCAPED) {
        return false;
      }
    }
    return true;
  }

  private void recurringIfAny(String name, @Nullable String value) {
    if (value != null) {
      recurring(name, value);
    }
  }

  private SerializableString encoded(String text) {
    SerializableString known = encoded.get(text);
    if (known == null) {
      if (encoded.size() >= MOST_ENCODED) {
        encoded.clear();
      }
      known = new SerializedString(text);
      encoded.put(text, known);
    }
    return known;
  }

  private void optional(String name, long value) {
    if (value != Packet.ABSENT) {
      number(name, value);
    }
  }

  private void optional(String name, @Nullable String value) {
    if (value != null) {
      text(name, value);
    }
  }

  /** Hands what was written to the stream. */
  public void flush() {
    json.flush();
  }

  @Override
  public void close() {
    json.close();
  }
}
