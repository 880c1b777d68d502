package io.fwtrail.tracer.hop;

import io.fwtrail.netlink.nftables.NfFamily;
import org.jspecify.annotations.Nullable;

/**
 * One packet meeting one rule, policy or return, in one chain of one table.
 *
 * @param time nanoseconds since 1970-01-01T00:00Z
 * @param clock whose clock {@code time} is of
 * @param source how the hop came here
 * @param trail number of the packet's trail, from 1 up in the order in which packets were first
 *     seen
 * @param family the table's family; an inet table's hop says inet
 * @param table the table's name
 * @param chain the chain's name
 * @param hook the hook that the chain is run from, null where it is not known
 * @param kind rule, policy or return
 * @param rule the rule; null for a policy or a return
 * @param verdict what became of the packet here; null where nothing tells it
 * @param target the chain that a jump or goto leads to
 * @param verdictFrom who tells the verdict; null where there is none
 * @param in name of the interface that the packet came in by, or null
 * @param out name of the interface that it leaves by, or null
 * @param mark the packet's mark, unsigned 32 bits; 0 where none is set
 * @param conntrack its connection, where the source tells it
 * @param surroundings what else the source tells; null where that is nothing
 * @param packet the packet as the source showed it last in this base chain; null where its
 *     beginning was lost
 */
public record Hop(
    long time,
    Clock clock,
    Source source,
    long trail,
    NfFamily family,
    String table,
    String chain,
    @Nullable Hook hook,
    Kind kind,
    @Nullable Rule rule,
    @Nullable Verdict verdict,
    @Nullable String target,
    @Nullable VerdictFrom verdictFrom,
    @Nullable String in,
    @Nullable String out,
    long mark,
    @Nullable Conntrack conntrack,
    @Nullable Surroundings surroundings,
    @Nullable Packet packet) {

  /**
   * What only some sources tell.
   *
   * @param physIn the bridge's port that the packet came in by, or null
   * @param physOut the bridge's port that it leaves by, or null
   * @param uid of the program that sent it from this machine; -1 where it is not known
   * @param gid likewise
   * @param netns the network namespace's name, where several are traced at once, or null
   * @param host the machine's name as a log has it, or null
   */
  public record Surroundings(
      @Nullable String physIn,
      @Nullable String physOut,
      long uid,
      long gid,
      @Nullable String netns,
      @Nullable String host) {
    /** The same, or null where nothing of it is known. */
    public static @Nullable Surroundings of(
        @Nullable String physIn,
        @Nullable String physOut,
        long uid,
        long gid,
        @Nullable String netns,
        @Nullable String host) {
      return physIn == null
              && physOut == null
              && uid < 0
              && gid < 0
              && netns == null
              && host == null
          ? null
          : new Surroundings(physIn, physOut, uid, gid, netns, host);
    }

    /** The same in a network namespace of this name. */
    public Surroundings in(@Nullable String name) {
      return new Surroundings(physIn, physOut, uid, gid, name, host);
    }
  }

  /** The network namespace's name, where several are traced at once, or null. */
  public @Nullable String netns() {
    return surroundings == null ? null : surroundings.netns();
  }

  /** What was met. */
  public enum Kind {
    RULE("rule"),
    POLICY("policy"),
    RETURN("return");

    private final String keyword;

    Kind(String keyword) {
      this.keyword = keyword;
    }

    /** The word in the hop record. */
    public String keyword() {
      return keyword;
    }
  }

  /** Whose clock a time is of. */
  public enum Clock {
    /** The kernel's, at the hop. */
    KERNEL("kernel"),
    /** This program's, when the message was read: netlink trace messages bear no time. */
    RECEIVE("receive"),
    /** The log daemon's. */
    SYSLOG("syslog");

    private final String keyword;

    Clock(String keyword) {
      this.keyword = keyword;
    }

    /** The word in the hop record. */
    public String keyword() {
      return keyword;
    }
  }

  /** How a hop came here. */
  public enum Source {
    NFTRACE("nftrace"),
    NFLOG("nflog"),
    KMSG("kmsg"),
    SYSLOG("syslog");

    private final String keyword;

    Source(String keyword) {
      this.keyword = keyword;
    }

    /** The word in the hop record. */
    public String keyword() {
      return keyword;
    }
  }

  /** Who tells a verdict. */
  public enum VerdictFrom {
    /** The kernel's message says it. */
    KERNEL("kernel"),
    /** It was worked out from the rule set. */
    RULESET("ruleset");

    private final String keyword;

    VerdictFrom(String keyword) {
      this.keyword = keyword;
    }

    /** The word in the hop record. */
    public String keyword() {
      return keyword;
    }
  }
}
