package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.nftables.ExpressionWriter;
import io.fwtrail.netlink.nftables.RuleMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells which rules of nf_tables make the kernel trace packets, whoever wrote them: {@code meta
 * nftrace set 1} in any family, and the TRACE of iptables-nft, which is that same expression, or an
 * xt target of that name.
 *
 * <p>A rule whose expressions cannot be read is none of them.
 */
public final class TraceRules {
  /** The target of iptables by which a rule traces. */
  public static final String TARGET = "TRACE";

  /** The verdict's register, {@code NFT_REG_VERDICT}. */
  private static final int VERDICT_REGISTER = 0;

  /** {@code NFTA_IMMEDIATE_DREG} and {@code NFTA_IMMEDIATE_DATA}. */
  private static final int IMMEDIATE_TARGET = 1;

  private static final int IMMEDIATE_DATA = 2;

  /** {@code NFTA_DATA_VALUE}. */
  private static final int DATA_VALUE = 1;

  /** {@code NFTA_META_KEY} and {@code NFTA_META_SREG}. */
  private static final int META_KEY = 2;

  private static final int META_SOURCE = 3;

  /** NFTA_PAYLOAD_DREG, NFTA_EXTHDR_DREG, NFTA_CT_DREG: all have the same number. */
  private static final int LOADS_INTO = 1;

  /** {@code NFTA_LOOKUP_DREG}, where a map is looked up in. */
  private static final int LOOKUP_TARGET = 3;

  /** {@code NFTA_TARGET_NAME}. */
  private static final int TARGET_NAME = 1;

  /** {@code NFTA_COUNTER_BYTES} and {@code NFTA_COUNTER_PACKETS}. */
  private static final int COUNTER_BYTES = 1;

  private static final int COUNTER_PACKETS = 2;

  /** Expressions that compare, look at the packet, or count it; nothing more becomes of it. */
  private static final Set<String> LOOK =
      Set.of(
          "bitwise",
          "byteorder",
          "cmp",
          "connlimit",
          "counter",
          "fib",
          "hash",
          "inner",
          "last",
          "limit",
          "match",
          "numgen",
          "osf",
          "quota",
          "range",
          "rt",
          "socket",
          "tunnel",
          "xfrm");

  /** Expressions whose attributes change with the packets that meet them. */
  private static final Set<String> COUNTING = Set.of("counter", "quota", "last");

  private TraceRules() {}

  /** Whether a rule sets the trace bit on packets. */
  public static boolean trace(RuleMessage rule) {
    return steps(rule).traces;
  }

  /**
   * Whether that is all that a rule does to packets: without it, the rest of the rule set decides
   * as before.
   */
  public static boolean onlyTrace(RuleMessage rule) {
    Steps steps = steps(rule);
    return steps.traces && !steps.doesMore;
  }

  private static Steps steps(RuleMessage rule) {
    Steps steps = new Steps();
    try {
      rule.expressions(steps::read);
    } catch (MalformedMessageException e) {
      return new Steps();
    }
    return steps;
  }

  /**
   * What a rule has counted.
   *
   * @param packets unsigned
   * @param bytes of those packets, unsigned
   */
  public record Counters(long packets, long bytes) {}

  /** What the first counter in a rule says; null where it has none. */
  public static @Nullable Counters counters(RuleMessage rule) {
    List<Counters> found = new ArrayList<>();
    try {
      rule.expressions(
          step -> {
            if (step.name().equals("counter")) {
              long packets = 0;
              long bytes = 0;
              while (step.attributes().next()) {
                switch (step.attributes().type()) {
                  case COUNTER_PACKETS -> packets = step.attributes().bigEndianLong();
                  case COUNTER_BYTES -> bytes = step.attributes().bigEndianLong();
                  default -> {
                    // Padding.
                  }
                }
              }
              found.add(new Counters(packets, bytes));
            }
          });
    } catch (MalformedMessageException e) {
      return null;
    }
    return found.isEmpty() ? null : found.get(0);
  }

  /**
   * Whether two messages tell of a rule that is the same to the last byte, but for what it counted.
   */
  public static boolean sameContent(RuleMessage one, RuleMessage other) {
    return Objects.equals(one.comment(), other.comment()) && content(one).equals(content(other));
  }

  private static List<Object> content(RuleMessage rule) {
    List<Object> content = new ArrayList<>();
    rule.expressions(
        step -> {
          content.add(step.name());
          while (!COUNTING.contains(step.name()) && step.attributes().next()) {
            content.add(step.attributes().rawType());
            content.add(ByteBuffer.wrap(step.attributes().bytes()));
          }
        });
    return content;
  }

  /** Walks the expressions of a rule. */
  private static final class Steps {
    private boolean traces;
    private boolean doesMore;

    /** Registers that hold a constant whose first byte, which is what counts, is 0. */
    private final Set<Integer> zeros = new HashSet<>();

    void read(RuleMessage.Expression step) {
      AttributeCursor attributes = step.attributes();
      switch (step.name()) {
        case "immediate" -> immediate(attributes);
        case "meta" -> meta(attributes);
        case "target" -> target(attributes);
        case "payload", "exthdr", "ct" -> {
          zeros.clear();
          // These load, or set, whichever their attributes say.
          doesMore |= !has(attributes, LOADS_INTO);
        }
        case "lookup" -> {
          zeros.clear();
          while (attributes.next()) {
            doesMore |=
                attributes.type() == LOOKUP_TARGET && attributes.bigEndianInt() == VERDICT_REGISTER;
          }
        }
        default -> {
          zeros.clear();
          doesMore |= !LOOK.contains(step.name());
        }
      }
    }

    private static boolean has(AttributeCursor attributes, int type) {
      boolean found = false;
      while (attributes.next()) {
        found |= attributes.type() == type;
      }
      return found;
    }

    private void immediate(AttributeCursor attributes) {
      int register = VERDICT_REGISTER;
      boolean zero = false;
      while (attributes.next()) {
        if (attributes.type() == IMMEDIATE_TARGET) {
          register = attributes.bigEndianInt();
        } else if (attributes.type() == IMMEDIATE_DATA) {
          AttributeCursor data = new AttributeCursor().resetNested(attributes);
          while (data.next()) {
            zero |= data.type() == DATA_VALUE && data.unsignedByte() == 0;
          }
        }
      }
      doesMore |= register == VERDICT_REGISTER;
      if (zero) {
        zeros.add(register);
      } else {
        zeros.remove(register);
      }
    }

    private void meta(AttributeCursor attributes) {
      int key = -1;
      int source = -1;
      while (attributes.next()) {
        switch (attributes.type()) {
          case META_KEY -> key = attributes.bigEndianInt();
          case META_SOURCE -> source = attributes.bigEndianInt();
          default -> {
            // The register of a load.
          }
        }
      }
      if (source < 0) {
        zeros.clear();
        return;
      }
      // The bit is set where the register's first byte is not 0 (nft_meta.c, nft_meta_set_eval).
      boolean sets = key == ExpressionWriter.META_NFTRACE && !zeros.contains(source);
      traces |= sets;
      doesMore |= !sets;
    }

    private void target(AttributeCursor attributes) {
      boolean isTrace = false;
      while (attributes.next()) {
        isTrace |= attributes.type() == TARGET_NAME && attributes.string().equals(TARGET);
      }
      traces |= isTrace;
      doesMore |= !isTrace;
    }
  }
}
