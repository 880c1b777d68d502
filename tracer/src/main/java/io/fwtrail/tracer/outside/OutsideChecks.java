package io.fwtrail.tracer.outside;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks for what, outside netfilter, a packet's way may have ended by: after the packet, so that
 * what has changed since is not seen. Each hint says what the kernel answered, in one sentence;
 * where a question fails there is none.
 *
 * <p>It asks for {@value #MOST_CHECKS_PER_SECOND} packets a second at most, and once a second for
 * packets that fare alike. A check takes a few system calls; where the calling thread is not in the
 * namespace, it waits for another thread that enters it. Not for use by several threads.
 */
public final class OutsideChecks {
  private static final int MOST_CHECKS_PER_SECOND = 20;
  private static final int MOST_KEPT = 256;
  private static final long SECOND = 1_000_000_000L;

  /** What the answers hang on. */
  private record Question(
      Hook hook, boolean left, Passenger packet, @Nullable String in, @Nullable String out) {}

  private record Answer(long since, List<String> hints) {}

  private final ConnectionChecks connections;
  private final InputChecks input;
  private final LeavingChecks leaving;
  private final LongSupplier clock;
  private final Map<Question, Answer> answers =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Question, Answer> eldest) {
          return size() > MOST_KEPT;
        }
      };
  private long secondBegan;
  private int thisSecond;
  private long skipped;

  /**
   * Makes one.
   *
   * @param routes a socket of rtnetlink in the packets' namespace; others may use it too
   * @param namespace runs tasks there: {@code NetworkNamespace::call}
   */
  public OutsideChecks(NetlinkClient routes, Place namespace) {
    this(routes, namespace, System::nanoTime);
  }

  OutsideChecks(NetlinkClient routes, Place namespace, LongSupplier clock) {
    Kernel kernel = new Kernel(routes, namespace);
    connections = new ConnectionChecks(kernel);
    input = new InputChecks(kernel);
    leaving = new LeavingChecks(kernel);
    this.clock = clock;
    secondBegan = clock.getAsLong();
  }

  /** How many packets there were that nothing was asked about, as there were too many. */
  public long skipped() {
    return skipped;
  }

  /**
   * What may have ended a packet's way, where all that it met let it pass.
   *
   * @return sentences; empty where nothing was found, or nothing was to be looked for
   */
  public List<String> hints(Trail trail) {
    Question question = question(trail);
    if (question == null) {
      return List.of();
    }
    long now = clock.getAsLong();
    Answer known = answers.get(question);
    if (known != null && now - known.since() < SECOND) {
      return known.hints();
    }
    if (now - secondBegan >= SECOND) {
      secondBegan = now;
      thisSecond = 0;
    }
    if (thisSecond >= MOST_CHECKS_PER_SECOND) {
      skipped++;
      return List.of();
    }
    thisSecond++;
    List<String> hints = List.copyOf(ask(question));
    answers.remove(question); // so that it stands behind those that are older
    answers.put(question, new Answer(now, hints));
    return hints;
  }

  private static @Nullable Question question(Trail trail) {
    if (trail.hops().isEmpty()) {
      return null;
    }
    Hop last = trail.hops().get(trail.hops().size() - 1);
    Hook hook = last.hook();
    Passenger packet = Passenger.of(last);
    if (hook == null || packet == null) {
      return null;
    }
    Ending ending = trail.ending();
    boolean lost = ending != null && ending.kind() == Ending.Kind.LOST;
    boolean left =
        ending != null
            && (ending.kind() == Ending.Kind.FORWARDED || ending.kind() == Ending.Kind.SENT);
    boolean passed = lost || left || (ending == null && trail.verdict() == Verdict.ACCEPT);
    return passed ? new Question(hook, left, packet, trail.cameIn(), last.out()) : null;
  }

  private List<String> ask(Question question) {
    List<String> hints = new ArrayList<>(2);
    String in = question.in();
    String out = question.out();
    try {
      if (question.left()) {
        if (out != null) {
          leaving.check(question.packet(), in, out, hints);
        }
      } else {
        switch (question.hook()) {
          case PREROUTING -> {
            if (in != null) {
              input.check(question.packet(), in, hints);
            }
            connections.check(question.packet(), hints);
          }
          case OUTPUT -> {
            leaving.reroute(question.packet(), hints);
            connections.check(question.packet(), hints);
          }
          default -> {
            // Nothing but netfilter is between this hook and the next.
          }
        }
      }
    } catch (IOException | MalformedMessageException e) {
      // What could not be asked gives no hint.
    }
    return hints;
  }
}
