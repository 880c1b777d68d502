package io.fwtrail.tracer.json;

import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes hops and trails as JSON Lines. What is not known is left out, never null. Characters
 * beyond printable ASCII are escaped, so that no name in a rule set can speak to a terminal.
 *
 * <p>Not for use by several threads.
 */
public final class JsonRecords {
  private static final byte[] TRAIL = JsonText.name("trail");
  private static final byte[] BEGIN = JsonText.name("begin");
  private static final byte[] END = JsonText.name("end");
  private static final byte[] VERDICT = JsonText.name("verdict");
  private static final byte[] COMPLETE = JsonText.name("complete");
  private static final byte[] WHY = JsonText.name("why");
  private static final byte[] ENDING = JsonText.name("ending");
  private static final byte[] KIND = JsonText.name("kind");
  private static final byte[] DETAIL = JsonText.name("detail");
  private static final byte[] DECIDED_BY = JsonText.name("decidedBy");
  private static final byte[] CHANGES = JsonText.name("changes");
  private static final byte[] HOP = JsonText.name("hop");
  private static final byte[] FIELD = JsonText.name("field");
  private static final byte[] FROM = JsonText.name("from");
  private static final byte[] TO = JsonText.name("to");
  private static final byte[] CONNECTION = JsonText.name("connection");
  private static final byte[] ID = JsonText.name("id");
  private static final byte[] ZONE = JsonText.name("zone");
  private static final byte[] DIRECTION = JsonText.name("direction");
  private static final byte[] STATE = JsonText.name("state");
  private static final byte[] STATUS = JsonText.name("status");
  private static final byte[] MARK = JsonText.name("mark");
  private static final byte[] ORIGINAL = JsonText.name("original");
  private static final byte[] REPLY = JsonText.name("reply");
  private static final byte[] SRC = JsonText.name("src");
  private static final byte[] DST = JsonText.name("dst");
  private static final byte[] PROTOCOL = JsonText.name("protocol");
  private static final byte[] SPORT = JsonText.name("sport");
  private static final byte[] DPORT = JsonText.name("dport");
  private static final byte[] ICMP_ID = JsonText.name("icmpId");
  private static final byte[] HINTS = JsonText.name("hints");
  private static final byte[] HOPS = JsonText.name("hops");
  private static final byte[] LOST = JsonText.name("lost");
  private static final byte[] WHAT = JsonText.name("what");
  private static final byte[] CAUSE = JsonText.name("cause");
  private static final byte[] TIME = JsonText.name("time");

  private final ByteBuilder out;
  private final JsonText json;
  private final HopWriter hops;
  private final TimeText time = new TimeText();

  /** Writes at the end of {@code out}, which is the caller's to empty between two records. */
  public JsonRecords(ByteBuilder out) {
    this.out = out;
    this.json = new JsonText(out);
    this.hops = new HopWriter(out);
  }

  /** Writes one hop as a line. */
  public void line(Hop hop) {
    hops.write(hop);
    out.append((byte) '\n');
  }

  /** Writes one trail as a line, its hops in it. */
  public void line(Trail trail) {
    json.begin((byte) '{').member(TRAIL, trail.number());
    time(BEGIN, trail.begin());
    time(END, trail.end());
    if (trail.verdict() != null) {
      json.member(VERDICT, trail.verdict().keyword());
    }
    json.member(COMPLETE, trail.complete());
    optional(WHY, trail.why());
    ending(trail.ending());
    Hop decider = trail.decidedBy();
    if (decider != null) {
      json.member(DECIDED_BY);
      hops.writeDecision(decider);
    }
    hops.writePacket(trail.number(), trail.packet());
    changes(trail.changes());
    connection(trail.connection());
    if (!trail.hints().isEmpty()) {
      json.member(HINTS, trail.hints());
    }
    json.member(HOPS).begin((byte) '[');
    for (int i = 0; i < trail.hops().size(); i++) {
      if (i > 0) {
        out.append((byte) ',');
      }
      hops.write(trail.hops().get(i));
    }
    json.end((byte) ']').end((byte) '}');
    out.append((byte) '\n');
  }

  /** What is missing at a place, as a line; on any thread. */
  public static String lineOf(Loss loss) {
    ByteBuilder line = new ByteBuilder(128);
    JsonText json = new JsonText(line);
    json.begin((byte) '{')
        .member(LOST, loss.count())
        .member(WHAT, loss.cause().noun() + (loss.count() == 1 ? "" : "s"))
        .member(CAUSE, loss.cause().keyword())
        .member(TIME);
    new TimeText().quoted(line, loss.time());
    json.end((byte) '}');
    line.append((byte) '\n');
    return line.toString();
  }

  private void time(byte[] name, long nanos) {
    json.member(name);
    time.quoted(out, nanos);
  }

  private void ending(@Nullable Ending ending) {
    if (ending != null) {
      json.member(ENDING).begin((byte) '{').member(KIND, ending.kind().keyword());
      optional(DETAIL, ending.detail());
      json.end((byte) '}');
    }
  }

  private void changes(List<Trail.Change> changes) {
    json.member(CHANGES).begin((byte) '[');
    for (int i = 0; i < changes.size(); i++) {
      Trail.Change change = changes.get(i);
      if (i > 0) {
        out.append((byte) ',');
      }
      json.begin((byte) '{').member(HOP, change.hop()).member(FIELD, change.field());
      value(FROM, change.from());
      value(TO, change.to());
      json.end((byte) '}');
    }
    json.end((byte) ']');
  }

  private void value(byte[] name, Object value) {
    if (value instanceof Number number) {
      json.member(name, number.longValue());
    } else {
      json.member(name, value.toString());
    }
  }

  private void connection(@Nullable Connection connection) {
    if (connection == null) {
      return;
    }
    json.member(CONNECTION).begin((byte) '{').member(ID, connection.id());
    if (connection.zone() != 0) {
      json.member(ZONE, connection.zone());
    }
    optional(DIRECTION, connection.direction());
    optional(STATE, connection.state());
    json.member(STATUS, connection.status());
    if (connection.mark() != 0) {
      json.member(MARK, connection.mark());
    }
    tuple(ORIGINAL, connection.original());
    tuple(REPLY, connection.reply());
    json.end((byte) '}');
  }

  private void tuple(byte[] name, Connection.Tuple tuple) {
    json.member(name).begin((byte) '{');
    json.member(SRC, tuple.src()).member(DST, tuple.dst()).member(PROTOCOL, tuple.protocol());
    PacketWriter.optional(json, SPORT, tuple.sport());
    PacketWriter.optional(json, DPORT, tuple.dport());
    PacketWriter.optional(json, ICMP_ID, tuple.icmpId());
    json.end((byte) '}');
  }

  private void optional(byte[] name, @Nullable String value) {
    if (value != null) {
      json.member(name, value);
    }
  }
}
