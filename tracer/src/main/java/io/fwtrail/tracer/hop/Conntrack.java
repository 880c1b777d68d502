package io.fwtrail.tracer.hop;

import org.jspecify.annotations.Nullable;

/**
 * The connection that a packet belongs to.
 *
 * @param id the kernel's number for it, unsigned 32 bits (as {@code conntrack -o id} prints it); 0
 *     where there is none
 * @param direction original or reply; null where it was not told
 * @param state new, established, related, invalid or untracked; null where it was not told
 * @param status bits of {@code enum ip_conntrack_status} (linux/netfilter/nf_conntrack_common.h); 0
 *     where they were not told
 */
public record Conntrack(long id, @Nullable String direction, @Nullable String state, int status) {
  /** Bits of a rule's {@code ct state}, NF_CT_STATE_* in linux/netfilter/nf_conntrack_common.h. */
  private static final int INVALID = 1;

  private static final int ESTABLISHED = 2;
  private static final int RELATED = 4;
  private static final int NEW = 8;
  private static final int UNTRACKED = 64;

  private static final int SOURCE_NAT_DONE = 1 << 7;
  private static final int DESTINATION_NAT_DONE = 1 << 8;

  /** One whose status was not told. */
  public Conntrack(long id, @Nullable String direction, @Nullable String state) {
    this(id, direction, state, 0);
  }

  /**
   * Of the values in a trace message.
   *
   * @param id the connection's number, 0 for none
   * @param direction 0 original, 1 reply, else not told
   * @param stateBits one NF_CT_STATE_* bit, 0 for not told
   * @param status as {@link #status}
   */
  public static Conntrack of(long id, int direction, int stateBits, int status) {
    String state =
        switch (stateBits) {
          case INVALID -> "invalid";
          case ESTABLISHED -> "established";
          case RELATED -> "related";
          case NEW -> "new";
          case UNTRACKED -> "untracked";
          default -> null;
        };
    return new Conntrack(
        id, direction == 0 ? "original" : direction == 1 ? "reply" : null, state, status);
  }

  /**
   * Whether the packet may meet the nat chains of a hook. Only the first packet of a connection
   * does, and that once: to change its destination on its way in, its source on its way out
   * (net/netfilter/nf_nat_core.c, nf_nat_inet_fn). A connection is new until it is answered, so it
   * is the status that tells which packet was the first.
   */
  public boolean mayMeetNat(Hook hook) {
    if (state != null && !state.equals("new") && !state.equals("related")) {
      return false;
    }
    boolean wayIn = hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    return (status & (wayIn ? DESTINATION_NAT_DONE : SOURCE_NAT_DONE)) == 0;
  }
}
