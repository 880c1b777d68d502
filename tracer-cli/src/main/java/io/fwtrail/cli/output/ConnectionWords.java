package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.trail.Trail;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A packet's connection in a few words, where it explains something. */
final class ConnectionWords {
  /** What conntrack did not find in order: rules ask for it, and tell such packets apart. */
  private static final List<String> ODD_STATES = List.of("invalid", "related", "untracked");

  private ConnectionWords() {}

  /**
   * The connection's number and state, and both directions where NAT makes them differ; null where
   * it is an everyday one.
   */
  static @Nullable String of(Trail trail) {
    Conntrack last = last(trail);
    Connection connection = trail.connection();
    String state = last == null ? null : last.state();
    boolean odd = state != null && ODD_STATES.contains(state);
    boolean translated = connection != null && isTranslated(connection);
    boolean special = connection != null && (connection.mark() != 0 || connection.zone() != 0);
    if (!odd && !translated && !special) {
      return null;
    }
    StringBuilder text = new StringBuilder("connection");
    long id = connection != null ? connection.id() : last == null ? 0 : last.id();
    if (id != 0) {
      text.append(' ').append(id);
    }
    if (state != null) {
      text.append(' ').append(SafeText.of(state));
    }
    if (last != null && "reply".equals(last.direction())) {
      text.append(" (this is an answer)");
    }
    if (connection != null) {
      if (connection.zone() != 0) {
        text.append(", zone ").append(connection.zone());
      }
      if (connection.mark() != 0) {
        text.append(", ct mark ").append(connection.mark());
      }
      tuple(text.append(": "), connection.original());
      if (translated) {
        tuple(text.append(", answers "), connection.reply());
      }
    }
    return text.toString();
  }

  /** What the last hop that tells of the connection tells. */
  static @Nullable Conntrack last(Trail trail) {
    for (int i = trail.hops().size() - 1; i >= 0; i--) {
      Hop hop = trail.hops().get(i);
      if (hop.conntrack() != null) {
        return hop.conntrack();
      }
    }
    return null;
  }

  /** Whether the answers bear more than the same ends changed over. */
  static boolean isTranslated(Connection connection) {
    Connection.Tuple to = connection.original();
    Connection.Tuple fro = connection.reply();
    return !to.src().equals(fro.dst())
        || !to.dst().equals(fro.src())
        || to.sport() != fro.dport()
        || to.dport() != fro.sport()
        || to.icmpId() != fro.icmpId();
  }

  /** Appends who sends to whom. */
  static void tuple(StringBuilder text, Connection.Tuple tuple) {
    Wording.end(text, tuple.src(), tuple.sport());
    Wording.end(text.append(" > "), tuple.dst(), tuple.dport());
    if (tuple.icmpId() != Packet.ABSENT) {
      text.append(" id ").append(tuple.icmpId());
    }
  }
}
