package io.fwtrail.tracer.trail;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.Deed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a packet's way ended.
 *
 * @param kind which end it was
 * @param detail what it is more closely: what it was rejected with, the number of the queue, by
 *     what it was taken over; null where there is nothing to say
 */
public record Ending(Kind kind, @Nullable String detail) {
  /** The ends that a way can have. */
  public enum Kind {
    /** It left by an interface. */
    FORWARDED("forwarded"),
    /** It was handed to this machine's own programs. */
    DELIVERED("delivered"),
    /** A program of this machine sent it, and it left. */
    SENT("sent"),
    /** A rule or a policy dropped it. */
    DROPPED("dropped"),
    /** A rule dropped it and had its sender told. */
    REJECTED("rejected"),
    /** A program in user space has it. */
    QUEUED("queued"),
    /** Another part of the kernel took it over. */
    STOLEN("stolen"),
    /** It passed what it met, and was not seen where it should have come next. */
    LOST("lost");

    private final String keyword;

    Kind(String keyword) {
      this.keyword = keyword;
    }

    /** The word in the record of a trail. */
    public String keyword() {
      return keyword;
    }
  }

  /**
   * The end of a packet that all base chains let pass.
   *
   * @param visited the base chains that it met in this namespace, in order
   * @param in the interface that it came in by, where its last base chain tells it, or null
   * @return null where the last of them does not tell where it went
   */
  static @Nullable Ending accepted(List<Chain> visited, @Nullable String in) {
    if (visited.isEmpty()) {
      return null;
    }
    Chain last = visited.get(visited.size() - 1);
    Hook hook = last.hook();
    if (hook == null) {
      return null;
    }
    return switch (hook) {
      case INGRESS, PREROUTING -> null;
      // A bridge hands the frame up to the host, which may route it on.
      case INPUT -> last.family() == NfFamily.BRIDGE ? null : new Ending(Kind.DELIVERED, null);
      case FORWARD, OUTPUT, POSTROUTING, EGRESS -> {
        Kind kind = left(visited, in);
        yield kind == null ? null : new Ending(kind, null);
      }
    };
  }

  /** Whether a packet that left was forwarded or made here; null where that is not known. */
  private static @Nullable Kind left(List<Chain> visited, @Nullable String in) {
    for (int i = visited.size() - 1; i >= 0; i--) {
      Chain chain = visited.get(i);
      Hook hook = chain.hook();
      if (hook == Hook.FORWARD || hook == Hook.PREROUTING || hook == Hook.INGRESS) {
        return Kind.FORWARDED;
      }
      // A routed packet that leaves by a bridge meets the bridge's output, whoever made it.
      if (hook == Hook.OUTPUT && chain.family() != NfFamily.BRIDGE) {
        return Kind.SENT;
      }
    }
    return in == null ? null : Kind.FORWARDED;
  }

  /**
   * The end of a packet that a rule or a policy did not let pass.
   *
   * @param verdict drop, queue or stolen; for others there is no end
   * @param deed what the rule does, or null
   * @param version of the packet's IP; another number where it has none
   */
  static @Nullable Ending decided(Verdict verdict, @Nullable Deed deed, int version) {
    String detail = deed == null ? null : deed.detail(version);
    Deed.Kind does = deed == null ? null : deed.kind();
    return switch (verdict) {
      case DROP -> {
        if (does == Deed.Kind.REJECT) {
          yield new Ending(Kind.REJECTED, detail);
        }
        yield new Ending(Kind.DROPPED, does == Deed.Kind.TAKE ? detail : null);
      }
      case QUEUE -> new Ending(Kind.QUEUED, does == Deed.Kind.QUEUE ? detail : null);
      case STOLEN -> new Ending(Kind.STOLEN, does == Deed.Kind.TAKE ? detail : null);
      default -> null;
    };
  }
}
