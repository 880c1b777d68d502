package io.fwtrail.tracer.live;

import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.json.ByteBuilder;
import io.fwtrail.tracer.json.JsonRecords;
import io.fwtrail.tracer.json.NotATrailException;
import io.fwtrail.tracer.json.TrailReader;
import io.fwtrail.tracer.mark.OwnTables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Trace messages, one behind the other, on their whole way: decoded, put together to trails, and
 * written. Each message that can be read is one hop at most, each hop is in one trail, and the
 * records are read as what they say.
 */
public final class TraceStreamFuzz implements FuzzTarget {
  private static final RuleSet RULES =
      ruleSet()
          .table(NfFamily.IP, "t")
          .base("pre", Hook.PREROUTING, 0)
          .rule(4, "tcp dport 22 \u001b[2J accept", Verdict.ACCEPT)
          .chain("user")
          .build();

  private static final long STEP_NANOS = 1_000_000;

  private final MessageCursor cursor = new MessageCursor();
  private final TraceMessage message = new TraceMessage();
  private final Sighting sighting = new Sighting();
  private final ByteBuilder out = new ByteBuilder(16 * 1024);
  private final JsonRecords records = new JsonRecords(out);
  private long hops;
  private long inTrails;

  @Override
  public List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (String name : Fixture.names()) {
      if (name.startsWith("trace/")) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] datagram : Fixture.read(name).datagrams()) {
          seeds.add(datagram);
          all.writeBytes(Arrays.copyOf(datagram, (datagram.length + 3) & ~3));
        }
        seeds.add(all.toByteArray());
      }
    }
    return seeds;
  }

  /** Each message is a hop, which is some hundreds of bytes as JSON, and the reader has 80 KiB. */
  @Override
  public Cost limit() {
    return new Cost(400, 4_000, 1_000);
  }

  private final TrailListener listener =
      new TrailListener() {
        @Override
        public void hop(Hop hop) {
          hops++;
        }

        @Override
        public void trail(Trail trail) {
          inTrails += trail.hops().size();
          check(trail);
        }
      };

  @Override
  public void run(byte[] input) {
    hops = 0;
    inTrails = 0;
    TraceDecoder decoder = new TraceDecoder(Interfaces.NONE, OwnTables.NONE);
    TrailAssembler assembler = new TrailAssembler(listener, TrailAssembler.Limits.DEFAULT, false);
    cursor.reset(Unpooled.wrappedBuffer(input), 0, input.length);
    int messages = 0;
    try {
      while (cursor.next()) {
        try {
          decoder.decode(message, cursor);
        } catch (MalformedMessageException e) {
          continue;
        }
        if (message.handle() < 0) {
          continue; // The kernel counts them from 1 up, and will not come so far.
        }
        messages++;
        decoder.fill(sighting, message, RULES, -1, messages);
        assembler.see(sighting, messages * STEP_NANOS);
      }
    } catch (MalformedMessageException e) {
      // The rest of the datagram is no message.
    }
    assembler.tick(Long.MAX_VALUE / 2);
    assembler.stop();
    if (hops > messages || inTrails != hops || assembler.openTrails() != 0) {
      throw new AssertionError(
          messages + " messages, " + hops + " hops, " + inTrails + " of them in trails");
    }
  }

  private void check(Trail trail) {
    out.clear();
    records.line(trail);
    byte[] line = Arrays.copyOf(out.array(), out.size());
    for (int i = 0; i < line.length - 1; i++) {
      if (line[i] < ' ' || line[i] > '~') {
        throw new AssertionError("byte " + line[i] + " in a record");
      }
    }
    try (TrailReader reader = new TrailReader(new ByteArrayInputStream(line))) {
      Trail read = reader.next();
      out.clear();
      records.line(read);
      if (!Arrays.equals(line, Arrays.copyOf(out.array(), out.size()))) {
        throw new AssertionError(out + " was " + trail);
      }
    } catch (NotATrailException e) {
      throw new AssertionError("not to be read: " + trail, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
