package io.fwtrail.tracer.hop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection as the kernel's table has it, and how one of its packets stands to it.
 *
 * @param id the kernel's number for it, unsigned 32 bits
 * @param zone its zone, 0 where none is used
 * @param original what the packets of the side that began bear, as they come in
 * @param reply what the answers bear as they come in: after NAT not just the reverse
 * @param status words such as assured, seen-reply, src-nat, dst-nat; as conntrack(8) has them
 * @param mark the connection's mark, unsigned 32 bits; 0 where none is set
 * @param direction of the packet: original or reply. As the packet's hops have it ({@link
 *     Conntrack}); where they tell none, which of the two tuples it bears. Null where neither is
 *     known
 * @param state of the packet: new, established or related. As the packet's hops have it; where they
 *     tell none, worked out from direction and status, as the kernel does it; null where that
 *     leaves it open
 */
public record Connection(
    long id,
    int zone,
    Tuple original,
    Tuple reply,
    List<String> status,
    long mark,
    @Nullable String direction,
    @Nullable String state) {
  /** Copies the list. */
  public Connection {
    status = List.copyOf(status);
  }

  /** One of which no packet is at hand. */
  public Connection(
      long id, int zone, Tuple original, Tuple reply, List<String> status, long mark) {
    this(id, zone, original, reply, status, mark, null, null);
  }

  /** The same, for a packet that stands to it so. */
  public Connection of(@Nullable String direction, @Nullable String state) {
    return new Connection(id, zone, original, reply, status, mark, direction, state);
  }

  /**
   * What one direction's packets bear.
   *
   * @param protocol as in {@link Packet#protocol}
   * @param sport port, or {@link Packet#ABSENT}
   * @param dport port, or {@link Packet#ABSENT}
   * @param icmpId identifier of an echo, or {@link Packet#ABSENT}
   */
  public record Tuple(
      IpAddress src, IpAddress dst, String protocol, int sport, int dport, int icmpId) {}
}
