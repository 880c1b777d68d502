package io.fwtrail.tracer.ruleset;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.nftables.NfFamily;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a rule does with a packet whose way ends at it, more closely than the verdict says.
 *
 * @param kind what sort of end it is
 * @param forV4 with what, for an IPv4 packet; null where that is not known
 * @param forV6 with what, for an IPv6 packet: one code of a rejection means another thing there
 */
public record Deed(Kind kind, @Nullable String forV4, @Nullable String forV6) {
  /** The sorts of ends. */
  public enum Kind {
    /** Drops it and has its sender told. */
    REJECT,
    /** Hands it to a program in user space. */
    QUEUE,
    /** Takes it away from the hooks. */
    TAKE
  }

  /** {@code NFT_REJECT_ICMP_UNREACH}, {@code _TCP_RST}, {@code _ICMPX_UNREACH}. */
  private static final int ICMP = 0;

  private static final int TCP_RESET = 1;
  private static final int ICMPX = 2;

  /** Codes of ICMP's type 3, destination unreachable (RFC 792, RFC 1812), in nft's words. */
  private static final String[] ICMP_CODES = {
    "net-unreachable",
    "host-unreachable",
    "prot-unreachable",
    "port-unreachable",
    "frag-needed",
    "5",
    "6",
    "7",
    "8",
    "net-prohibited",
    "host-prohibited",
    "11",
    "12",
    "admin-prohibited"
  };

  /** Codes of ICMPv6's type 1, destination unreachable (RFC 4443 section 3.1), in nft's words. */
  private static final String[] ICMPV6_CODES = {
    "no-route",
    "admin-prohibited",
    "2",
    "addr-unreachable",
    "port-unreachable",
    "policy-fail",
    "reject-route"
  };

  /** {@code enum nft_reject_inet_code} of linux/netfilter/nf_tables.h, in nft's words. */
  private static final String[] ICMPX_CODES = {
    "no-route", "port-unreachable", "host-unreachable", "admin-prohibited"
  };

  /** {@code enum ipt_reject_with} of linux/netfilter_ipv4/ipt_REJECT.h, in nft's words. */
  private static final String[] IPT_REJECT = {
    "icmp net-unreachable",
    "icmp host-unreachable",
    "icmp prot-unreachable",
    "icmp port-unreachable",
    "icmp echo-reply",
    "icmp net-prohibited",
    "icmp host-prohibited",
    "tcp reset",
    "icmp admin-prohibited"
  };

  /** {@code enum ip6t_reject_with} of linux/netfilter_ipv6/ip6t_REJECT.h, in nft's words. */
  private static final String[] IP6T_REJECT = {
    "icmpv6 no-route",
    "icmpv6 admin-prohibited",
    "icmpv6 2",
    "icmpv6 addr-unreachable",
    "icmpv6 port-unreachable",
    "icmpv6 echo-reply",
    "tcp reset",
    "icmpv6 policy-fail",
    "icmpv6 reject-route"
  };

  private static final Pattern NFT_REJECT =
      Pattern.compile(
          "(?:^|.* )reject(?: with (?:(icmp|icmpv6|icmpx)(?: type)? ([a-z-]+)|(tcp) reset))?");
  private static final Pattern NFT_QUEUE =
      Pattern.compile("(?:^|.* )queue(?: flags \\S+)? (?:to|num) ([0-9]+(?:-[0-9]+)?)(?: .*)?");
  private static final Pattern IPTABLES_REJECT =
      Pattern.compile(".* -j REJECT --reject-with (tcp-reset|(icmp6?)-([a-z-]+))(?: .*)?");
  private static final Pattern IPTABLES_QUEUE =
      Pattern.compile(".* -j NFQUEUE --queue-(?:num|balance) ([0-9]+)(?::([0-9]+))?(?: .*)?");

  static Deed of(Kind kind, @Nullable String detail) {
    return new Deed(kind, detail, detail);
  }

  /** With what, for a packet of an IP version; null where that is not known. */
  public @Nullable String detail(int version) {
    return version == 6 ? forV6 : forV4;
  }

  /**
   * Reads nf_tables's expression {@code reject}.
   *
   * @param attributes {@code NFTA_REJECT_TYPE} and {@code NFTA_REJECT_ICMP_CODE}
   */
  static Deed reject(AttributeCursor attributes) {
    int type = -1;
    int code = -1;
    while (attributes.next()) {
      if (attributes.type() == 1) {
        type = attributes.bigEndianInt();
      } else if (attributes.type() == 2) {
        code = attributes.unsignedByte();
      }
    }
    return switch (type) {
      case ICMP ->
          new Deed(
              Kind.REJECT, "icmp " + word(ICMP_CODES, code), "icmpv6 " + word(ICMPV6_CODES, code));
      case TCP_RESET -> of(Kind.REJECT, "tcp reset");
      case ICMPX -> of(Kind.REJECT, "icmpx " + word(ICMPX_CODES, code));
      default -> of(Kind.REJECT, null);
    };
  }

  /**
   * Reads nf_tables's expression {@code queue}.
   *
   * @param attributes {@code NFTA_QUEUE_NUM} and {@code NFTA_QUEUE_TOTAL}, or a register for the
   *     number
   */
  static Deed queue(AttributeCursor attributes) {
    int first = -1;
    int total = 1;
    while (attributes.next()) {
      if (attributes.type() == 1) {
        first = bigEndianShort(attributes);
      } else if (attributes.type() == 2) {
        total = bigEndianShort(attributes);
      }
    }
    return of(Kind.QUEUE, queues(first, total));
  }

  private static int bigEndianShort(AttributeCursor attribute) {
    return attribute.valueLength() < 2
        ? -1
        : attribute.buffer().getUnsignedShort(attribute.valueStart());
  }

  /**
   * Reads a target of xt as nf_tables runs it for iptables-nft.
   *
   * @param family of the rule's table
   * @param attributes {@code NFTA_TARGET_NAME} and {@code NFTA_TARGET_INFO}, the target's own
   *     structure in host byte order
   * @return null for a target at which no way ends, or that is not known
   */
  static @Nullable Deed target(int family, AttributeCursor attributes) {
    String name = "";
    byte[] info = {};
    while (attributes.next()) {
      if (attributes.type() == 1) {
        name = attributes.string();
      } else if (attributes.type() == 3) {
        info = attributes.bytes();
      }
    }
    return switch (name) {
      case "REJECT" ->
          of(
              Kind.REJECT,
              info.length < 4
                  ? null
                  : word(
                      family == NfFamily.IP6.number() ? IP6T_REJECT : IPT_REJECT,
                      ByteBuffer.wrap(info).order(ByteOrder.nativeOrder()).getInt()));
      case "NFQUEUE" ->
          // struct xt_NFQ_info: the number; from revision 1 on, how many there are.
          of(
              Kind.QUEUE,
              queues(hostShort(info, 0), info.length < 4 ? 1 : Math.max(1, hostShort(info, 2))));
      case "SYNPROXY" -> of(Kind.TAKE, "synproxy");
      default -> null;
    };
  }

  private static int hostShort(byte[] info, int at) {
    return info.length < at + 2
        ? -1
        : ByteBuffer.wrap(info).order(ByteOrder.nativeOrder()).getShort(at) & 0xffff;
  }

  /** Reads it off a rule as nft or iptables-save prints it; null where it says nothing of one. */
  static @Nullable Deed ofText(String text, NfFamily family) {
    Matcher queue = NFT_QUEUE.matcher(text);
    if (queue.matches()) {
      return of(Kind.QUEUE, queue.group(1));
    }
    queue = IPTABLES_QUEUE.matcher(text);
    if (queue.matches()) {
      String last = queue.group(2);
      return of(Kind.QUEUE, last == null ? queue.group(1) : queue.group(1) + "-" + last);
    }
    Matcher reject = IPTABLES_REJECT.matcher(text);
    if (reject.matches()) {
      String code = reject.group(3);
      return of(
          Kind.REJECT,
          code == null
              ? "tcp reset"
              : ("icmp6".equals(reject.group(2)) ? "icmpv6 " : "icmp ") + nftWord(code));
    }
    reject = NFT_REJECT.matcher(text);
    if (reject.matches()) {
      if (reject.group(3) != null) {
        return of(Kind.REJECT, "tcp reset");
      }
      if (reject.group(1) != null) {
        return of(Kind.REJECT, reject.group(1) + " " + reject.group(2));
      }
      return of(Kind.REJECT, byDefault(family));
    }
    return null;
  }

  /** What nft leaves out because it goes without saying. */
  private static String byDefault(NfFamily family) {
    return switch (family) {
      case IP -> "icmp port-unreachable";
      case IP6 -> "icmpv6 port-unreachable";
      default -> "icmpx port-unreachable";
    };
  }

  private static String nftWord(String iptablesWord) {
    return switch (iptablesWord) {
      case "proto-unreachable" -> "prot-unreachable";
      case "adm-prohibited" -> "admin-prohibited";
      default -> iptablesWord;
    };
  }

  private static @Nullable String queues(int first, int total) {
    if (first < 0 || total < 1) {
      return null;
    }
    return total == 1 ? Integer.toString(first) : first + "-" + (first + total - 1);
  }

  private static String word(String[] words, int code) {
    return code >= 0 && code < words.length ? words[code] : Integer.toString(code);
  }
}
