package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.GenerationMessage;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.ruleset.Printed;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetFollower;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** The rule set of one namespace as it changes, and which state of it a packet met. */
final class RuleBook {
  /*
   * A rule's handle says which rule a packet met only together with the rule set of that moment: a
   * table that is deleted and made anew ("nft -f" of most configurations) counts its handles from 1
   * again, and a rule that replaces another has its handle. The notices of a change come on the
   * same socket as the trace events, but after the change: packets that meet the new rules may be
   * told of before the notices are. So what was read is held until the kernel, asked for its
   * present generation, gives the number of the rule set at hand: then nothing read before can be
   * of a newer one. The question costs one system call a read, not one a message, and holds nothing
   * up as long as the rule set stands still.
   *
   * Each generation is made of the one before and its notices, so all are known, also those that
   * nobody could have read in time. RuleSetChange decides which packets met which. Only where
   * notices were lost, or do not fit, the rule set is read anew, at once and without texts.
   *
   * Texts of rules that were never seen before are printed on another thread, as that can take
   * longer than the event loop may stand still. The stream is held for them, but only so long.
   */

  /** How long the stream is held for notices and texts. */
  private static final long PATIENCE_NANOS = 500_000_000L;

  private static final int NEWGEN = Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.NEWGEN);

  private final Kernel kernel;
  private final TraceDecoder decoder;
  private final int namespace;
  private final LiveCounts counts;
  private final Executor slow;
  private final Executor eventLoop;
  private final RuleSetHistory history;
  private final @Nullable RuleSetFollower follower;
  private @Nullable RuleSetChange change;
  private long generationHeard;
  private long waitingSince;

  /** Whether the rule set at hand is of the generation that was heard of last. */
  private boolean following;

  /** Whether it may be wrong, whatever its generation. */
  private boolean doubtful;

  /** Losses that were heard of and are not handed on yet. */
  private int missed;

  private boolean printing;

  /** Whether texts are on their way. */
  private boolean waitingForTexts;

  /** What was printed at a generation whose notices have not come yet. */
  private @Nullable Printed early;

  /** Where rule sets come from. */
  interface Kernel {
    /** The kernel's present generation. */
    long generation() throws IOException;

    /** The rule set as it is now. */
    RuleSet read() throws IOException;

    /** The same, but perhaps without texts that are not at hand. */
    default RuleSet readStructure() throws IOException {
      return read();
    }

    /** What makes the next rule set of notices; null where each is to be read. */
    default @Nullable RuleSetFollower follower() {
      return null;
    }

    /**
     * Prints what has no text in a rule set; called on the thread for what is slow.
     *
     * @return null where nobody can
     */
    default @Nullable Printed printMissing(RuleSet of) throws IOException {
      return null;
    }

    /** The kernel as {@code reader} reads it. */
    static Kernel of(RuleSetReader reader) {
      return new Kernel() {
        @Override
        public long generation() throws IOException {
          return reader.generation();
        }

        @Override
        public RuleSet read() throws IOException {
          return reader.read();
        }

        @Override
        public RuleSet readStructure() throws IOException {
          return reader.readStructure();
        }

        @Override
        public RuleSetFollower follower() {
          return reader.follower();
        }

        @Override
        public Printed printMissing(RuleSet of) throws IOException {
          return reader.printMissing(of);
        }
      };
    }
  }

  /** Makes one that does all on the thread that calls it. */
  RuleBook(Kernel kernel, RuleSet first, TraceDecoder decoder, int namespace, LiveCounts counts) {
    this(kernel, first, decoder, namespace, counts, Runnable::run, Runnable::run);
  }

  /**
   * Makes one.
   *
   * @param first the rule set that was read after the channel had begun to listen
   * @param decoder reads names out of trace messages
   * @param namespace the id of the namespace in batches
   * @param slow runs what takes long; one thread for all namespaces will do
   * @param eventLoop runs what belongs on the thread that calls this object
   */
  RuleBook(
      Kernel kernel,
      RuleSet first,
      TraceDecoder decoder,
      int namespace,
      LiveCounts counts,
      Executor slow,
      Executor eventLoop) {
    this.kernel = kernel;
    this.decoder = decoder;
    this.namespace = namespace;
    this.counts = counts;
    this.slow = slow;
    this.eventLoop = eventLoop;
    this.history = new RuleSetHistory(first);
    this.generationHeard = first.generation();
    this.follower = kernel.follower();
    this.following = follower != null && first.isFollowable();
  }

  /** The rule set that is known last. */
  RuleSet newest() {
    return history.newest();
  }

  /** The tables of iptables-legacy are others from now on. */
  void replaceLegacy(List<RuleSet.Table> tables) {
    history.add(history.newest().withLegacy(tables));
  }

  /** Takes a message of nf_tables as soon as it was read, before it is handed on. */
  void hear(MessageCursor message) {
    try {
      if (message.type() == NEWGEN) {
        generationHeard = GenerationMessage.decode(message).generation();
        endOfNotices();
      } else if (following && follower != null) {
        follower.take(message, history.newest());
      }
    } catch (MalformedMessageException e) {
      // Counted when the batch is handed on; the follower knows that it has missed something.
    }
  }

  /** Messages were lost in what was read: what is heard from now on is not the whole change. */
  void missed() {
    missed++;
    doubtful = true;
    if (follower != null) {
      follower.forget();
    }
  }

  private void endOfNotices() {
    RuleSet newest = history.newest();
    if (follower == null || !following) {
      return;
    }
    int ahead = (int) (generationHeard - newest.generation());
    if (ahead <= 0) {
      follower.forget(); // it was read with them
      return;
    }
    RuleSet next = follower.end(newest, generationHeard);
    if (next == null || ahead != 1) {
      following = false;
      return;
    }
    add(next);
  }

  private void add(RuleSet next) {
    if (change == null) {
      change = new RuleSetChange(history, history.newest().generation(), decoder, namespace);
    }
    history.add(next);
    counts.ruleSetChanges++;
    Printed printed = early;
    if (printed != null && printed.after() <= next.generation()) {
      early = null;
      fill(printed);
    }
    print();
  }

  /** Has the missing texts printed, if there are any. */
  private void print() {
    RuleSet of = history.newest();
    waitingForTexts = follower != null && !of.hasAllTexts();
    if (!waitingForTexts || printing) {
      return;
    }
    printing = true;
    try {
      slow.execute(() -> print(of));
    } catch (RejectedExecutionException e) {
      waitingForTexts = false; // it is being closed
    }
  }

  private void print(RuleSet of) {
    Printed printed = null;
    try {
      printed = kernel.printMissing(of);
    } catch (IOException | UncheckedIOException | MalformedMessageException e) {
      // Its rules are shown by their handles.
    }
    @Nullable Printed result = printed;
    try {
      eventLoop.execute(() -> printed(of, result));
    } catch (RejectedExecutionException e) {
      // All is being closed: nothing waits for texts any more.
    }
  }

  private void printed(RuleSet of, @Nullable Printed printed) {
    printing = false;
    if (printed == null) {
      counts.ruleSetFailures++;
    } else if (printed.after() > history.newest().generation()) {
      early = printed;
    } else {
      fill(printed);
    }
    if (history.newest().generation() == of.generation()) {
      waitingForTexts = false; // what is missing now cannot be printed
    } else {
      print();
    }
  }

  private void fill(Printed printed) {
    List<RuleSet> meanwhile = history.between(printed.before(), printed.after());
    if (meanwhile != null) {
      history.replaceEach(rules -> printed.fill(rules, meanwhile));
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
      if (doubtful || (!following && generation != history.newest().generation())) {
        readAnew();
      }
      if (mayWait && isAwaiting(generation)) {
        long now = System.nanoTime();
        if (waitingSince == 0) {
          waitingSince = now;
        }
        if (now - waitingSince < PATIENCE_NANOS) {
          return false;
        }
      }
      if (following && (int) (generation - history.newest().generation()) > 0) {
        // The notices of that generation do not come, or cannot be waited for.
        readAnew();
      }
    } catch (IOException | UncheckedIOException | MalformedMessageException e) {
      // The question failed, so nothing is known of newer rules: the old ones have to do.
      counts.ruleSetFailures++;
    }
    return true;
  }

  private boolean isAwaiting(long generation) {
    long newest = history.newest().generation();
    boolean notices = following && (int) (generation - newest) > 0;
    return notices || waitingForTexts || (change != null && generationHeard != newest);
  }

  /** Read at once, before the next change: what the stream has yet to tell of is on its way. */
  private void readAnew() throws IOException {
    if (follower != null) {
      follower.forget();
    }
    RuleSet read = kernel.readStructure();
    doubtful = false;
    following = follower != null && read.isFollowable();
    add(read);
  }

  /** Looks at what is about to be handed on, before {@link #metBy} is asked for each message. */
  void study(Collection<Heard> held) {
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
    if (missed == 0) {
      missed(); // nobody told of it when it was read
    }
    missed--;
    generationHeard = history.newest().generation();
  }

  /** All that {@link #study} saw was handed on. */
  void handedOn() {
    if (change != null && change.isOver()) {
      change = null;
    }
  }
}
