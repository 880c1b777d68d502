package io.fwtrail.tracer.hop;

import org.jspecify.annotations.Nullable;

/**
 * The connection that a packet belongs to.
 *
 * @param id the kernel's number for it, unsigned 32 bits (as {@code conntrack -o id} prints it); 0
 *     where there is none
 * @param direction original or reply; null where it was not told
 * @param state new, established, related, invalid or untracked; null where it was not told
 */
public record Conntrack(long id, @Nullable String direction, @Nullable String state) {
  /** Bits of a rule's {@code ct state}, NF_CT_STATE_* in linux/netfilter/nf_conntrack_common.h. */
  private static final int INVALID = 1;

  private static final int ESTABLISHED = 2;
  private static final int RELATED = 4;
  private static final int NEW = 8;
  private static final int UNTRACKED = 64;

  /**
   * Of the values in a trace message.
   *
   * @param id the connection's number, 0 for none
   * @param direction 0 original, 1 reply, else not told
   * @param stateBits one NF_CT_STATE_* bit, 0 for not told
   */
  public static Conntrack of(long id, int direction, int stateBits) {
    String state =
        switch (stateBits) {
          case INVALID -> "invalid";
          case ESTABLISHED -> "established";
          case RELATED -> "related";
          case NEW -> "new";
          case UNTRACKED -> "untracked";
          default -> null;
        };
    return new Conntrack(id, direction == 0 ? "original" : direction == 1 ? "reply" : null, state);
  }

  /** Whether the packet may be the first of its connection, which alone meets nat chains. */
  public boolean mayMeetNat() {
    return state == null || state.equals("new") || state.equals("related");
  }
}
