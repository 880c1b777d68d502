package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.tracer.hop.Verdict;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a rule can do to a packet, as far as its expressions say so plainly. A trace message that
 * contradicts it is not of this rule: so two rules that had the same handle, one after the other,
 * are told apart.
 *
 * @param verdicts the verdicts that a hop at this rule can show
 * @param target the one chain that its jump or goto leads to; null where there is none, or several
 * @param mark the mark that a packet bears after it; -1 where the rule sets none, or no constant
 * @param deed what it does with a packet whose way ends at it; null where that is no more than the
 *     verdict says, or not known
 */
record RuleEffects(Set<Verdict> verdicts, @Nullable String target, long mark, @Nullable Deed deed) {
  /** {@code NFT_META_MARK}. */
  private static final int META_MARK = 3;

  /** {@code NFTA_LOOKUP_DREG}. */
  private static final int LOOKUP_TARGET_REGISTER = 3;

  private static final RuleEffects ANY = new RuleEffects(EnumSet.allOf(Verdict.class), null, -1);

  /** Of a rule that does no more than its verdict says, or of which that is not known. */
  RuleEffects(Set<Verdict> verdicts, @Nullable String target, long mark) {
    this(verdicts, target, mark, null);
  }

  // Written out for a quick start; see Content.
  @Override
  public int hashCode() {
    return ((verdicts.hashCode() * 31 + Objects.hashCode(target)) * 31 + Long.hashCode(mark)) * 31
        + Objects.hashCode(deed);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RuleEffects that
        && mark == that.mark
        && verdicts.equals(that.verdicts)
        && Objects.equals(target, that.target)
        && Objects.equals(deed, that.deed);
  }

  /** Whether a hop with these values can be of this rule. */
  boolean agree(@Nullable Verdict verdict, @Nullable String hopTarget, long hopMark) {
    return (verdict == null || verdicts.contains(verdict))
        && (target == null || hopTarget == null || target.equals(hopTarget))
        && (mark < 0 || mark == hopMark);
  }

  /** The verdict, where there is only one that it can be. */
  @Nullable Verdict onlyVerdict() {
    return verdicts.size() == 1 ? verdicts.iterator().next() : null;
  }

  /** Reads them off a rule's expressions. */
  static RuleEffects of(RuleMessage rule) {
    Reader reader = new Reader(rule.family());
    try {
      rule.expressions(reader::read);
    } catch (MalformedMessageException e) {
      return ANY;
    }
    return reader.effects();
  }

  /** Walks the expressions and remembers what each register was last filled with. */
  private static final class Reader {
    private final EnumSet<Verdict> verdicts = EnumSet.noneOf(Verdict.class);
    private final java.util.Map<Integer, Long> constants = new java.util.HashMap<>();
    private final int family;
    private boolean open;
    private boolean verdictSeen;
    private @Nullable Deed deed;
    private @Nullable String target;
    private long mark = -1;

    Reader(int family) {
      this.family = family;
    }

    void read(RuleMessage.Expression expression) {
      AttributeCursor attributes = expression.attributes();
      switch (expression.name()) {
        case "immediate" -> immediate(attributes);
        case "meta" -> meta(attributes);
        case "reject" -> {
          verdict(Verdict.DROP);
          deed = Deed.reject(attributes);
        }
        case "masq", "snat", "dnat", "redir", "nat" -> {
          // Accepts, or drops where no port is left.
          verdict(Verdict.ACCEPT);
          verdict(Verdict.DROP);
        }
        case "queue" -> {
          verdict(Verdict.QUEUE);
          deed = Deed.queue(attributes);
        }
        case "lookup" -> lookup(attributes);
        case "cmp", "range", "counter", "log", "limit", "quota", "last", "connlimit", "match" -> {
          // Compare or count: no register changes, no verdict.
        }
        case "payload",
            "bitwise",
            "byteorder",
            "exthdr",
            "ct",
            "fib",
            "rt",
            "socket",
            "tproxy",
            "osf",
            "xfrm",
            "tunnel",
            "hash",
            "numgen",
            "dynset",
            "notrack",
            "dup" ->
            constants.clear();
        case "synproxy", "fwd" -> {
          // Takes the packet away, drops it, or lets it go on where it is not as it should be.
          any();
          deed = Deed.of(Deed.Kind.TAKE, expression.name());
        }
        case "target" -> {
          any();
          deed = Deed.target(family, attributes);
        }
        default ->
            // An expression of a newer kernel may do anything.
            any();
      }
    }

    private void any() {
      open = true;
      constants.clear();
    }

    /** A look-up in a map may load a verdict, which is then the element's. */
    private void lookup(AttributeCursor attributes) {
      constants.clear();
      while (attributes.next()) {
        if (attributes.type() == LOOKUP_TARGET_REGISTER && attributes.bigEndianInt() == 0) {
          open = true;
        }
      }
    }

    private void immediate(AttributeCursor attributes) {
      int register = -1;
      Long value = null;
      while (attributes.next()) {
        if (attributes.type() == 1) {
          register = attributes.bigEndianInt();
        } else if (attributes.type() == 2) {
          AttributeCursor data = new AttributeCursor().resetNested(attributes);
          while (data.next()) {
            if (data.type() == 1 && data.valueLength() == 4) {
              // Meta values are in the host's order (nft_meta.c).
              int bits = data.bigEndianInt();
              value =
                  (ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
                          ? bits
                          : Integer.reverseBytes(bits))
                      & 0xffff_ffffL;
            } else if (data.type() == 2) {
              verdict(new AttributeCursor().resetNested(data));
            }
          }
        }
      }
      if (value == null) {
        constants.remove(register);
      } else {
        constants.put(register, value);
      }
    }

    private void verdict(AttributeCursor attributes) {
      int code = NfTables.VERDICT_CONTINUE;
      String chain = null;
      while (attributes.next()) {
        if (attributes.type() == 1) {
          code = attributes.bigEndianInt();
        } else if (attributes.type() == 2) {
          chain = attributes.string();
        }
      }
      Verdict verdict = Verdict.ofCode(code);
      if (verdict == null) {
        open = true;
      } else {
        verdict(verdict);
      }
      target = chain;
    }

    private void verdict(Verdict verdict) {
      verdicts.add(verdict);
      verdictSeen = true;
    }

    private void meta(AttributeCursor attributes) {
      int key = -1;
      int source = -1;
      while (attributes.next()) {
        switch (attributes.type()) {
          case 1 -> constants.remove(attributes.bigEndianInt());
          case 2 -> key = attributes.bigEndianInt();
          case 3 -> source = attributes.bigEndianInt();
          default -> {
            // Nothing else in a meta expression.
          }
        }
      }
      if (key == META_MARK && source >= 0) {
        Long constant = constants.get(source);
        mark = constant == null ? -1 : constant;
      }
    }

    RuleEffects effects() {
      if (open) {
        return new RuleEffects(EnumSet.allOf(Verdict.class), null, mark, deed);
      }
      if (!verdictSeen) {
        verdicts.add(Verdict.CONTINUE);
      }
      return new RuleEffects(verdicts, target, mark, deed);
    }
  }
}
