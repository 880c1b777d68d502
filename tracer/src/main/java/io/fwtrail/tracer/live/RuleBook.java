package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.ruleset.RuleSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rule set of one namespace as it changes, and which state of it a packet met. */
final class RuleBook {
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

  private static final int NEWGEN = Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.NEWGEN);

  private final Kernel kernel;
  private final TraceDecoder decoder;
  private final int namespace;
  private final LiveCounts counts;
  private final RuleSetHistory history;
  private @Nullable RuleSetChange change;
  private long generationHeard;
  private long waitingSince;

  /** Where rule sets come from. */
  interface Kernel {
    /** The kernel's present generation. */
    long generation() throws IOException;

    /** The rule set as it is now. */
    RuleSet read() throws IOException;
  }

  /**
   * Makes one.
   *
   * @param first the rule set that was read after the channel had begun to listen
   * @param decoder reads names out of trace messages
   * @param namespace the id of the namespace in batches
   */
  RuleBook(Kernel kernel, RuleSet first, TraceDecoder decoder, int namespace, LiveCounts counts) {
    this.kernel = kernel;
    this.decoder = decoder;
    this.namespace = namespace;
    this.counts = counts;
    this.history = new RuleSetHistory(first);
    this.generationHeard = first.generation();
  }

  /** The rule set that was read last. */
  RuleSet newest() {
    return history.newest();
  }

  /** The tables of iptables-legacy are others from now on. */
  void replaceLegacy(List<RuleSet.Table> tables) {
    history.add(history.newest().withLegacy(tables));
  }

  /** Takes a message of nf_tables as soon as it was read, before it is handed on. */
  void hear(MessageCursor message) {
    if (message.type() == NEWGEN) {
      try {
        generationHeard = GenerationMessage.decode(message).generation();
      } catch (MalformedMessageException e) {
        // Counted when the batch is handed on.
      }
    }
  }

  /**
   * Whether it is certain which rule set everything met that was read up to now.
   *
   * @param mayWait whether what was read can be held any longer
   */
  boolean isCertain(boolean mayWait) {
    try {
      long generation = kernel.generation();
      if (generation != history.newest().generation()) {
        if (change == null) {
          change = new RuleSetChange(history, history.newest().generation(), decoder, namespace);
        }
        // Read at once, before the next change: what the stream has yet to tell of is on its way.
        history.add(kernel.read());
        counts.ruleSetChanges++;
      }
      if (mayWait && change != null && generationHeard != history.newest().generation()) {
        long now = System.nanoTime();
        if (waitingSince == 0) {
          waitingSince = now;
        }
        return now - waitingSince >= PATIENCE_NANOS;
      }
    } catch (IOException | UncheckedIOException | MalformedMessageException e) {
      // The question failed, so nothing is known of newer rules: the old ones have to do.
      counts.ruleSetFailures++;
    }
    return true;
  }

  /** Looks at what is about to be handed on, before {@link #metBy} is asked for each message. */
  void study(Collection<Object> held) {
    waitingSince = 0;
    if (change != null) {
      change.study(held);
    }
  }

  /**
   * Which rule set the packet of this message met.
   *
   * @return null where none has changed about then: it is {@link #newest}
   */
  RuleSetChange.@Nullable Met metBy(TraceMessage message) {
    return change == null ? null : change.metBy(message);
  }

  /** Messages were lost here in what is handed on: notices that were waited for may be among it. */
  void lost() {
    generationHeard = history.newest().generation();
  }

  /** All that {@link #study} saw was handed on. */
  void handedOn() {
    if (change != null && change.isOver()) {
      change = null;
    }
  }
}
