package io.fwtrail.tracer.live;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.conntrack.ConntrackMessage;
import io.fwtrail.netlink.conntrack.ConntrackTuple;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Trail;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one namespace: finds that of a trail's packet by a question to the kernel.
 *
 * <p>A connection is asked for by the packet's addresses and ports as it was first seen; the kernel
 * finds it by either direction. Where the hops name a connection, it must be that one. Only
 * connections without a zone, or with zone 0, are found: no message tells a packet's zone.
 *
 * <p>For one thread, the event loop's.
 */
final class Connections {
  /**
   * How many answers are kept, those that were used last: one for each direction of a flow. Some 2
   * MB.
   */
  static final int KEPT = 4096;

  /**
   * How long an answer is good. Tuples and id never change; the mark may, and, where no id tells,
   * another connection may have come between the same ends. So even that of a flow which has
   * settled is asked for once a second.
   */
  static final long GOOD_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * How long an answer is good that says of a connection that it is not assured, or that there is
   * none. Within its first packets its status changes with each; afterwards it stays.
   */
  static final long GOOD_WHILE_NEW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /**
   * Questions in {@link #WINDOW_NANOS}, 1,000 a second. One takes 12 to 15 µs (measured on Linux
   * 6.18), so at most some 1.5 % of the event loop's time goes into them, and 1.5 ms in a row. Who
   * shows more flows than that a second reads none of them.
   */
  static final int QUESTIONS = 100;

  static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int ENOENT = 2;

  private final NetlinkClient client;
  private final LongSupplier clock;
  private final ConnectionEvidence evidence = new ConnectionEvidence();
  private final ConnectionQuestions questions = new ConnectionQuestions(QUESTIONS, WINDOW_NANOS);
  private final Map<Key, Answer> answers =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Answer> eldest) {
          return size() > KEPT;
        }
      };

  private boolean answered;
  private @Nullable String refusal;
  private @Nullable ConntrackMessage heard;
  private long asked;
  private long skipped;
  private long failed;

  /**
   * What a connection is known by.
   *
   * @param tuple of the packet
   * @param id that its hops tell, 0 for none
   * @param translated whether NAT may have changed the packet before it was first seen
   */
  private record Key(ConntrackTuple tuple, long id, boolean translated) {}

  /**
   * What the kernel said.
   *
   * @param connection without a packet; null where there is none
   * @param status {@code IPS_*} bits
   * @param direction of the packets that bear the key's tuple
   * @param time when it was asked
   * @param afterDrop whether the packet that it was asked for had been dropped
   */
  private record Answer(
      @Nullable Connection connection, int status, String direction, long time, boolean afterDrop) {
    private static final int SETTLED = ConntrackMessage.SEEN_REPLY | ConntrackMessage.ASSURED;

    boolean isGood(long now, boolean dropped, @Nullable Conntrack told) {
      if (connection == null && afterDrop && !dropped) {
        return false; // this packet was let through, so it may have made one
      }
      boolean answerIsNews = (status & ConntrackMessage.SEEN_REPLY) == 0;
      if (answerIsNews && told != null && "established".equals(told.state())) {
        return false;
      }
      boolean settled = (status & SETTLED) == SETTLED;
      return now - time < (settled ? GOOD_NANOS : GOOD_WHILE_NEW_NANOS);
    }
  }

  /**
   * Makes one.
   *
   * @param client asks netfilter in the namespace that the trails' first hops are in; others may
   *     use it too
   * @param clock nanoseconds, of any beginning
   */
  Connections(NetlinkClient client, LongSupplier clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * The connection of a trail's packet. It returns at once where the answer to an earlier question
   * serves, else after some 15 µs.
   *
   * @param trail one that is at its end, so that what it made is in the kernel's table
   * @return with the packet's direction and state. Null where the packet has no connection
   *     (untracked, invalid, an ICMP error, dropped as the first one of what never came to be),
   *     where it is not there any more, and where the kernel cannot be asked, now or at all
   */
  @Nullable Connection of(Trail trail) {
    Packet packet = trail.packet();
    if (refusal != null || packet == null || trail.hops().isEmpty()) {
      return null;
    }
    // Read also of packets that have no tuple: what a source tells is learnt from all.
    ConnectionEvidence.Kind kind = evidence.read(trail);
    if (kind == ConnectionEvidence.Kind.NONE) {
      return null;
    }
    ConntrackTuple tuple = ConnectionTuples.of(packet);
    if (tuple == null) {
      return null;
    }
    Conntrack told = evidence.told();
    boolean dropped = trail.verdict() == Verdict.DROP;
    Hook first = trail.hops().get(0).hook();
    Key key = new Key(tuple, told == null ? 0 : told.id(), isBehindNat(first));
    long now = clock.getAsLong();
    Answer known = answers.get(key);
    if (known != null && known.isGood(now, dropped, told)) {
      return of(known, false, told, packet);
    }
    Answer answer = ask(key, now, dropped);
    if (answer == null) {
      answers.remove(key);
      return null;
    }
    answers.put(key, answer);
    return of(answer, true, told, packet);
  }

  private static @Nullable Connection of(
      Answer answer, boolean fresh, @Nullable Conntrack told, Packet packet) {
    if (answer.connection == null) {
      return null;
    }
    String direction = told == null ? null : told.direction();
    String state = told == null ? null : told.state();
    if (direction == null) {
      direction = answer.direction;
    }
    if (state == null) {
      state = ConnectionStates.state(direction, answer.status, fresh, packet);
    }
    return answer.connection.of(direction, state);
  }

  /** Whether a packet that is first seen at a hook may have been translated on its way there. */
  private static boolean isBehindNat(@Nullable Hook hook) {
    return hook == Hook.INPUT
        || hook == Hook.FORWARD
        || hook == Hook.POSTROUTING
        || hook == Hook.EGRESS;
  }

  /** Asks the kernel; null where it was not, or could not be asked. */
  private @Nullable Answer ask(Key key, long now, boolean dropped) {
    try {
      if (!question(key.tuple, now)) {
        return null;
      }
      ConntrackTuple tuple = key.tuple;
      boolean inverse = key.translated && !isOf(heard, key);
      if (inverse) {
        // Behind all NAT a packet bears the reverse of what its answer will: that finds it.
        tuple = ConnectionTuples.inverse(key.tuple);
        if (!question(tuple, now)) {
          return null;
        }
      }
      ConntrackMessage found = heard;
      if (found == null || !isOf(found, key)) {
        return new Answer(null, 0, "", now, dropped);
      }
      boolean original = ConnectionTuples.matches(tuple, found.original()) != inverse;
      String direction = original ? "original" : "reply";
      return new Answer(shown(found), found.status(), direction, now, dropped);
    } catch (KernelRefusedException e) {
      refused(e);
    } catch (MalformedMessageException e) {
      failed++;
    } catch (IOException e) {
      refusal = Objects.requireNonNullElse(e.getMessage(), e.toString());
    }
    return null;
  }

  private static boolean isOf(@Nullable ConntrackMessage found, Key key) {
    return found != null && (key.id == 0 || key.id == found.id());
  }

  /**
   * Puts one question; its answer is in {@link #heard}.
   *
   * @return false where there are enough for now
   */
  private boolean question(ConntrackTuple tuple, long now) throws IOException {
    if (!questions.take(now)) {
      skipped++;
      return false;
    }
    asked++;
    heard = null;
    try {
      client.query(
          "asking for a connection (conntrack)",
          (writer, sequence) -> ConntrackMessage.writeGet(writer, sequence, tuple, 0),
          message -> {
            if (!ConntrackMessage.is(message.type())) {
              throw new MalformedMessageException("an answer of type " + message.type());
            }
            heard = ConntrackMessage.decode(message);
          });
    } catch (KernelRefusedException e) {
      if (e.errno() != ENOENT) {
        throw e;
      }
    }
    answered = true;
    return true;
  }

  private void refused(KernelRefusedException e) {
    // EINVAL is said of a subsystem that is not there (nfnetlink.c, nfnetlink_rcv_msg), but of
    // tuples, too, that this kernel does not take: not where it has answered others.
    if (e.noRight() || (e.notSupported() && !answered)) {
      refusal = Objects.requireNonNullElse(e.getMessage(), e.toString());
    } else {
      failed++;
    }
  }

  private static Connection shown(ConntrackMessage found) {
    return new Connection(
        found.id(),
        found.zone(),
        ConnectionTuples.shown(found.original()),
        ConnectionTuples.shown(found.reply()),
        ConnectionStates.words(found.status()),
        found.mark());
  }

  /** Why the kernel is not asked any more, for a notice; null as long as it is. */
  @Nullable String refusal() {
    return refusal;
  }

  /** Answers that are kept, {@value #KEPT} at most. */
  int kept() {
    return answers.size();
  }

  /** Questions that were put. */
  long asked() {
    return asked;
  }

  /** Trails whose connection was not asked for, as there were too many questions just then. */
  long skipped() {
    return skipped;
  }

  /** Questions that the kernel answered with an error, or with what is no connection. */
  long failed() {
    return failed;
  }
}
