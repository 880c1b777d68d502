package io.fwtrail.netlink.nftables;

/**
 * The part of a trace message that tells what was met and what came of it (family, table, chain,
 * rule, type, verdict, policy): all but the packet, its mark and its id. It is the same for all
 * packets that fare alike, so whoever has worked out what it means once need not do it again, and
 * {@link TraceMessage#decodeAs} need not read it again. Immutable, and independent of the buffer
 * that it was read from.
 */
public final class TraceOutcome {
  /** From the nfnetlink header up to the last attribute, without the four bytes of the id. */
  final byte[] bytes;

  /** Where in the message the id stands, from the nfnetlink header on. */
  final int idOffset;

  /** What {@link TraceMessage} has read of it; positions count from the nfnetlink header. */
  final int present;

  /** How many attributes it has whose numbers this program does not know. */
  final int unknown;

  final int family;
  final int protocolFamily;
  final int tableStart;
  final int tableEnd;
  final int chainStart;
  final int chainEnd;
  final int targetStart;
  final int targetEnd;
  final long handle;
  final int type;
  final int verdictCode;
  final int policy;

  TraceOutcome(
      byte[] bytes,
      int idOffset,
      int present,
      int unknown,
      int family,
      int protocolFamily,
      int tableStart,
      int tableEnd,
      int chainStart,
      int chainEnd,
      int targetStart,
      int targetEnd,
      long handle,
      int type,
      int verdictCode,
      int policy) {
    this.bytes = bytes;
    this.idOffset = idOffset;
    this.present = present;
    this.unknown = unknown;
    this.family = family;
    this.protocolFamily = protocolFamily;
    this.tableStart = tableStart;
    this.tableEnd = tableEnd;
    this.chainStart = chainStart;
    this.chainEnd = chainEnd;
    this.targetStart = targetStart;
    this.targetEnd = targetEnd;
    this.handle = handle;
    this.type = type;
    this.verdictCode = verdictCode;
    this.policy = policy;
  }

  /** How many bytes of the message it takes, id included. */
  int length() {
    return bytes.length + Integer.BYTES;
  }
}
