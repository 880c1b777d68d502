package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.channel.MessagesLost;
import io.fwtrail.netlink.channel.NetlinkBatch;
import io.fwtrail.netlink.nflog.PacketLogMessage;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.WallClock;
import io.fwtrail.tracer.log.LegacySightings;
import io.fwtrail.tracer.log.LogEvent;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Sighting;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Hears the channel: trace events and rule-set notices, in the order in which the kernel sent them,
 * and hands trace events on with the rule set that their packets met.
 */
final class TraceHandler extends ChannelInboundHandlerAdapter {
  /** How many messages are held for a rule set at most: some thousand packets, shown at once. */
  private static final int MOST_HELD = 16_384;

  /** And how many bytes: messages with whole packets in them are large. */
  private static final int MOST_HELD_BYTES = 16 * 1024 * 1024;

  /**
   * How long, of the time that is spent here, a message may wait in a buffer that is never empty.
   */
  private static final long BACKLOG_NANOS = 5_000_000_000L;

  private static final long RETRY_MILLIS = 1;
  private static final long TICK_MILLIS = 5;

  /** Of the clock that tells of silence: two ticks. */
  static final long CLOCK_STEP_NANOS = 2 * TICK_MILLIS * 1_000_000;

  private final LegacyDecoder legacyDecoder;
  private final LegacySightings logSightings =
      new LegacySightings(Hop.Source.KMSG, Hop.Clock.KERNEL);
  private final TrailAssembler assembler;
  private final LiveCounts counts;
  private final AttendedClock clock;
  private final LongSupplier readUpTo;
  private final Runnable afterRead;

  /** What was read and not handed on yet, in the stream's order. */
  private final ArrayDeque<Heard> held = new ArrayDeque<>();

  private final MessageCursor cursor = new MessageCursor();
  private final TraceMessage message = new TraceMessage();
  private final Sighting sighting = new Sighting();
  private final IntObjectHashMap<TracedNamespace> namespaces = new IntObjectHashMap<>();

  private @Nullable RuleOrigins origins;

  /** Those of which something is held. */
  private final Set<TracedNamespace> heard = new HashSet<>();

  private @Nullable Future<?> ticker;
  private boolean retryPlanned;

  /** Whether something was held when it was time to tick: as always, while rule sets change. */
  private boolean tickMissed;

  /**
   * Makes one that hears no namespace yet.
   *
   * @param clock tells how long nothing came
   * @param readUpTo a moment of {@link System#nanoTime}, as late as possible, before which all that
   *     had been sent was read from the socket
   * @param afterRead runs when all that was read has been handed on
   */
  TraceHandler(
      LegacyDecoder legacyDecoder,
      TrailAssembler assembler,
      LiveCounts counts,
      AttendedClock clock,
      LongSupplier readUpTo,
      Runnable afterRead) {
    this.legacyDecoder = legacyDecoder;
    this.assembler = assembler;
    this.counts = counts;
    this.clock = clock;
    this.readUpTo = readUpTo;
    this.afterRead = afterRead;
  }

  /** Shows from now on where rules were written. */
  void show(RuleOrigins of) {
    origins = of;
  }

  /** Hears a namespace from now on; those of others are passed over. */
  void add(TracedNamespace namespace) {
    namespaces.put(namespace.id(), namespace);
  }

  /** The hops of a namespace show another name from now on. */
  void rename(int id, String name) {
    TracedNamespace namespace = namespaces.get(id);
    if (namespace != null) {
      namespace.rename(name);
    }
  }

  /** Hears a namespace no more; what is held of it is passed over. */
  void remove(int id) {
    TracedNamespace removed = namespaces.remove(id);
    if (removed != null) {
      heard.remove(removed);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    ticker =
        ctx.executor()
            .scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (ticker != null) {
      ticker.cancel(false);
    }
    deliver();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    NetlinkBatch batch = (NetlinkBatch) msg;
    hear(batch);
    held.add(new Heard(batch, WallClock.nanos(), clock.now()));
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof MessagesLost lost) {
      namespaces.values().forEach(namespace -> namespace.rules().missed());
      held.add(new Heard(lost, WallClock.nanos(), clock.now()));
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    settle(ctx);
    afterRead.run();
  }

  /** Whether something was read that is not handed on yet. */
  boolean holds() {
    return !held.isEmpty();
  }

  /**
   * Quiet is counted up to the last moment when everything that had been sent was read, or a pause
   * of this program's own would look like a packet's end. A socket that never runs empty all the
   * same holds nothing older than {@link #BACKLOG_NANOS}: a full buffer is read in less.
   */
  private void tick() {
    if (!held.isEmpty()) {
      // What waits here was read: that is no pause.
      long unused = clock.now();
      tickMissed = true;
      return;
    }
    // Before the clock, which knows of no moment after it was looked at.
    long read = readUpTo.getAsLong();
    long now = clock.now();
    assembler.tick(Math.max(clock.at(read), now - BACKLOG_NANOS));
    afterRead.run();
  }

  /** Has the rule sets take notice of what was read, before it is handed on. */
  private void hear(NetlinkBatch batch) {
    TracedNamespace last = null;
    for (int i = 0; i < batch.size(); i++) {
      TracedNamespace namespace = namespace(batch.namespaceId(i), last);
      if (namespace == null) {
        continue;
      }
      if (namespace != last) {
        heard.add(namespace);
        last = namespace;
      }
      cursor.reset(batch.buffer(), batch.offset(i), batch.length(i));
      if (cursor.isOne(TRACE)) {
        continue;
      }
      try {
        while (cursor.next()) {
          if (cursor.type() != TRACE && Nfnetlink.isNfTables(cursor.type())) {
            namespace.rules().hear(cursor);
          }
        }
      } catch (MalformedMessageException e) {
        // Counted when the batch is handed on.
      }
    }
  }

  /** Hands on what is held, if it is certain which rule sets it met. */
  private void settle(ChannelHandlerContext ctx) {
    if (held.isEmpty()) {
      return;
    }
    boolean mayWait = mayHold();
    boolean certain = true;
    for (TracedNamespace namespace : heard) {
      certain &= namespace.rules().isCertain(mayWait);
    }
    if (certain) {
      deliver();
      if (tickMissed) {
        tickMissed = false;
        tick();
      }
    } else {
      held.forEach(Heard::compact);
      retry(ctx);
    }
  }

  /** Whether what is held can be held any longer. */
  private boolean mayHold() {
    int messages = 0;
    int bytes = 0;
    for (Heard each : held) {
      if (!(each.item() instanceof NetlinkBatch batch)) {
        return false; // the notices that are waited for may be among what was lost
      }
      messages += batch.size();
      bytes += batch.bytes();
    }
    return messages < MOST_HELD && bytes < MOST_HELD_BYTES;
  }

  private void retry(ChannelHandlerContext ctx) {
    if (!retryPlanned) {
      retryPlanned = true;
      var unused =
          ctx.executor()
              .schedule(
                  () -> {
                    retryPlanned = false;
                    settle(ctx);
                    afterRead.run();
                  },
                  RETRY_MILLIS,
                  TimeUnit.MILLISECONDS);
    }
  }

  /** Takes what the kernel log told; on the event loop. */
  void seeLogged(LogEvent event) {
    counts.messages++;
    logSightings.fill(sighting, event, homeRules());
    seeAtHome(clock.now());
    afterRead.run();
  }

  /** The kernel log was overwritten before it was read; on the event loop. */
  void lostLogged(long messages) {
    assembler.lost(new Loss(WallClock.nanos(), Loss.Cause.LOG, messages));
  }

  private RuleSet homeRules() {
    TracedNamespace home = namespaces.get(TracedNamespace.HOME);
    return home == null ? RuleSet.EMPTY : home.rules().newest();
  }

  private void deliver() {
    for (TracedNamespace namespace : heard) {
      namespace.rules().study(held);
    }
    for (Heard next = held.poll(); next != null; next = held.poll()) {
      if (next.item() instanceof MessagesLost lost) {
        assembler.lost(new Loss(next.time(), Loss.Cause.RECEIVE_BUFFER, lost.lost()));
        legacyDecoder.lost(lost.lost());
        namespaces.values().forEach(namespace -> namespace.rules().lost());
        continue;
      }
      NetlinkBatch batch = (NetlinkBatch) next.item();
      try {
        deliver(batch, next.time(), next.moment());
      } finally {
        batch.release();
      }
    }
    heard.forEach(namespace -> namespace.rules().handedOn());
    heard.clear();
  }

  /** The namespace of an id, which mostly is that of the message before. */
  private @Nullable TracedNamespace namespace(int id, @Nullable TracedNamespace last) {
    return last != null && last.id() == id ? last : namespaces.get(id);
  }

  private void deliver(NetlinkBatch batch, long time, long now) {
    TracedNamespace last = null;
    for (int i = 0; i < batch.size(); i++) {
      TracedNamespace namespace = namespace(batch.namespaceId(i), last);
      last = namespace;
      cursor.reset(batch.buffer(), batch.offset(i), batch.length(i));
      try {
        while (cursor.next()) {
          if (cursor.type() == TRACE && namespace != null) {
            counts.messages++;
            namespace.decode(message, cursor);
            namespace.fill(sighting, message, time);
            // Where all packets are shown, as beside the kernel log, it does not matter which met
            // the mark. That message comes by another way than the log's, so that it may come amid
            // those of its packet, whose rest would then be taken for another packet's.
            if (!sighting.hidden || assembler.showsOnlyMarked()) {
              see(now);
            }
          } else if (PacketLogMessage.is(cursor.type())) {
            counts.messages++;
            boolean trace = legacyDecoder.fill(sighting, cursor, homeRules(), time);
            if (legacyDecoder.missing() > 0) {
              assembler.lost(new Loss(time, Loss.Cause.SEQUENCE, legacyDecoder.missing()));
            }
            if (trace) {
              seeAtHome(now);
            }
          }
        }
      } catch (MalformedMessageException e) {
        counts.malformed++;
      }
    }
  }

  private void seeAtHome(long now) {
    TracedNamespace home = namespaces.get(TracedNamespace.HOME);
    if (home != null) {
      home.claim(sighting);
    }
    see(now);
  }

  private void see(long now) {
    if (origins != null) {
      origins.addTo(sighting);
    }
    assembler.see(sighting, now);
  }

  private static final int TRACE = Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.TRACE);
}
