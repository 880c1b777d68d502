package io.fwtrail.tracer.log;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketDecoder;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text of a trace, from behind {@code TRACE: } on, as net/netfilter/nf_log_syslog.c
 * writes it: the rule, interfaces, hardware addresses, the IP header, the transport header, and
 * whose socket it was.
 *
 * <pre>
 * filter:INPUT:rule:6 IN=eth0 OUT= MAC=… SRC=… DST=… LEN=40 TOS=0x00 PREC=0x00 TTL=56 ID=64783 DF
 *   PROTO=TCP SPT=62598 DPT=443 SEQ=… ACK=… WINDOW=82 RES=0x00 ACK URGP=0 OPT (…) UID=… MARK=0x7
 * </pre>
 *
 * <p>The kernel prints the type of service in two parts, of which neither has the lowest bit (one
 * of ECN's two): it is always 0 here.
 *
 * <p>A text is understood whole or not at all: what was cut or mixed with another line lacks a part
 * that its protocol always has, has one twice, or a word that is none.
 */
final class TraceText {
  private static final byte[] IN = LogLineParser.ascii(" IN=");
  private static final byte[] OUT = LogLineParser.ascii(" OUT=");
  private static final int ETHERNET_OCTETS = 14;

  /** NF_LOG_PREFIXLEN, include/net/netfilter/nf_log.h: what stands before IN= is shorter. */
  private static final int PREFIX_LIMIT = 128;

  /** ICMP, TCP, UDP, ESP, AH, ICMPv6, UDP-Lite. */
  private static final Set<Integer> NAMED = Set.of(1, 6, 17, 50, 51, 58, 136);

  /** Which words were seen; each may come once. */
  private static final int SEEN_OUT = 1;

  private static final int SEEN_SRC = 1 << 1;
  private static final int SEEN_DST = 1 << 2;
  private static final int SEEN_LEN = 1 << 3;
  private static final int SEEN_TTL = 1 << 4;
  private static final int SEEN_PROTO = 1 << 5;
  private static final int SEEN_URGP = 1 << 6;
  private static final int SEEN_L4_LEN = 1 << 7;
  private static final int SEEN_CODE = 1 << 8;
  private static final int SEEN_SPT = 1 << 9;
  private static final int SEEN_DPT = 1 << 10;
  private static final int SEEN_ID = 1 << 11;
  private static final int SEEN_TOS = 1 << 12;
  private static final int SEEN_MARK = 1 << 13;
  private static final int SEEN_UID = 1 << 14;
  private static final int SEEN_GID = 1 << 15;
  private static final int SEEN_MAC = 1 << 16;
  private static final int SEEN_TYPE = 1 << 17;
  private static final int SEEN_SEQ = 1 << 18;
  private static final int SEEN_PREC = 1 << 19;
  private static final int SEEN_PROTOCOL_NUMBER = 1 << 20;
  private static final int SEEN_IN = 1 << 21;

  private static final int IP = SEEN_OUT | SEEN_SRC | SEEN_DST | SEEN_LEN | SEEN_TTL;
  private static final int TCP_WORDS = SEEN_SPT | SEEN_DPT | SEEN_URGP;
  private static final int UDP_WORDS = SEEN_SPT | SEEN_DPT | SEEN_L4_LEN;

  private final SeenTexts packets = new SeenTexts();
  private int seen;
  private boolean twice;
  private boolean incomplete;
  private @Nullable IpAddress src;
  private @Nullable IpAddress dst;
  private int length;
  private int tos;
  private int ttl;
  private int id;
  private int flowLabel;
  private boolean dontFragment;
  private boolean more;
  private int fragmentOffset;
  private @Nullable String protocol;
  private int sport;
  private int dport;
  private long seq;
  private long ack;
  private int window;
  private int flags;
  private int icmpType;
  private int icmpCode;
  private int icmpId;
  private int icmpSeq;
  private long macSrc;
  private long macDst;
  private int etherType;
  private int vlan;

  private void clear() {
    seen = 0;
    twice = false;
    incomplete = false;
    src = null;
    dst = null;
    length = Packet.ABSENT;
    tos = 0;
    ttl = Packet.ABSENT;
    id = Packet.ABSENT;
    flowLabel = Packet.ABSENT;
    dontFragment = false;
    more = false;
    fragmentOffset = Packet.ABSENT;
    protocol = null;
    sport = Packet.ABSENT;
    dport = Packet.ABSENT;
    seq = 0;
    ack = 0;
    window = 0;
    flags = 0;
    icmpType = Packet.ABSENT;
    icmpCode = Packet.ABSENT;
    icmpId = Packet.ABSENT;
    icmpSeq = Packet.ABSENT;
    macSrc = -1;
    macDst = -1;
    etherType = Packet.ABSENT;
    vlan = Packet.ABSENT;
  }

  /**
   * Reads one.
   *
   * @param start behind "TRACE: "
   * @return whether it was understood
   */
  boolean parse(byte[] b, int start, int end, LogEvent event, LogLineParser.Names names) {
    int interfaces = readRule(b, start, end, event, names);
    if (interfaces < 0) {
      return false;
    }
    int rest = readInterfaces(b, interfaces, end, event, names);
    if (rest >= 0 && packets.fill(event, b, rest, end)) {
      return true;
    }
    clear();
    if (!readWords(b, interfaces, end, event, names)) {
      return false;
    }
    event.packet = packet();
    event.family = isV6() ? NfFamily.IP6 : NfFamily.IP;
    if (rest >= 0) {
      packets.keep(event, b, rest, end);
    }
    return true;
  }

  /**
   * Reads {@code IN=lan0 OUT=wan0 }, which the kernel writes first.
   *
   * @return where the rest begins; -1 where something else is written
   */
  private static int readInterfaces(
      byte[] b, int start, int end, LogEvent event, LogLineParser.Names names) {
    int inEnd = LogLineParser.indexOf(b, ' ', start, end);
    if (inEnd < 0 || !LogLineParser.holds(b, inEnd, end, OUT)) {
      return -1;
    }
    int out = inEnd + OUT.length;
    int outEnd = LogLineParser.indexOf(b, ' ', out, end);
    if (outEnd < 0) {
      return -1;
    }
    event.in = name(b, start + IN.length - 1, inEnd, names);
    event.out = name(b, out, outEnd, names);
    return outEnd;
  }

  /** Reads all words; false where one is not understood, or where one is missing. */
  private boolean readWords(
      byte[] b, int start, int end, LogEvent event, LogLineParser.Names names) {
    int at = start;
    while (at < end) {
      if (b[at] == ' ') {
        at++;
        continue;
      }
      if (b[at] == '[' || b[at] == '(') {
        // The packet that an ICMP error is about, or what options there are.
        int behind = skipGroup(b, at, end);
        if (behind < 0 || (b[at] == '(' && isV6() && !readExtension(b, at + 1, behind - 1))) {
          return false;
        }
        at = behind;
        continue;
      }
      int wordEnd = LogLineParser.indexOf(b, ' ', at, end);
      wordEnd = wordEnd < 0 ? end : wordEnd;
      int equals = LogLineParser.indexOf(b, '=', at, wordEnd);
      boolean understood =
          equals < 0 ? readFlag(b, at, wordEnd) : readValue(b, at, equals, wordEnd, event, names);
      if (!understood || twice) {
        return false;
      }
      at = wordEnd;
    }
    return isWhole();
  }

  /** {@code table:chain:kind:number IN=…}; gives where the words begin, or -1. */
  private static int readRule(
      byte[] b, int start, int end, LogEvent event, LogLineParser.Names names) {
    int last = Math.min(end - IN.length, start + PREFIX_LIMIT);
    for (int in = start; in <= last; in++) {
      if (b[in] == ' ' && LogLineParser.holds(b, in, end, IN) && readRule(b, start, in, event)) {
        int colon = LogLineParser.indexOf(b, ':', start, in);
        int number = lastColon(b, start, in);
        int kind = lastColon(b, start, number);
        if (colon <= start || kind <= colon + 1) {
          return -1;
        }
        event.table = names.of(b, start, colon);
        event.chain = names.of(b, colon + 1, kind);
        return in + 1;
      }
    }
    return -1;
  }

  /** Reads kind and number, if that is what stands before the end. */
  private static boolean readRule(byte[] b, int start, int end, LogEvent event) {
    int colon = lastColon(b, start, end);
    int kind = colon < 0 ? -1 : lastColon(b, start, colon);
    long number = colon < 0 ? -1 : Digits.parse(b, colon + 1, end);
    if (kind < 0 || number < 1 || number > Integer.MAX_VALUE) {
      return false;
    }
    event.number = (int) number;
    int from = kind + 1;
    if (is(b, from, colon, "rule")) {
      event.kind = Hop.Kind.RULE;
    } else if (is(b, from, colon, "policy")) {
      event.kind = Hop.Kind.POLICY;
    } else if (is(b, from, colon, "return")) {
      event.kind = Hop.Kind.RETURN;
    } else {
      return false;
    }
    return true;
  }

  private static int lastColon(byte[] b, int start, int end) {
    for (int i = end - 1; i >= start; i--) {
      if (b[i] == ':') {
        return i;
      }
    }
    return -1;
  }

  /** Behind the bracket that closes this one, or -1. */
  private static int skipGroup(byte[] b, int start, int end) {
    int depth = 0;
    for (int i = start; i < end; i++) {
      switch (b[i]) {
        case '[', '(' -> depth++;
        case ']', ')' -> depth--;
        default -> {
          // What stands in it is not of this packet.
        }
      }
      if (depth == 0) {
        return i + 1;
      }
    }
    return -1;
  }

  /**
   * An IPv6 extension header: {@code FRAG:1448 INCOMPLETE ID:0000abcd } is the one that matters.
   */
  private boolean readExtension(byte[] b, int start, int end) {
    int at = start;
    while (at < end) {
      int wordEnd = LogLineParser.indexOf(b, ' ', at, end);
      wordEnd = wordEnd < 0 ? end : wordEnd;
      if (wordEnd - at > 5 && is(b, at, at + 5, "FRAG:")) {
        long offset = Digits.parse(b, at + 5, wordEnd);
        fragmentOffset = (int) offset;
        if (offset < 0 || offset > 0xffff) {
          return false;
        }
      } else if (is(b, at, wordEnd, "INCOMPLETE")) {
        // Said of the fragments, of which more follow, and of a header that was cut.
        more |= fragmentOffset >= 0;
        incomplete |= fragmentOffset < 0;
      }
      at = wordEnd + 1;
    }
    return true;
  }

  private boolean readFlag(byte[] b, int start, int end) {
    switch (end - start) {
      case 2 -> {
        if (is(b, start, end, "DF")) {
          dontFragment = true;
        } else if (is(b, start, end, "MF")) {
          more = true;
        } else {
          return is(b, start, end, "CE");
        }
        return true;
      }
      case 3 -> {
        int bit = flagBit(b, start, end);
        flags |= bit;
        return bit != 0 || is(b, start, end, "OPT");
      }
      default -> {
        if (is(b, start, end, "INCOMPLETE") || is(b, start, end, "TRUNCATED")) {
          incomplete = true;
          return true;
        }
        if (end - start > 5 && is(b, start, start + 5, "FRAG:")) {
          long units = Digits.parse(b, start + 5, end);
          fragmentOffset = (int) units * 8;
          return units >= 0 && units <= 0x1fff;
        }
        return false;
      }
    }
  }

  private static int flagBit(byte[] b, int start, int end) {
    for (int i = 0; i < FLAGS.length; i++) {
      if (is(b, start, end, FLAGS[i])) {
        return Packet.Tcp.flagBit(FLAGS[i]);
      }
    }
    return 0;
  }

  private static final String[] FLAGS = {"ACK", "SYN", "FIN", "PSH", "RST", "URG", "ECE", "CWR"};

  private boolean readValue(
      byte[] b, int start, int equals, int end, LogEvent event, LogLineParser.Names names) {
    int from = equals + 1;
    switch (equals - start) {
      case 2 -> {
        if (is(b, start, equals, "IN")) {
          see(SEEN_IN);
          event.in = name(b, from, end, names);
        } else if (is(b, start, equals, "ID")) {
          return readId(b, from, end);
        } else if (is(b, start, equals, "TC")) {
          tos = (int) hex(b, from, end, SEEN_TOS, 0xff);
          return tos >= 0;
        } else {
          return false;
        }
        return true;
      }
      case 3 -> {
        return readThree(b, start, equals, end, event, names);
      }
      case 4 -> {
        return readFour(b, start, equals, end, event);
      }
      default -> {
        return readLong(b, start, equals, end, event, names);
      }
    }
  }

  private boolean readThree(
      byte[] b, int start, int equals, int end, LogEvent event, LogLineParser.Names names) {
    int from = equals + 1;
    switch (b[start]) {
      case 'O' -> {
        see(SEEN_OUT);
        event.out = name(b, from, end, names);
        return is(b, start, equals, "OUT");
      }
      case 'S' -> {
        if (is(b, start, equals, "SRC")) {
          see(SEEN_SRC);
          src = AddressText.parse(b, from, end);
          return src != null;
        }
        if (is(b, start, equals, "SPT")) {
          sport = (int) decimal(b, from, end, SEEN_SPT, 0xffff);
          return sport >= 0;
        }
        if (is(b, start, equals, "SEQ")) {
          long value = decimal(b, from, end, SEEN_SEQ, 0xffff_ffffL);
          seq = value;
          icmpSeq = (int) value;
          return value >= 0;
        }
        return is(b, start, equals, "SPI") && Digits.parseHex(b, skip0x(b, from, end), end) >= 0;
      }
      case 'D' -> {
        if (is(b, start, equals, "DST")) {
          see(SEEN_DST);
          dst = AddressText.parse(b, from, end);
          return dst != null;
        }
        dport = (int) decimal(b, from, end, SEEN_DPT, 0xffff);
        return dport >= 0 && is(b, start, equals, "DPT");
      }
      case 'L' -> {
        if (!is(b, start, equals, "LEN")) {
          return false;
        }
        if (protocol != null) {
          return decimal(b, from, end, SEEN_L4_LEN, 0xffff) >= 0;
        }
        length = (int) decimal(b, from, end, SEEN_LEN, 0xffff + 40);
        return length >= 0;
      }
      case 'T' -> {
        if (is(b, start, equals, "TTL")) {
          ttl = (int) decimal(b, from, end, SEEN_TTL, 0xff);
          return ttl >= 0;
        }
        long bits = hex(b, from, end, SEEN_TOS, 0xff);
        tos |= (int) bits;
        return bits >= 0 && is(b, start, equals, "TOS");
      }
      case 'A' -> {
        ack = Digits.parse(b, from, end);
        return ack >= 0 && ack <= 0xffff_ffffL && is(b, start, equals, "ACK");
      }
      case 'R' -> {
        return is(b, start, equals, "RES") && Digits.parseHex(b, skip0x(b, from, end), end) >= 0;
      }
      case 'M' -> {
        if (is(b, start, equals, "MAC")) {
          see(SEEN_MAC);
          return readMac(b, from, end);
        }
        // The next hop's, of an ICMP error.
        return is(b, start, equals, "MTU") && Digits.parse(b, from, end) >= 0;
      }
      case 'U' -> {
        event.uid = decimal(b, from, end, SEEN_UID, 0xffff_ffffL);
        return event.uid >= 0 && is(b, start, equals, "UID");
      }
      case 'G' -> {
        event.gid = decimal(b, from, end, SEEN_GID, 0xffff_ffffL);
        return event.gid >= 0 && is(b, start, equals, "GID");
      }
      case 'V' -> {
        vlan = (int) Digits.parse(b, from, end);
        return vlan >= 0 && vlan <= 0xfff && is(b, start, equals, "VID");
      }
      default -> {
        return false;
      }
    }
  }

  private boolean readFour(byte[] b, int start, int equals, int end, LogEvent event) {
    int from = equals + 1;
    if (is(b, start, equals, "PREC")) {
      long bits = hex(b, from, end, SEEN_PREC, 0xff);
      tos |= (int) bits;
      return bits >= 0;
    }
    if (is(b, start, equals, "TYPE")) {
      icmpType = (int) decimal(b, from, end, SEEN_TYPE, 0xff);
      return icmpType >= 0;
    }
    if (is(b, start, equals, "CODE")) {
      icmpCode = (int) decimal(b, from, end, SEEN_CODE, 0xff);
      return icmpCode >= 0;
    }
    if (is(b, start, equals, "URGP")) {
      return decimal(b, from, end, SEEN_URGP, 0xffff) >= 0;
    }
    if (is(b, start, equals, "MARK")) {
      event.mark = hex(b, from, end, SEEN_MARK, 0xffff_ffffL);
      return event.mark >= 0;
    }
    return false;
  }

  private boolean readLong(
      byte[] b, int start, int equals, int end, LogEvent event, LogLineParser.Names names) {
    int from = equals + 1;
    if (is(b, start, equals, "PROTO")) {
      return readProtocol(b, from, end, names);
    }
    if (is(b, start, equals, "WINDOW")) {
      window = (int) Digits.parse(b, from, end);
      return window >= 0 && window <= 0xffff;
    }
    if (is(b, start, equals, "HOPLIMIT")) {
      ttl = (int) decimal(b, from, end, SEEN_TTL, 0xff);
      return ttl >= 0;
    }
    if (is(b, start, equals, "FLOWLBL")) {
      flowLabel = (int) Digits.parse(b, from, end);
      return flowLabel >= 0 && flowLabel <= 0xfffff;
    }
    if (is(b, start, equals, "PHYSIN")) {
      event.physIn = name(b, from, end, names);
      return event.physIn != null;
    }
    if (is(b, start, equals, "PHYSOUT")) {
      event.physOut = name(b, from, end, names);
      return event.physOut != null;
    }
    if (is(b, start, equals, "MACSRC")) {
      macSrc = mac(b, from, end);
      return macSrc >= 0;
    }
    if (is(b, start, equals, "MACDST")) {
      macDst = mac(b, from, end);
      return macDst >= 0;
    }
    if (is(b, start, equals, "MACPROTO")) {
      etherType = (int) Digits.parseHex(b, from, end);
      return etherType >= 0 && etherType <= 0xffff;
    }
    if (is(b, start, equals, "VPROTO")) {
      return Digits.parseHex(b, from, end) >= 0;
    }
    if (is(b, start, equals, "GATEWAY")) {
      return AddressText.parse(b, from, end) != null;
    }
    if (is(b, start, equals, "POINTER") || is(b, start, equals, "PARAMETER")) {
      return Digits.parseHex(b, from, end) >= 0;
    }
    return is(b, start, equals, "TUNNEL");
  }

  /** The identification of IPv4, or of an ICMP echo. */
  private boolean readId(byte[] b, int from, int end) {
    if (protocol != null) {
      icmpId = (int) Digits.parse(b, from, end);
      return icmpId >= 0 && icmpId <= 0xffff;
    }
    id = (int) decimal(b, from, end, SEEN_ID, 0xffff);
    return id >= 0;
  }

  private boolean readProtocol(byte[] b, int from, int end, LogLineParser.Names names) {
    see(SEEN_PROTO);
    long number = Digits.parse(b, from, end);
    if (number >= 0) {
      seen |= SEEN_PROTOCOL_NUMBER;
      protocol = PacketDecoder.protocolName((int) number & 0xff);
      // Those that the kernel has a name for it prints by name: else the number was cut.
      return number <= 255 && !NAMED.contains((int) number);
    }
    protocol =
        switch (String.valueOf(names.of(b, from, end))) {
          case "TCP" -> "tcp";
          case "UDP" -> "udp";
          case "UDPLITE" -> "udplite";
          case "ICMP" -> "icmp";
          case "ICMPv6" -> "icmpv6";
          case "AH" -> "51";
          case "ESP" -> "50";
          default -> null;
        };
    return protocol != null;
  }

  /** 14 octets are Ethernet's; other devices have other headers, which say nothing here. */
  private boolean readMac(byte[] b, int start, int end) {
    int octets = (end - start + 1) / 3;
    if (start == end) {
      return true;
    }
    if ((end - start + 1) % 3 != 0) {
      return false;
    }
    long high = 0;
    long low = 0;
    for (int i = 0; i < octets; i++) {
      int at = start + i * 3;
      long octet = Digits.parseHex(b, at, at + 2);
      if (octet < 0 || (i > 0 && b[at - 1] != ':')) {
        return false;
      }
      if (i < 6) {
        high = high << 8 | octet;
      } else if (i < 12) {
        low = low << 8 | octet;
      } else if (i < ETHERNET_OCTETS) {
        etherType = Math.max(etherType, 0) << 8 | (int) octet;
      }
    }
    if (octets == ETHERNET_OCTETS) {
      macDst = high;
      macSrc = low;
    } else {
      etherType = Packet.ABSENT;
    }
    return true;
  }

  private static long mac(byte[] b, int start, int end) {
    if (end - start != 17) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < 6; i++) {
      long octet = Digits.parseHex(b, start + i * 3, start + i * 3 + 2);
      if (octet < 0 || (i > 0 && b[start + i * 3 - 1] != ':')) {
        return -1;
      }
      value = value << 8 | octet;
    }
    return value;
  }

  private void see(int word) {
    twice |= (seen & word) != 0;
    seen |= word;
  }

  private long decimal(byte[] b, int start, int end, int word, long most) {
    see(word);
    long value = Digits.parse(b, start, end);
    return value > most ? -1 : value;
  }

  /** With or without 0x. */
  private long hex(byte[] b, int start, int end, int word, long most) {
    see(word);
    long value = Digits.parseHex(b, skip0x(b, start, end), end);
    return value > most ? -1 : value;
  }

  private static int skip0x(byte[] b, int start, int end) {
    return end - start > 2 && b[start] == '0' && b[start + 1] == 'x' ? start + 2 : start;
  }

  private static @Nullable String name(byte[] b, int start, int end, LogLineParser.Names names) {
    return start == end ? null : names.of(b, start, end);
  }

  private static boolean is(byte[] b, int start, int end, String word) {
    if (end - start != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (b[start + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private boolean isV6() {
    return src != null && src.version() == 6;
  }

  private boolean isLaterFragment() {
    return fragmentOffset > 0;
  }

  /** Whether all is there that the kernel prints of such a packet. */
  private boolean isWhole() {
    if (src == null || dst == null || src.version() != dst.version() || (seen & IP) != IP) {
      // A header that was too short is all that can be known of such a packet.
      return incomplete && (seen & SEEN_OUT) != 0 && (seen & SEEN_SRC) == 0;
    }
    if (incomplete) {
      return true;
    }
    if (protocol == null) {
      return false;
    }
    if (isLaterFragment() || (seen & SEEN_PROTOCOL_NUMBER) != 0) {
      return true;
    }
    return switch (protocol) {
      case "tcp" -> (seen & TCP_WORDS) == TCP_WORDS;
      case "udp", "udplite" -> (seen & UDP_WORDS) == UDP_WORDS;
      case "icmp" -> (seen & SEEN_CODE) != 0 && (isEcho(8, 0) == ((seen & SEEN_SEQ) != 0));
      case "icmpv6" -> (seen & SEEN_CODE) != 0 && (isEcho(128, 129) == ((seen & SEEN_SEQ) != 0));
      default -> true;
    };
  }

  private boolean isEcho(int request, int reply) {
    return icmpType == request || icmpType == reply;
  }

  private Packet packet() {
    boolean v6 = isV6();
    boolean fragment = fragmentOffset >= 0 || more;
    boolean icmp = "icmp".equals(protocol) || "icmpv6".equals(protocol);
    boolean echo = icmp && icmpId >= 0;
    return new Packet(
        src == null ? Packet.ABSENT : v6 ? 6 : 4,
        src,
        dst,
        protocol,
        length,
        tos,
        ttl,
        v6 ? Packet.ABSENT : id,
        dontFragment,
        fragment ? new Packet.Fragment(Math.max(0, fragmentOffset), more) : null,
        flowLabel,
        sport,
        dport,
        "tcp".equals(protocol) && (seen & SEEN_URGP) != 0
            ? new Packet.Tcp(seq, ack, window, flags)
            : null,
        icmp && icmpType >= 0
            ? new Packet.Icmp(
                icmpType, icmpCode, echo ? icmpId : Packet.ABSENT, echo ? icmpSeq : Packet.ABSENT)
            : null,
        null,
        macSrc >= 0 || etherType >= 0
            ? new Packet.LinkLayer(macSrc, macDst, etherType, vlan)
            : null);
  }
}
