package io.fwtrail.tracer.example;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.live.LiveTrace;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import java.io.IOException;
import java.util.function.Consumer;

/** Shows what becomes of packets, and by which rule, until Enter is pressed. */
public final class TracePackets {
  private TracePackets() {}

  /** Traces in this network namespace. */
  public static void main(String[] args) throws IOException {
    Consumer<String> lines = System.out::println;
    try (LiveTrace trace = start(NetworkNamespace.current(), lines)) {
      int unused = System.in.read();
      trace.stop();
    }
  }

  /** Begins to trace; the lines are told on the tracing's own thread. */
  static LiveTrace start(NetworkNamespace namespace, Consumer<String> lines) throws IOException {
    LiveTrace.Options options =
        new LiveTrace.Options(
            namespace,
            PacketMatch.ALL,
            LiveTrace.MarkBy.NF_TABLES,
            LiveTrace.LegacyBy.NETLINK,
            LiveTrace.Options.defaultReceiveBuffer(),
            TrailAssembler.Limits.DEFAULT);
    TrailListener listener =
        new TrailListener() {
          @Override
          public void hop(Hop hop) {}

          @Override
          public void trail(Trail trail) {
            lines.accept(line(trail));
          }

          @Override
          public void lost(Loss loss) {
            lines.accept(loss.count() + " lost: " + loss.cause().keyword());
          }
        };
    return LiveTrace.start(options, listener, () -> {});
  }

  private static String line(Trail trail) {
    StringBuilder line = new StringBuilder();
    if (trail.packet() != null) {
      line.append(trail.packet().protocol()).append(" to ").append(trail.packet().dst());
    }
    line.append(trail.verdict() == null ? ": not known" : ": " + trail.verdict().keyword());
    Hop by = trail.decidedBy();
    if (by != null) {
      line.append(" by ").append(by.table()).append(' ').append(by.chain());
      line.append(by.rule() == null ? " policy" : " rule " + by.rule().number());
    }
    return line.toString();
  }
}
