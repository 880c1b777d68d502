package io.fwtrail.tracer.hop;

import java.util.List;

/**
 * A connection as the kernel's table has it.
 *
 * @param id the kernel's number for it, unsigned 32 bits
 * @param zone its zone, 0 where none is used
 * @param original what the packets of the side that began bear, as they come in
 * @param reply what the answers bear as they come in: after NAT not just the reverse
 * @param status words such as assured, seen-reply, src-nat, dst-nat; as conntrack(8) has them
 * @param mark the connection's mark, unsigned 32 bits; 0 where none is set
 */
public record Connection(
    long id, int zone, Tuple original, Tuple reply, List<String> status, long mark) {
  /** Copies the list. */
  public Connection {
    status = List.copyOf(status);
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
