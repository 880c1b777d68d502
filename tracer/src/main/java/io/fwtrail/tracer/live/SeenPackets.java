package io.fwtrail.tracer.live;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * The packets that were seen last, by their trace ids. A packet is shown at each base chain, mostly
 * with the very same bytes as at the one before: then it is the very same object, and is neither
 * decoded anew nor, by whoever keeps what was made of the last one, written anew. Not for use by
 * several threads.
 */
final class SeenPackets {
  /** More than are under way at once on any machine that was seen; a power of two. */
  private static final int SLOTS = 256;

  private final @Nullable Seen[] slots = new Seen[SLOTS];

  /** What one message showed. */
  private static final class Seen {
    private final ByteBuf link = Unpooled.wrappedBuffer(new byte[20]);
    private final ByteBuf network = Unpooled.wrappedBuffer(new byte[40]);
    private final ByteBuf transport = Unpooled.wrappedBuffer(new byte[20]);
    private int linkLength;
    private int networkLength;
    private int transportLength;
    private int deviceType;
    private int family;
    private Packet packet;
    private @Nullable Conntrack conntrack;
    private long ctId;
    private int ctDirection;
    private int ctState;

    Seen(TraceMessage m) {
      packet = decode(m);
      keep(this, m);
    }
  }

  private static int slot(TraceMessage m) {
    int id = m.id();
    return (id ^ id >>> 16) & (SLOTS - 1);
  }

  /** The packet that a message shows. */
  Packet packet(TraceMessage m) {
    int slot = slot(m);
    Seen seen = slots[slot];
    if (seen == null) {
      seen = new Seen(m);
      slots[slot] = seen;
      return seen.packet;
    }
    ByteBuf buffer = m.buffer();
    boolean same =
        seen.family == m.protocolFamily()
            && seen.deviceType == m.iifType()
            && seen.linkLength == m.linkLength()
            && seen.networkLength == m.networkLength()
            && seen.transportLength == m.transportLength()
            // Where two packets of one flow differ: id, length, sequence number.
            && ByteBufUtil.equals(buffer, m.networkStart(), seen.network, 0, seen.networkLength)
            && ByteBufUtil.equals(
                buffer, m.transportStart(), seen.transport, 0, seen.transportLength)
            && ByteBufUtil.equals(buffer, m.linkStart(), seen.link, 0, seen.linkLength);
    if (!same) {
      seen.packet = decode(m);
      keep(seen, m);
    }
    return seen.packet;
  }

  private static void keep(Seen seen, TraceMessage m) {
    if (m.linkLength() > seen.link.capacity()
        || m.networkLength() > seen.network.capacity()
        || m.transportLength() > seen.transport.capacity()) {
      seen.family = -1; // longer than any kernel sends it: not kept
      return;
    }
    seen.family = m.protocolFamily();
    seen.deviceType = m.iifType();
    seen.linkLength = m.linkLength();
    seen.networkLength = m.networkLength();
    seen.transportLength = m.transportLength();
    ByteBuf buffer = m.buffer();
    buffer.getBytes(m.linkStart(), seen.link, 0, seen.linkLength);
    buffer.getBytes(m.networkStart(), seen.network, 0, seen.networkLength);
    buffer.getBytes(m.transportStart(), seen.transport, 0, seen.transportLength);
  }

  private static Packet decode(TraceMessage m) {
    return PacketDecoder.decode(
        m.buffer(),
        m.linkStart(),
        m.linkLength(),
        m.iifType(),
        m.networkStart(),
        m.networkLength(),
        m.transportStart(),
        m.transportLength(),
        switch (NfFamily.of(m.protocolFamily())) {
          case IP -> PacketDecoder.Network.IPV4;
          case IP6 -> PacketDecoder.Network.IPV6;
          case ARP -> PacketDecoder.Network.ARP;
          default -> PacketDecoder.Network.UNKNOWN;
        });
  }

  /** The connection that a message tells of; null where it tells of none. */
  @Nullable Conntrack conntrack(TraceMessage m) {
    if (!m.hasConntrack()) {
      return null;
    }
    Seen seen = slots[slot(m)];
    if (seen == null) {
      return Conntrack.of(m.ctId(), m.ctDirection(), m.ctState(), m.ctStatus());
    }
    Conntrack known = seen.conntrack;
    if (known == null
        || seen.ctId != m.ctId()
        || seen.ctDirection != m.ctDirection()
        || seen.ctState != m.ctState()
        || known.status() != m.ctStatus()) {
      known = Conntrack.of(m.ctId(), m.ctDirection(), m.ctState(), m.ctStatus());
      seen.conntrack = known;
      seen.ctId = m.ctId();
      seen.ctDirection = m.ctDirection();
      seen.ctState = m.ctState();
    }
    return known;
  }
}
