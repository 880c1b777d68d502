package io.fwtrail.tracer.hop;

import io.fwtrail.netlink.nftables.NfTables;
import org.jspecify.annotations.Nullable;

/** What a rule or policy says about a packet. */
public enum Verdict {
  /** This base chain is done with the packet; chains of later priority and hooks still see it. */
  ACCEPT("accept"),
  /** The packet ends here. */
  DROP("drop"),
  /** On to the next rule. */
  CONTINUE("continue"),
  /** Into another chain, to come back. */
  JUMP("jump"),
  /** Into another chain, not to come back. */
  GOTO("goto"),
  /** Back to the calling chain, or to the policy. */
  RETURN("return"),
  /** To a program in user space, which decides. */
  QUEUE("queue"),
  /** Taken over by another part of the kernel. */
  STOLEN("stolen");

  private final String keyword;

  Verdict(String keyword) {
    this.keyword = keyword;
  }

  /** The word in the hop record and in nft. */
  public String keyword() {
    return keyword;
  }

  /**
   * The verdict of a code in a trace message; null for a number that this program does not know.
   */
  public static @Nullable Verdict ofCode(int code) {
    return switch (code) {
      // A rule that did not match to its end is "break" inside the kernel: it went on.
      case NfTables.VERDICT_CONTINUE, NfTables.VERDICT_BREAK -> CONTINUE;
      case NfTables.VERDICT_JUMP -> JUMP;
      case NfTables.VERDICT_GOTO -> GOTO;
      case NfTables.VERDICT_RETURN -> RETURN;
      default -> ofHookCode(code);
    };
  }

  /**
   * A code of the hooks has its argument in the upper bits: from queue 32,768 on it is negative.
   */
  private static @Nullable Verdict ofHookCode(int code) {
    return switch (code & NfTables.VERDICT_MASK) {
      case NfTables.VERDICT_DROP -> DROP;
      case NfTables.VERDICT_ACCEPT -> ACCEPT;
      case NfTables.VERDICT_STOLEN -> STOLEN;
      case NfTables.VERDICT_QUEUE -> QUEUE;
      default -> null;
    };
  }
}
