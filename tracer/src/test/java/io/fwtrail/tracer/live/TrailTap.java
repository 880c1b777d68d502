package io.fwtrail.tracer.live;

import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** The trails of all packets in one namespace, traced by the program's own means. */
public final class TrailTap implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 120;

  private final LinkedBlockingQueue<Trail> trails = new LinkedBlockingQueue<>();
  private final List<Trail> others = new ArrayList<>();
  private final AtomicLong lost = new AtomicLong();
  private final LiveTrace trace;

  /** Begins. */
  public TrailTap(NetworkNamespace namespace) throws IOException {
    this(namespace, LiveTrace.Options.defaultReceiveBuffer());
  }

  /**
   * Begins.
   *
   * @param receiveBuffer in bytes
   */
  public TrailTap(NetworkNamespace namespace, int receiveBuffer) throws IOException {
    trace =
        LiveTrace.start(
            new LiveTrace.Options(
                namespace,
                PacketMatch.ALL,
                LiveTrace.MarkBy.NF_TABLES,
                LiveTrace.LegacyBy.NETLINK,
                receiveBuffer,
                TrailAssembler.Limits.DEFAULT),
            new TrailListener() {
              @Override
              public void hop(Hop hop) {}

              @Override
              public void trail(Trail trail) {
                trails.add(trail);
              }

              @Override
              public void lost(Loss loss) {
                if (loss.cause() == Loss.Cause.RECEIVE_BUFFER) {
                  lost.addAndGet(loss.count());
                }
              }
            },
            () -> {});
  }

  /** The next trail whose packet fits. */
  public Trail next(Predicate<Packet> wanted) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (true) {
      Trail trail = trails.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (trail == null) {
        throw new AssertionError(
            "no such trail among " + messages() + " messages, " + lost + " lost, only " + others);
      }
      if (trail.packet() != null && wanted.test(trail.packet())) {
        return trail;
      }
      others.add(trail);
    }
  }

  /** The next trail of a packet to a port. */
  public Trail to(int port) throws InterruptedException {
    return next(packet -> packet.dport() == port);
  }

  /** How many messages were told of as lost for want of room in the receive buffer. */
  public long lost() {
    return lost.get();
  }

  /** How many messages were read. */
  public long messages() {
    return trace.liveCounts().messages;
  }

  @Override
  public void close() throws IOException {
    trace.close();
  }
}
