package io.fwtrail.tracer.json;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.trail.Trail;
import java.io.Closeable;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.SerializableString;
import tools.jackson.core.io.CharacterEscapes;
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
    json.writeNumberProperty("trail", trail.number());
    json.writeStringProperty("begin", time.of(trail.begin()));
    json.writeStringProperty("end", time.of(trail.end()));
    if (trail.verdict() != null) {
      json.writeStringProperty("verdict", trail.verdict().keyword());
    }
    json.writeBooleanProperty("complete", trail.complete());
    optional("why", trail.why());
    Hop decider = trail.decidedBy();
    if (decider != null) {
      json.writeObjectPropertyStart("decidedBy");
      place(decider.family(), decider.table(), decider.chain());
      json.writeStringProperty("kind", decider.kind().keyword());
      rule(decider.rule());
      json.writeEndObject();
    }
    packet(trail.packet());
    json.writeArrayPropertyStart("changes");
    for (Trail.Change change : trail.changes()) {
      json.writeStartObject();
      json.writeNumberProperty("hop", change.hop());
      json.writeStringProperty("field", change.field());
      value("from", change.from());
      value("to", change.to());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayPropertyStart("hops");
    for (Hop hop : trail.hops()) {
      write(hop);
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeRaw('\n');
  }

  private void value(String name, Object value) {
    if (value instanceof Number number) {
      json.writeNumberProperty(name, number.longValue());
    } else {
      json.writeStringProperty(name, value.toString());
    }
  }

  private void write(Hop hop) {
    json.writeStartObject();
    json.writeStringProperty("time", time.of(hop.time()));
    json.writeStringProperty("clock", hop.clock().keyword());
    json.writeStringProperty("source", hop.source().keyword());
    json.writeNumberProperty("trail", hop.trail());
    place(hop.family(), hop.table(), hop.chain());
    if (hop.hook() != null) {
      json.writeStringProperty("hook", hop.hook().keyword());
    }
    json.writeStringProperty("kind", hop.kind().keyword());
    rule(hop.rule());
    if (hop.verdict() != null) {
      json.writeStringProperty("verdict", hop.verdict().keyword());
    }
    optional("target", hop.target());
    if (hop.verdictFrom() != null) {
      json.writeStringProperty("verdictFrom", hop.verdictFrom().keyword());
    }
    optional("in", hop.in());
    optional("out", hop.out());
    Hop.Surroundings around = hop.surroundings();
    if (around != null) {
      optional("physIn", around.physIn());
      optional("physOut", around.physOut());
    }
    link(hop.packet());
    if (around != null) {
      optional("uid", around.uid());
      optional("gid", around.gid());
      optional("host", around.host());
    }
    if (hop.mark() != 0) {
      json.writeNumberProperty("mark", hop.mark());
    }
    conntrack(hop.conntrack());
    packet(hop.packet());
    json.writeEndObject();
  }

  private void place(NfFamily family, String table, String chain) {
    json.writeStringProperty("family", family.keyword());
    json.writeStringProperty("table", table);
    json.writeStringProperty("chain", chain);
  }

  private void rule(@Nullable Rule rule) {
    if (rule == null) {
      return;
    }
    json.writeObjectPropertyStart("rule");
    if (rule.number() > 0) {
      json.writeNumberProperty("number", rule.number());
    }
    if (rule.handle() != 0) {
      json.writeNumberProperty("handle", rule.handle());
    }
    optional("text", rule.text());
    optional("comment", rule.comment());
    json.writeEndObject();
  }

  private void link(@Nullable Packet packet) {
    Packet.LinkLayer link = packet == null ? null : packet.link();
    if (link == null) {
      return;
    }
    if (link.macSrc() >= 0) {
      json.writeStringProperty("macSrc", Packet.LinkLayer.macText(link.macSrc()));
      json.writeStringProperty("macDst", Packet.LinkLayer.macText(link.macDst()));
    }
    optional("etherType", link.etherType());
    optional("vlan", link.vlan());
  }

  private void conntrack(@Nullable Conntrack conntrack) {
    if (conntrack == null) {
      return;
    }
    json.writeObjectPropertyStart("ct");
    if (conntrack.id() != 0) {
      json.writeNumberProperty("id", conntrack.id());
    }
    optional("direction", conntrack.direction());
    optional("state", conntrack.state());
    json.writeEndObject();
  }

  private void packet(@Nullable Packet packet) {
    if (packet == null) {
      return;
    }
    json.writeObjectPropertyStart("packet");
    optional("version", packet.version());
    address("src", packet.src());
    address("dst", packet.dst());
    optional("protocol", packet.protocol());
    optional("operation", packet.arpOperation());
    optional("length", packet.length());
    optional("tos", packet.tos());
    if (packet.version() == 6) {
      optional("hopLimit", packet.ttl());
      optional("flowLabel", packet.flowLabel());
    } else {
      optional("ttl", packet.ttl());
      optional("id", packet.id());
      if (packet.version() == 4) {
        json.writeBooleanProperty("df", packet.dontFragment());
      }
    }
    Packet.Fragment fragment = packet.fragment();
    if (fragment != null) {
      json.writeObjectPropertyStart("fragment");
      optional("offset", fragment.offset());
      if (fragment.offset() != Packet.ABSENT) {
        json.writeBooleanProperty("more", fragment.more());
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
      json.writeNumberProperty("seq", tcp.seq());
      json.writeNumberProperty("ack", tcp.ack());
      json.writeNumberProperty("window", tcp.window());
      json.writeArrayPropertyStart("flags");
      for (String flag : tcp.flags()) {
        json.writeString(flag);
      }
      json.writeEndArray();
    }
    Packet.Icmp icmp = packet.icmp();
    if (icmp != null) {
      json.writeNumberProperty("icmpType", icmp.type());
      json.writeNumberProperty("icmpCode", icmp.code());
      optional("icmpId", icmp.id());
      optional("icmpSeq", icmp.seq());
    }
  }

  private void address(String name, @Nullable IpAddress address) {
    if (address != null) {
      json.writeStringProperty(name, address.toString());
    }
  }

  private void optional(String name, long value) {
    if (value != Packet.ABSENT) {
      json.writeNumberProperty(name, value);
    }
  }

  private void optional(String name, @Nullable String value) {
    if (value != null) {
      json.writeStringProperty(name, value);
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
