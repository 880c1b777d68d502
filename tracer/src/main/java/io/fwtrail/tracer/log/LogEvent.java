package io.fwtrail.tracer.log;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import org.jspecify.annotations.Nullable;

/**
 * One event of a legacy table's trace, whichever logger told of it: {@code TRACE:
 * filter:FORWARD:rule:2} and the packet. A reader fills one object again and again.
 *
 * <p>The kernel tells no verdict here, and no id by which packets could be told apart.
 */
public final class LogEvent {
  /** A number that is not there. */
  public static final long ABSENT = -1;

  /** When, in nanoseconds since 1970-01-01T00:00Z, by the source's clock. */
  public long time;

  /** Microseconds of the kernel's own clock, which counts from its start; or {@link #ABSENT}. */
  public long kernelMicros = ABSENT;

  /** Which machine, where the source says so. */
  public @Nullable String host;

  /** {@link NfFamily#IP} or {@link NfFamily#IP6}. */
  public NfFamily family = NfFamily.UNSPECIFIED;

  public String table = "";
  public String chain = "";

  /**
   * As the kernel says it, which calls an unconditional rule at a chain's end, or anywhere an
   * unconditional ACCEPT, DROP or RETURN, a policy or a return too (net/ipv4/netfilter/ip_tables.c,
   * get_chainname_rulenum).
   */
  public Hop.Kind kind = Hop.Kind.RULE;

  /** The rule's place in its chain, from 1; of the policy one more than the last rule's. */
  public int number;

  public @Nullable String in;
  public @Nullable String out;

  /** The bridge's ports. */
  public @Nullable String physIn;

  public @Nullable String physOut;

  /** Unsigned 32 bits, 0 where none is set. */
  public long mark;

  /** Who sent it, for packets made on this machine; else {@link #ABSENT}. */
  public long uid = ABSENT;

  public long gid = ABSENT;

  public @Nullable Conntrack conntrack;

  /** Null only until the first event. */
  public @Nullable Packet packet;

  /** Back to an event of which nothing is known. */
  public void clear() {
    time = 0;
    kernelMicros = ABSENT;
    host = null;
    family = NfFamily.UNSPECIFIED;
    table = "";
    chain = "";
    kind = Hop.Kind.RULE;
    number = 0;
    in = null;
    out = null;
    physIn = null;
    physOut = null;
    mark = 0;
    uid = ABSENT;
    gid = ABSENT;
    conntrack = null;
    packet = null;
  }
}
