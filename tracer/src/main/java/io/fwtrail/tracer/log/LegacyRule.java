package io.fwtrail.tracer.log;

import io.fwtrail.tracer.hop.Hop;
import org.jspecify.annotations.Nullable;

/**
 * What a trace of a legacy table says that the packet met, in whichever log: {@code
 * filter:FORWARD:rule:2} (net/ipv4/netfilter/ip_tables.c, trace_packet).
 *
 * @param kind as {@link LogEvent#kind}
 * @param number from 1
 */
record LegacyRule(String table, String chain, Hop.Kind kind, int number) {
  /** What the kernel writes before it, so that it is known to be a trace. */
  static final byte[] MARKER = Ascii.bytes("TRACE: ");

  /** NF_LOG_PREFIXLEN, include/net/netfilter/nf_log.h: the kernel's prefixes are shorter. */
  static final int PREFIX_LIMIT = 128;

  private static final Hop.Kind[] KINDS = Hop.Kind.values();

  /**
   * Reads one. A table's name has no colon, a chain's may have some, so the chain ends where kind
   * and number begin.
   *
   * @return null where the bytes from {@code start} to before {@code end} are something else
   */
  static @Nullable LegacyRule read(byte[] b, int start, int end, Names names) {
    int tableEnd = Ascii.indexOf(b, ':', start, end);
    int kindEnd = lastColon(b, start, end);
    int chainEnd = lastColon(b, start, kindEnd);
    if (tableEnd <= start || chainEnd <= tableEnd + 1) {
      return null;
    }
    long number = Digits.parse(b, kindEnd + 1, end);
    Hop.Kind kind = kind(b, chainEnd + 1, kindEnd);
    return kind == null || number < 1 || number > Integer.MAX_VALUE
        ? null
        : new LegacyRule(
            names.of(b, start, tableEnd), names.of(b, tableEnd + 1, chainEnd), kind, (int) number);
  }

  private static Hop.@Nullable Kind kind(byte[] b, int start, int end) {
    for (Hop.Kind kind : KINDS) {
      if (Ascii.is(b, start, end, kind.keyword())) {
        return kind;
      }
    }
    return null;
  }

  /** Before {@code end}; -1 where there is none. */
  private static int lastColon(byte[] b, int start, int end) {
    int at = end - 1;
    while (at >= start && b[at] != ':') {
      at--;
    }
    return at < start ? -1 : at;
  }

  /** Has an event say the same. */
  void fill(LogEvent event) {
    event.table = table;
    event.chain = chain;
    event.kind = kind;
    event.number = number;
  }
}
