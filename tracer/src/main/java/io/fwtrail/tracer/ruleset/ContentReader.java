package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.SetMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Tells what rules and sets are made of. What changes with each packet (counters, a used quota) is
 * left out, as it is of the texts. Not for use by several threads.
 */
final class ContentReader {
  /**
   * Expressions that libnftables prints from their own bytes alone. Those of a newer kernel, of
   * xtables, and such as hold a number that stands for a name (a cgroup, a device) are not here.
   */
  private static final Set<String> ALONE =
      Set.of(
          "bitwise",
          "byteorder",
          "cmp",
          "connlimit",
          "counter",
          "ct",
          "dynset",
          "exthdr",
          "hash",
          "immediate",
          "last",
          "limit",
          "log",
          "lookup",
          "masq",
          "meta",
          "nat",
          "notrack",
          "numgen",
          "objref",
          "payload",
          "queue",
          "quota",
          "range",
          "redir",
          "reject");

  /**
   * Keys of {@code enum nft_meta_keys} whose values are printed as something else than they are:
   * interfaces by number (iif, oif, sdif), times in the zone of the day.
   */
  private static final Set<Integer> PRINTED_BY_NAME = Set.of(4, 5, 30, 31, 32, 33);

  private static final int META_KEY = 2;
  private static final int QUOTA_CONSUMED = 4;

  /** Also of dynset. */
  private static final int LOOKUP_SET = 1;

  private static final int OBJREF_SET = 4;
  private static final int IMMEDIATE_DATA = 2;
  private static final int DATA_VERDICT = 2;
  private static final int VERDICT_CHAIN = 2;

  /** NFTA_SET_FLAGS, KEY_TYPE, KEY_LEN, DATA_TYPE, DATA_LEN, USERDATA, OBJ_TYPE. */
  private static final Set<Integer> SET_DEFINITION = Set.of(3, 4, 5, 6, 7, 13, 15);

  private static final int ELEMENTS = 3;

  /**
   * Of this process's own, so that nobody can prepare two rules of one digest. A digest of
   * java.security would take ten times as long as all else while the JVM is cold.
   */
  private static final long SEED_HIGH;

  private static final long SEED_LOW;

  static {
    // Not from java.security's SecureRandom: to find its provider takes a tenth of the whole start.
    try (DataInputStream random =
        new DataInputStream(Files.newInputStream(Path.of("/dev/urandom")))) {
      SEED_HIGH = random.readLong();
      SEED_LOW = random.readLong();
    } catch (IOException e) {
      throw new UncheckedIOException("/dev/urandom cannot be read", e);
    }
  }

  private long high = SEED_HIGH;
  private long low = SEED_LOW;

  /**
   * What a rule is made of.
   *
   * @param sets of its table, by name
   */
  Content of(RuleMessage rule, Map<String, SetContent> sets) {
    int[] flags = {Content.ALONE};
    number(rule.family());
    String comment = rule.comment();
    text(comment == null ? "" : comment);
    try {
      rule.expressions(expression -> flags[0] = add(expression, sets, flags[0]));
    } catch (MalformedMessageException e) {
      flags[0] &= ~Content.ALONE;
      bytes(rule.expressionList(), 0, rule.expressionList().readableBytes());
    }
    return take(flags[0]);
  }

  private int add(RuleMessage.Expression expression, Map<String, SetContent> sets, int before) {
    int flags = before;
    String name = expression.name();
    text(name);
    if (!ALONE.contains(name)) {
      flags &= ~Content.ALONE;
    }
    if (name.equals("counter")) {
      return flags | Content.COUNTED;
    }
    if (name.equals("last")) {
      return flags;
    }
    AttributeCursor attributes = expression.attributes();
    while (attributes.next()) {
      int type = attributes.type();
      if (name.equals("quota") && type == QUOTA_CONSUMED) {
        continue;
      }
      number(type);
      if (type == setName(name)) {
        SetContent set = sets.get(attributes.string());
        if (set == null || !set.isKnown()) {
          flags &= ~Content.ALONE;
        } else {
          number(set.definition().high());
          number(set.definition().low());
          number(set.high());
          number(set.low());
          number(set.elements());
          if (set.anonymous()) {
            continue;
          }
        }
      } else if (name.equals("meta") && type == META_KEY) {
        if (PRINTED_BY_NAME.contains(attributes.bigEndianInt())) {
          flags &= ~Content.ALONE;
        }
      } else if (name.equals("immediate") && type == IMMEDIATE_DATA && leadsToUnnamed(attributes)) {
        flags &= ~Content.ALONE;
      }
      bytes(attributes.buffer(), attributes.valueStart(), attributes.valueEnd());
    }
    return flags;
  }

  private static int setName(String expression) {
    return switch (expression) {
      case "lookup", "dynset" -> LOOKUP_SET;
      case "objref" -> OBJREF_SET;
      default -> -1;
    };
  }

  /** A chain that stands inside a rule ({@code jump { … }}) is printed with it. */
  private static boolean leadsToUnnamed(AttributeCursor data) {
    AttributeCursor kinds = new AttributeCursor().resetNested(data);
    while (kinds.next()) {
      if (kinds.type() == DATA_VERDICT) {
        AttributeCursor verdict = new AttributeCursor().resetNested(kinds);
        while (verdict.next()) {
          if (verdict.type() == VERDICT_CHAIN && isUnnamed(verdict.string())) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Whether a chain's name is of the kernel's making (nf_tables_api.c, nf_tables_addchain). */
  static boolean isUnnamed(String chain) {
    return chain.startsWith("__chain");
  }

  /**
   * What a set is made of.
   *
   * @param fresh whether it is new, so that all of its elements are still to be told
   */
  SetContent of(SetMessage set, boolean fresh) {
    AttributeCursor attributes = all(set);
    while (attributes.next()) {
      if (SET_DEFINITION.contains(attributes.type())) {
        number(attributes.type());
        bytes(attributes.buffer(), attributes.valueStart(), attributes.valueEnd());
      }
    }
    boolean anonymous = set.isAnonymous();
    return new SetContent(anonymous, take(0), 0, 0, anonymous && fresh ? 0 : -1);
  }

  /** A set with the elements that a message adds. */
  SetContent with(SetContent set, SetMessage elements) {
    SetContent sum = set;
    AttributeCursor attributes = all(elements);
    while (attributes.next()) {
      if (attributes.type() == ELEMENTS) {
        AttributeCursor list = new AttributeCursor().resetNested(attributes);
        while (list.next()) {
          bytes(list.buffer(), list.valueStart(), list.valueEnd());
          sum = sum.with(take(0));
        }
      }
    }
    return sum;
  }

  private static AttributeCursor all(SetMessage set) {
    return new AttributeCursor().reset(set.attributes(), 0, set.attributes().readableBytes());
  }

  private void number(long value) {
    high = (high ^ value) * 0x9e37_79b9_7f4a_7c15L;
    high ^= high >>> 32;
    low = Long.rotateLeft((low + value) * 0xc2b2_ae3d_27d4_eb4fL, 29) ^ high;
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    bytes(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
  }

  private void bytes(ByteBuf buffer, int start, int end) {
    number(end - start);
    int at = start;
    for (; end - at >= Long.BYTES; at += Long.BYTES) {
      number(buffer.getLong(at));
    }
    long rest = 0;
    for (; at < end; at++) {
      rest = (rest << 8) | (buffer.getByte(at) & 0xff);
    }
    number(rest);
  }

  private Content take(int flags) {
    Content taken = new Content(spread(high), spread(low ^ high), flags);
    high = SEED_HIGH;
    low = SEED_LOW;
    return taken;
  }

  /** Has each bit depend on all (as the end of MurmurHash3 does). */
  private static long spread(long value) {
    long bits = (value ^ value >>> 33) * 0xff51_afd7_ed55_8ccdL;
    bits = (bits ^ bits >>> 33) * 0xc4ce_b9fe_1a85_ec53L;
    return bits ^ bits >>> 33;
  }
}
