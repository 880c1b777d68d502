package io.fwtrail.tracer.trail;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.netty.util.collection.LongObjectHashMap;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts messages together into trails: which are of one packet, and when its way is at its end.
 *
 * <p>Not for use by several threads. Times of {@link #tick} and {@link #see} are of the monotonic
 * clock ({@link System#nanoTime}), in nanoseconds.
 */
public final class TrailAssembler {
  /*
   * The key of a source is not a packet's name: the kernel's trace id is a hash of the buffer's
   * address, the flow and the interface, and a buffer is used again as soon as it is free. What is
   * certain is that two packets never have one key at the same time. So a trail ends
   *
   *  - with a verdict after which nothing can come: drop, stolen, or accept where the rule set has
   *    no base chain any more that could see the packet (Way);
   *  - when the first message of a base chain cannot be the same packet's: other headers, a hook
   *    that does not follow, or a base chain that it had met (OpenTrail.isEndedBy);
   *  - when nothing came for a while, counted from a moment when all that had arrived was read: a
   *    packet's way through the hooks is one function call after another. Only a program in user
   *    space (queue) may take its time;
   *  - when so many packets came after it that it is not on its way any more. While a busy reader is
   *    behind the kernel there is no moment to count from, and a packet that a nat chain may still
   *    see, as no source told of its connection, would wait among thousands.
   *
   * Packets over the loopback device go out under one key and come in under another, because the
   * interface is part of the hash, and so do packets that a bridge hands up; they are known again by
   * their headers (OtherKey). So do those that go on in another namespace (Crossings).
   *
   * Open trails stand in a list by their last message, so that quiet ones are found at its head and
   * a full assembler gives up the one that has been quiet longest. Those at their end stand in one of
   * their own: they wait for a far shorter time, and to find them is not to cost a look at the rest.
   */

  /**
   * How much is kept, and for how long.
   *
   * @param openTrails packets under way at once
   * @param hopsPerTrail hops of one packet
   * @param endingNanos how long a trail stays open that is at its end but for what happens while a
   *     table is replaced (microseconds, in the same function call)
   * @param quietNanos how long one stays open that may go on
   * @param queuedNanos how long one stays open whose packet a program in user space has
   */
  public record Limits(
      int openTrails, int hopsPerTrail, long endingNanos, long quietNanos, long queuedNanos) {
    /** 16,384 open trails, 4,096 hops a trail, 2 ms, 50 ms and 5 s. */
    public static final Limits DEFAULT =
        new Limits(16_384, 4_096, 2_000_000L, 50_000_000L, 5_000_000_000L);

    /** The same with another quiet time. */
    public Limits withQuietNanos(long nanos) {
      return new Limits(openTrails, hopsPerTrail, endingNanos, nanos, queuedNanos);
    }
  }

  /** What passed through; read on the assembler's thread. */
  public static final class Counts {
    public long hops;
    public long trails;
    public long accepted;
    public long dropped;
    public long incomplete;
    public long evicted;
    public long lostMessages;
  }

  /**
   * How many of the most recent trails are searched for a packet that comes under another key: it
   * was seen a moment ago, in the same call on the same processor or the next interrupt.
   */
  static final int SEARCHED = 64;

  /**
   * By how many packets a packet is never overtaken on its way: each processor has one in its hands
   * at a time, and hands it to another namespace by a queue of 1,000 (net.core.netdev_max_backlog).
   */
  static final int OVERTAKEN = 4_096;

  /**
   * Hops of all open trails together, some 40 MB. Many packets under way, each with many hops,
   * would fill the memory long before there are too many of either.
   */
  static final int MOST_HOPS = 200_000;

  private static final String LOSS = "messages were lost";

  /** How it is told that a packet passed what it met, and was not seen where it should be next. */
  private static final String UNSEEN = "not seen again";

  private final TrailListener listener;
  private final Limits limits;
  private final boolean onlyMarked;
  private final LongObjectHashMap<OpenTrail> open = new LongObjectHashMap<>();
  private final Crossings crossings = new Crossings();
  private final Counts counts = new Counts();
  private final TrailList going = new TrailList();
  private final TrailList ending = new TrailList();
  private long numbers;

  /**
   * Made-up keys are far apart: numbers in a row would lie in a row in the map, and removing one
   * would move all behind it. They come again after 2^62 only, and the kernel's are never in this
   * range.
   */
  private static final long KEY_STEP = 0x1e37_79b9_7f4a_7c15L;

  private static final long KEY_RANGE = 1L << 62;

  private long madeUpKeys;

  private int keylessTrails;

  /** How many hops the open trails have. */
  private int openHops;

  /** Whether messages were lost before the one that comes next. */
  private boolean lossSeen;

  /** Whether what begins before {@link #doubtUntil} may have been under way before a loss. */
  private boolean doubting;

  private long doubtUntil;

  /**
   * Makes an empty one.
   *
   * @param listener takes hops and trails
   * @param onlyMarked whether only packets are shown that met the tracer's own mark
   */
  public TrailAssembler(TrailListener listener, Limits limits, boolean onlyMarked) {
    this.listener = listener;
    this.limits = limits;
    this.onlyMarked = onlyMarked;
  }

  /** Whether only packets are shown that met the tracer's own mark. */
  public boolean showsOnlyMarked() {
    return onlyMarked;
  }

  /** The counts as they grow. */
  public Counts counts() {
    return counts;
  }

  /** How many trails are open. */
  public int openTrails() {
    return open.size();
  }

  /**
   * Takes one message, in the order in which the kernel sent them.
   *
   * @param s what the message says; not kept
   * @param now the monotonic clock
   */
  public void see(Sighting s, long now) {
    if (lossSeen) {
      lossSeen = false;
      doubting = true;
      doubtUntil = now + limits.quietNanos();
    }
    OpenTrail trail = s.keyless ? byHeaders(s) : byKey(s);
    if (trail == null) {
      trail = begin(s, now);
    }
    touch(trail, now);
    if (s.entersBaseChain) {
      crossings.remove(trail);
      trail.enter(s);
    } else if (trail.isTakenAway(s)) {
      trail.enterUnshown(s);
    }
    if (s.marks) {
      trail.marked = true;
      if (trail.number == 0 && LOSS.equals(trail.why)) {
        // Here it begins, so nothing of it is missing.
        trail.why = null;
      }
    }
    trail.note(s);
    if (s.kind != null && !s.hidden && (trail.marked || !onlyMarked)) {
      show(trail, s, s.kind);
    }
    applyVerdict(trail, s);
  }

  private @Nullable OpenTrail byKey(Sighting s) {
    OpenTrail trail = open.get(s.key);
    if (trail != null && (s.entersBaseChain ? trail.isEndedBy(s) : !trail.continuesWith(s))) {
      finish(trail, UNSEEN);
      trail = null;
    }
    return trail == null && s.entersBaseChain ? takeFromOtherKey(s) : trail;
  }

  /**
   * The trail that a message without a key belongs to. One whose packet has the very same headers
   * comes before one whose packet NAT may have changed.
   */
  private @Nullable OpenTrail byHeaders(Sighting s) {
    OpenTrail translated = null;
    int fingerprint = s.packet == null ? 0 : s.packet.fingerprint();
    OpenTrail trail = going.newest();
    for (int i = 0; trail != null && i < SEARCHED; i++, trail = trail.older) {
      if (trail.fingerprint != fingerprint) {
        continue;
      }
      if (trail.isFurtherHere(s)) {
        s.entersBaseChain = false;
        return trail;
      }
      if (trail.isBeyond(s) || (OtherKey.mayBe(s) && OtherKey.isOf(trail, s))) {
        if (trail.hasSameHeaders(s)) {
          s.entersBaseChain = true;
          return trail;
        }
        translated = translated == null ? trail : translated;
      }
    }
    s.entersBaseChain = true;
    if (translated == null) {
      madeUpKeys = (madeUpKeys + KEY_STEP) & (KEY_RANGE - 1);
      s.key = Long.MIN_VALUE | madeUpKeys;
    }
    return translated;
  }

  private OpenTrail begin(Sighting s, long now) {
    OpenTrail oldest = open.size() < limits.openTrails() ? null : oldest();
    if (oldest != null) {
      evict(oldest, s.time, "more than " + limits.openTrails() + " packets under way");
    }
    OpenTrail trail = new OpenTrail(s.key, s.time, limits.hopsPerTrail());
    trail.keyless = s.keyless;
    keylessTrails += s.keyless ? 1 : 0;
    doubting &= now - doubtUntil < 0;
    if (!s.entersBaseChain) {
      trail.why = "its beginning was not seen";
      trail.beginInMiddle(s);
    } else if (doubting) {
      trail.why = LOSS;
    }
    open.put(s.key, trail);
    return trail;
  }

  private void evict(OpenTrail trail, long time, String why) {
    counts.evicted++;
    close(trail, null, "evicted: " + why);
    listener.lost(new Loss(time, Loss.Cause.OPEN_TRAILS, 1));
  }

  /**
   * The trail of a packet that is known under another key so far: the kernel makes the key anew
   * where the packet's interface of arrival changes. That is so for a packet that left by the
   * loopback device and comes in again, and for one that a bridge's port hands up to the bridge.
   */
  private @Nullable OpenTrail takeFromOtherKey(Sighting s) {
    OpenTrail left = crossings.take(s);
    if (left != null) {
      left.cross();
      rename(left, s.key);
      return left;
    }
    boolean another = OtherKey.mayBe(s);
    if (!another && keylessTrails == 0) {
      return null;
    }
    OpenTrail trail = going.newest();
    for (int i = 0; trail != null && i < SEARCHED; i++, trail = trail.older) {
      if ((another && OtherKey.isOf(trail, s)) || (trail.keyless && trail.isBeyond(s))) {
        rename(trail, s.key);
        return trail;
      }
    }
    return null;
  }

  private void rename(OpenTrail trail, long key) {
    open.remove(trail.key);
    keylessTrails -= trail.keyless ? 1 : 0;
    trail.keyless = false;
    trail.key = key;
    open.put(key, trail);
  }

  private void show(OpenTrail trail, Sighting s, Hop.Kind kind) {
    if (trail.number == 0) {
      trail.number = ++numbers;
    }
    Hop hop =
        new Hop(
            s.time,
            s.clock,
            s.source,
            trail.number,
            s.family,
            s.table,
            s.chain,
            trail.hook(),
            kind,
            s.rule,
            s.verdict,
            s.target,
            s.verdictFrom,
            trail.in,
            trail.out,
            s.mark,
            trail.conntrack,
            trail.surroundings,
            trail.packet);
    trail.weigh(hop);
    counts.hops++;
    if (trail.hops.size() < limits.hopsPerTrail()) {
      trail.hops.add(hop);
      openHops++;
      OpenTrail oldest = openHops > MOST_HOPS ? oldest() : null;
      if (oldest != null && oldest != trail) {
        evict(oldest, s.time, "packets under way with more than " + MOST_HOPS + " hops");
      }
    } else {
      trail.why = "more than " + limits.hopsPerTrail() + " hops";
    }
    listener.hop(hop);
  }

  private void applyVerdict(OpenTrail trail, Sighting s) {
    if (s.kind == Hop.Kind.RETURN || s.verdict == null) {
      return;
    }
    switch (s.verdict) {
      case DROP, STOLEN -> close(trail, s.verdict, trail.why);
      case ACCEPT -> {
        trail.passed = true;
        if (trail.mayHaveLeft()) {
          crossings.add(trail);
        }
        if (trail.ahead() == Way.Ahead.NOTHING) {
          if (trail.mayHaveTwin(s)) {
            going.remove(trail);
            ending.add(trail);
            trail.ending = true;
          } else {
            close(trail, Verdict.ACCEPT, trail.why);
          }
        }
      }
      case QUEUE -> {
        trail.passed = true;
        trail.queued = true;
      }
      default -> {
        // The packet goes on in this base chain.
      }
    }
  }

  /**
   * Ends the trails of which nothing came for long enough, or that too many packets came after.
   *
   * @param readUpTo a moment of the monotonic clock before which all messages have been seen
   */
  public void tick(long readUpTo) {
    OpenTrail trail = ending.oldest();
    while (trail != null && readUpTo - trail.touched >= limits.endingNanos()) {
      OpenTrail next = trail.newer;
      finish(trail, UNSEEN);
      trail = next;
    }
    trail = going.oldest();
    while (trail != null && readUpTo - trail.touched >= limits.quietNanos()) {
      OpenTrail next = trail.newer;
      if (!trail.queued || readUpTo - trail.touched >= limits.queuedNanos()) {
        finish(trail, UNSEEN);
      }
      trail = next;
    }
    finishOvertaken(going.overtakenBy(OVERTAKEN), false);
    if (keylessTrails > 0) {
      // No message without a key is looked for there.
      finishOvertaken(going.overtakenBy(SEARCHED), true);
    }
  }

  /**
   * Ends a trail and all that are older, but those that a program in user space has.
   *
   * @param onlyKeyless whether only those that are known without a key
   */
  private void finishOvertaken(@Nullable OpenTrail last, boolean onlyKeyless) {
    OpenTrail trail = last == null ? null : going.oldest();
    while (trail != null) {
      OpenTrail next = trail == last ? null : trail.newer;
      if (!trail.queued && (trail.keyless || !onlyKeyless)) {
        finish(trail, UNSEEN);
      }
      trail = next;
    }
  }

  /**
   * Messages were lost here in the stream. Which packets they were of is not known: every packet
   * under way may be one, and a later message may be of another packet than it seems. Nor is it
   * known, of those that are first seen right after it, whether they were under way before.
   */
  public void lost(Loss messages) {
    counts.lostMessages += messages.count();
    lossSeen = true;
    for (OpenTrail trail = oldest(); trail != null; trail = oldest()) {
      close(trail, null, LOSS);
    }
    listener.lost(messages);
  }

  /** Ends all trails, because no more messages will come. */
  public void stop() {
    for (OpenTrail trail = oldest(); trail != null; trail = oldest()) {
      finish(trail, "tracing ended before its end was seen");
    }
  }

  /** Ends a trail that nothing more comes of, with what can be said of it. */
  private void finish(OpenTrail trail, String why) {
    Verdict verdict = null;
    String missing = trail.why;
    if (trail.endsUntold()) {
      missing = missing != null ? missing : "what the rules do is not known";
    } else if (trail.queued) {
      verdict = Verdict.QUEUE;
      missing = missing != null ? missing : "queued to user space, not seen again";
    } else if (!trail.passed || trail.ahead() == Way.Ahead.SURELY) {
      missing =
          missing != null
              ? missing
              : why + (trail.hook() == null ? "" : " after " + trail.hook().keyword());
    } else {
      verdict = Verdict.ACCEPT;
    }
    close(trail, verdict, missing);
  }

  private void close(OpenTrail trail, @Nullable Verdict verdict, @Nullable String why) {
    (trail.ending ? ending : going).remove(trail);
    crossings.remove(trail);
    open.remove(trail.key);
    keylessTrails -= trail.keyless ? 1 : 0;
    openHops -= trail.hops.size();
    if (trail.number == 0) {
      return;
    }
    counts.trails++;
    if (why != null) {
      counts.incomplete++;
    }
    if (verdict == Verdict.DROP) {
      counts.dropped++;
    } else if (verdict == Verdict.ACCEPT) {
      counts.accepted++;
    }
    listener.trail(
        new Trail(
            trail.number,
            trail.begin,
            trail.end,
            verdict,
            why,
            trail.decidedBy(verdict),
            trail.first,
            Collections.unmodifiableList(trail.shownChanges()),
            Collections.unmodifiableList(trail.hops),
            trail.ending(verdict, why != null && why.startsWith(UNSEEN)),
            null,
            List.of()));
  }

  private void touch(OpenTrail trail, long now) {
    trail.touched = now;
    if (trail == going.newest()) {
      return;
    }
    (trail.ending ? ending : going).remove(trail);
    // Whatever comes of it, it was not at its end.
    trail.ending = false;
    going.add(trail);
  }

  /** The one that has been quiet longest; of two, one at its end. */
  private @Nullable OpenTrail oldest() {
    OpenTrail underWay = going.oldest();
    OpenTrail atEnd = ending.oldest();
    if (underWay == null || atEnd == null) {
      return underWay == null ? atEnd : underWay;
    }
    return underWay.touched - atEnd.touched < 0 ? underWay : atEnd;
  }
}
