package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.channel.MessagesLost;
import io.fwtrail.netlink.channel.NetlinkBatch;
import io.fwtrail.netlink.nflog.PacketLogMessage;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.log.LegacySightings;
import io.fwtrail.tracer.log.LogEvent;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Hears the channel: trace events and rule-set notices, in the order in which the kernel sent them,
 * and hands trace events on with the rule set that their packets met.
 */
final class TraceHandler extends ChannelInboundHandlerAdapter {
  /*
   * A rule's handle says which rule a packet met only together with the rule set of that moment: a
   * table that is deleted and made anew ("nft -f" of most configurations) counts its handles from 1
   * again. The notices of a change come on the same socket as the trace events, but after the
   * change: packets that meet the new rules may be told of before the notices are. So what was read
   * is held until the kernel, asked for its present generation, gives the number of the rule set at
   * hand: then nothing read before can be of a newer one. The question costs one system call a
   * read, not one a message, and holds nothing up as long as the rule set stands still.
   *
   * Where the kernel's number is ahead, the rule set is read at once, and the stream is held until
   * it has the notices of that generation; then RuleSetChange decides which packets met which. A
   * rule set that changes without pause is waited for only so long.
   */

  /** How long the stream is held for a rule set that keeps changing. */
  private static final long PATIENCE_NANOS = 500_000_000L;

  /**
   * How many batches are held for it at most (64 messages each, a few kilobytes touched in each).
   */
  private static final int MOST_HELD = 256;

  /** How long a message may wait in a receive buffer that is never empty. */
  private static final long BACKLOG_NANOS = 5_000_000_000L;

  private static final long RETRY_MILLIS = 1;
  private static final long TICK_MILLIS = 5;

  private final RuleSets ruleSets;
  private final TraceDecoder decoder;
  private final LegacyDecoder legacyDecoder;
  private final LegacySightings logSightings =
      new LegacySightings(Hop.Source.KMSG, Hop.Clock.KERNEL);
  private final TrailAssembler assembler;
  private final LiveCounts counts;
  private final BooleanSupplier allRead;
  private final Runnable afterRead;

  /** Batches, and between them the losses that stand there in the stream. */
  private final ArrayDeque<Object> held = new ArrayDeque<>();

  private final MessageCursor cursor = new MessageCursor();
  private final TraceMessage message = new TraceMessage();
  private final Sighting sighting = new Sighting();
  private final RuleSetHistory history;
  private @Nullable RuleSetChange change;
  private long generationHeard;
  private long heldSince;
  private long lastAllRead = System.nanoTime();
  private @Nullable Future<?> ticker;
  private boolean retryPlanned;

  /** Where rule sets come from. */
  interface RuleSets {
    /** The kernel's present generation. */
    long generation() throws IOException;

    /** The rule set as it is now. */
    RuleSet read() throws IOException;
  }

  /**
   * Makes one.
   *
   * @param rules the rule set that was read after the channel had begun to listen
   * @param allRead whether the socket has nothing more to read at this moment
   * @param afterRead runs when all that was read has been handed on
   */
  TraceHandler(
      RuleSets ruleSets,
      RuleSet rules,
      TraceDecoder decoder,
      LegacyDecoder legacyDecoder,
      TrailAssembler assembler,
      LiveCounts counts,
      BooleanSupplier allRead,
      Runnable afterRead) {
    this.ruleSets = ruleSets;
    this.history = new RuleSetHistory(rules);
    this.generationHeard = rules.generation();
    this.decoder = decoder;
    this.legacyDecoder = legacyDecoder;
    this.assembler = assembler;
    this.counts = counts;
    this.allRead = allRead;
    this.afterRead = afterRead;
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
    noteGenerations(batch);
    held.add(batch);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof MessagesLost) {
      held.add(event);
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
      return;
    }
    long now = System.nanoTime();
    if (allRead.getAsBoolean()) {
      lastAllRead = now;
    }
    assembler.tick(Math.max(lastAllRead, now - BACKLOG_NANOS));
    afterRead.run();
  }

  private void noteGenerations(NetlinkBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      cursor.reset(batch.buffer(), batch.offset(i), batch.length(i));
      try {
        while (cursor.next()) {
          if (cursor.type() == NEWGEN) {
            generationHeard = GenerationMessage.decode(cursor).generation();
          }
        }
      } catch (MalformedMessageException e) {
        // Counted when the batch is handed on.
      }
    }
  }

  private static final int NEWGEN = Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.NEWGEN);

  /** Hands on what is held, if it is certain which rule set it met. */
  private void settle(ChannelHandlerContext ctx) {
    if (held.isEmpty()) {
      return;
    }
    try {
      long generation = ruleSets.generation();
      if (generation != history.newest().generation()) {
        if (change == null) {
          change = new RuleSetChange(history, history.newest().generation(), decoder);
        }
        // Read at once, before the next change: what the stream has yet to tell of is on its way.
        history.add(ruleSets.read());
        counts.ruleSetChanges++;
      }
      long now = System.nanoTime();
      if (change != null && generationHeard != history.newest().generation() && !lossHeld()) {
        if (heldSince == 0) {
          heldSince = now;
        }
        if (now - heldSince < PATIENCE_NANOS && held.size() < MOST_HELD) {
          retry(ctx);
          return;
        }
      }
    } catch (IOException | UncheckedIOException | MalformedMessageException e) {
      // The question failed, so nothing is known of newer rules: the old ones have to do.
      counts.ruleSetFailures++;
    }
    deliver();
  }

  /** After a loss the notices that are waited for may be among what was lost. */
  private boolean lossHeld() {
    return held.stream().anyMatch(MessagesLost.class::isInstance);
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
    logSightings.fill(sighting, event, history.newest());
    assembler.see(sighting, System.nanoTime());
    afterRead.run();
  }

  /** The tables of iptables-legacy are others from now on. */
  void replaceLegacy(List<RuleSet.Table> tables) {
    history.add(history.newest().withLegacy(tables));
  }

  private void deliver() {
    heldSince = 0;
    Instant instant = Instant.now();
    long time = instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    long now = System.nanoTime();
    if (change != null) {
      change.study(held);
    }
    for (Object item = held.poll(); item != null; item = held.poll()) {
      if (item instanceof MessagesLost lost) {
        assembler.lost(lost.lost());
        legacyDecoder.lost(lost.lost());
        // The notices that were waited for may be among them; they are not waited for again.
        generationHeard = history.newest().generation();
        continue;
      }
      NetlinkBatch batch = (NetlinkBatch) item;
      try {
        deliver(batch, time, now);
      } finally {
        batch.release();
      }
    }
    if (change != null && change.isOver()) {
      change = null;
    }
  }

  private void deliver(NetlinkBatch batch, long time, long now) {
    RuleSet current = history.newest();
    for (int i = 0; i < batch.size(); i++) {
      int namespace = batch.namespaceId(i);
      cursor.reset(batch.buffer(), batch.offset(i), batch.length(i));
      try {
        while (cursor.next()) {
          if (cursor.type() == TRACE) {
            counts.messages++;
            message.decode(cursor);
            RuleSetChange.Met met = change == null ? null : change.metBy(message, namespace);
            decoder.fill(sighting, message, met == null ? current : met.rules(), namespace, time);
            sighting.ruleSetChanging = met != null;
            if (met != null && !met.sure()) {
              decoder.forgetRule(sighting);
            }
            assembler.see(sighting, now);
          } else if (PacketLogMessage.is(cursor.type())) {
            counts.messages++;
            boolean trace = legacyDecoder.fill(sighting, cursor, current, time);
            if (legacyDecoder.missing() > 0) {
              assembler.lost(legacyDecoder.missing());
            }
            if (trace) {
              assembler.see(sighting, now);
            }
          }
        }
      } catch (MalformedMessageException e) {
        counts.malformed++;
      }
    }
  }

  private static final int TRACE = Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.TRACE);
}
