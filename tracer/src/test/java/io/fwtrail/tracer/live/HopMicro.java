package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.json.ByteBuilder;
import io.fwtrail.tracer.json.JsonRecords;
import io.fwtrail.tracer.mark.OwnTables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A trace message on its way, step by step. The packets have six messages each; {@code openTrails}
 * of them are under way at once, and each gets a message in turn.
 */
@State(Scope.Thread)
public class HopMicro {
  private static final int ID = 0x7a7b7c7d;

  /** Packets under way at once. */
  @Param({"1", "1000", "16384"})
  public int openTrails;

  private final MessageCursor cursor = new MessageCursor();
  private final TraceMessage message = new TraceMessage();
  private final Sighting sighting = new Sighting();
  private final TraceDecoder decoder = new TraceDecoder(Interfaces.NONE, OwnTables.NONE, null);
  private final ByteBuilder written = new ByteBuilder(4096);
  private final JsonRecords records = new JsonRecords(written);
  private final List<ByteBuf> messages = new ArrayList<>();
  private final List<Integer> idPlaces = new ArrayList<>();
  private TrailAssembler assembler;
  private Hop hop;
  private long trails;
  private int step;
  private int packet;

  /** Makes messages, and a hop to format. */
  @Setup
  public void prepare() {
    TrailListener listener =
        new TrailListener() {
          @Override
          public void hop(Hop seen) {
            hop = seen;
          }

          @Override
          public void trail(Trail trail) {
            trails++;
          }
        };
    assembler =
        new TrailAssembler(
            listener,
            new TrailAssembler.Limits(openTrails + 1, 100, 2_000_000L, 50_000_000L, 5_000_000_000L),
            false);
    add(TraceMessageBuilder.rule(1, NfTables.VERDICT_JUMP, "called").chain("base").first());
    for (int handle = 2; handle < 6; handle++) {
      add(TraceMessageBuilder.rule(handle, NfTables.VERDICT_CONTINUE).chain("called"));
    }
    add(TraceMessageBuilder.rule(6, NfTables.VERDICT_DROP).chain("called"));
    for (int i = 0; i < messages.size() * openTrails; i++) {
      assemble();
    }
    if (trails != openTrails) {
      throw new IllegalStateException(openTrails + " packets made " + trails + " trails");
    }
  }

  private void add(TraceMessageBuilder builder) {
    ByteBuf bytes = Unpooled.directBuffer();
    bytes.writeBytes(builder.id(ID).build());
    int place = 0;
    while (bytes.getInt(place) != ID) {
      place++;
    }
    messages.add(bytes);
    idPlaces.add(place);
  }

  /** Reads the attributes of a message. */
  @Benchmark
  public long decode() {
    next();
    message.decode(cursor);
    return message.id();
  }

  private void next() {
    ByteBuf bytes = messages.get(step);
    bytes.setInt(idPlaces.get(step), packet + 1);
    if (++packet == openTrails) {
      packet = 0;
      step = step + 1 == messages.size() ? 0 : step + 1;
    }
    cursor.reset(bytes, 0, bytes.readableBytes());
    boolean unused = cursor.next();
  }

  /** Reads a message of which much is known, finds the packet's trail and adds a hop to it. */
  @Benchmark
  public Hop assemble() {
    next();
    decoder.decode(message, cursor);
    decoder.fill(sighting, message, RuleSet.EMPTY, TracedNamespace.HOME, 1);
    assembler.see(sighting, 1);
    return hop;
  }

  /** Writes a hop as JSON. */
  @Benchmark
  public int formatJson() {
    written.clear();
    records.line(hop);
    return written.size();
  }
}
