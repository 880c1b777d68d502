package io.fwtrail.tracer.log;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketDecoder;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a trace says of its packet, as net/netfilter/nf_log_syslog.c writes it: hardware
 * addresses, the IP header, the transport header, and whose socket it was. Not for use by several
 * threads.
 *
 * <pre>
 * MAC=… SRC=… DST=… LEN=40 TOS=0x00 PREC=0x00 TTL=56 ID=64783 DF PROTO=TCP SPT=62598 DPT=443 SEQ=…
 *   ACK=… WINDOW=82 RES=0x00 ACK URGP=0 OPT (…) UID=… MARK=0x7
 * </pre>
 *
 * <p>The kernel prints the type of service in two parts, of which neither has the lowest bit (one
 * of ECN's two): it is always 0 here.
 *
 * <p>A text is understood whole or not at all: what was cut or mixed with another line lacks a part
 * that its protocol always has, has one twice, or a word that is none.
 */
final class PacketText {
  private static final int ETHERNET_OCTETS = 14;

  /** Of six octets, with colons. */
  private static final int MAC_TEXT = 17;

  private static final Packet.LinkLayer NO_ETHERNET =
      new Packet.LinkLayer(-1, -1, Packet.ABSENT, Packet.ABSENT);

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

  /** Words of up to four letters, as {@link #word} reads them. */
  private static final int IN = 'I' << 8 | 'N';

  private static final int OUT = ('O' << 8 | 'U') << 8 | 'T';
  private static final int MAC = ('M' << 8 | 'A') << 8 | 'C';
  private static final int SRC = ('S' << 8 | 'R') << 8 | 'C';
  private static final int DST = ('D' << 8 | 'S') << 8 | 'T';
  private static final int LEN = ('L' << 8 | 'E') << 8 | 'N';
  private static final int TC = 'T' << 8 | 'C';
  private static final int TOS = ('T' << 8 | 'O') << 8 | 'S';
  private static final int PREC = (('P' << 8 | 'R') << 8 | 'E') << 8 | 'C';
  private static final int TTL = ('T' << 8 | 'T') << 8 | 'L';
  private static final int ID = 'I' << 8 | 'D';
  private static final int CE = 'C' << 8 | 'E';
  private static final int DF = 'D' << 8 | 'F';
  private static final int MF = 'M' << 8 | 'F';
  private static final int TCP = ('T' << 8 | 'C') << 8 | 'P';
  private static final int UDP = ('U' << 8 | 'D') << 8 | 'P';
  private static final int ICMP = (('I' << 8 | 'C') << 8 | 'M') << 8 | 'P';
  private static final int AH = 'A' << 8 | 'H';
  private static final int ESP = ('E' << 8 | 'S') << 8 | 'P';
  private static final int SPT = ('S' << 8 | 'P') << 8 | 'T';
  private static final int DPT = ('D' << 8 | 'P') << 8 | 'T';
  private static final int SPI = ('S' << 8 | 'P') << 8 | 'I';
  private static final int SEQ = ('S' << 8 | 'E') << 8 | 'Q';
  private static final int ACK = ('A' << 8 | 'C') << 8 | 'K';
  private static final int RES = ('R' << 8 | 'E') << 8 | 'S';
  private static final int CWR = ('C' << 8 | 'W') << 8 | 'R';
  private static final int ECE = ('E' << 8 | 'C') << 8 | 'E';
  private static final int URG = ('U' << 8 | 'R') << 8 | 'G';
  private static final int PSH = ('P' << 8 | 'S') << 8 | 'H';
  private static final int RST = ('R' << 8 | 'S') << 8 | 'T';
  private static final int SYN = ('S' << 8 | 'Y') << 8 | 'N';
  private static final int FIN = ('F' << 8 | 'I') << 8 | 'N';
  private static final int URGP = (('U' << 8 | 'R') << 8 | 'G') << 8 | 'P';
  private static final int OPT = ('O' << 8 | 'P') << 8 | 'T';
  private static final int TYPE = (('T' << 8 | 'Y') << 8 | 'P') << 8 | 'E';
  private static final int CODE = (('C' << 8 | 'O') << 8 | 'D') << 8 | 'E';
  private static final int MTU = ('M' << 8 | 'T') << 8 | 'U';
  private static final int UID = ('U' << 8 | 'I') << 8 | 'D';
  private static final int GID = ('G' << 8 | 'I') << 8 | 'D';
  private static final int VID = ('V' << 8 | 'I') << 8 | 'D';
  private static final int MARK = (('M' << 8 | 'A') << 8 | 'R') << 8 | 'K';

  /** Neighbours and the protocols that they send. */
  private static final int KEPT_MACS = 64;

  private final SeenTexts<Packet.LinkLayer> macs = new SeenTexts<>(KEPT_MACS);

  /** The last packet's, which is mostly the next one's too. */
  private Packet.@Nullable LinkLayer link;

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
   * Reads all words, and fills in what they say.
   *
   * @param interfacesKnown whether {@code IN=} and {@code OUT=} were read already
   * @return false where a word is not understood, or where one is missing
   */
  boolean parse(
      byte[] b, int start, int end, boolean interfacesKnown, LogEvent event, Names names) {
    clear();
    seen = interfacesKnown ? SEEN_IN | SEEN_OUT : 0;
    if (!readWords(b, start, end, event, names) || !isWhole()) {
      return false;
    }
    event.packet = packet();
    event.family = isV6() ? NfFamily.IP6 : NfFamily.IP;
    return true;
  }

  private boolean readWords(byte[] b, int start, int end, LogEvent event, Names names) {
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
      int equals = -1;
      int wordEnd = at;
      for (; wordEnd < end && b[wordEnd] != ' '; wordEnd++) {
        if (b[wordEnd] == '=' && equals < 0) {
          equals = wordEnd;
        }
      }
      boolean understood =
          equals < 0 ? readFlag(b, at, wordEnd) : readValue(b, at, equals, wordEnd, event, names);
      if (!understood || twice) {
        return false;
      }
      at = wordEnd;
    }
    return true;
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
      int wordEnd = Ascii.indexOf(b, ' ', at, end);
      wordEnd = wordEnd < 0 ? end : wordEnd;
      if (wordEnd - at > 5 && Ascii.is(b, at, at + 5, "FRAG:")) {
        long offset = Digits.parse(b, at + 5, wordEnd);
        fragmentOffset = (int) offset;
        if (offset < 0 || offset > 0xffff) {
          return false;
        }
      } else if (Ascii.is(b, at, wordEnd, "INCOMPLETE")) {
        // Said of the fragments, of which more follow, and of a header that was cut.
        more |= fragmentOffset >= 0;
        incomplete |= fragmentOffset < 0;
      }
      at = wordEnd + 1;
    }
    return true;
  }

  private boolean readFlag(byte[] b, int start, int end) {
    int word = word(b, start, end);
    switch (word) {
      case DF -> dontFragment = true;
      case MF -> more = true;
      case CE, OPT -> {
        // Of ECN and of options not all is printed.
      }
      case CWR, ECE, URG, ACK, PSH, RST, SYN, FIN -> flags |= flagBit(word);
      default -> {
        if (Ascii.is(b, start, end, "INCOMPLETE") || Ascii.is(b, start, end, "TRUNCATED")) {
          incomplete = true;
          return true;
        }
        if (end - start > 5 && Ascii.is(b, start, start + 5, "FRAG:")) {
          long units = Digits.parse(b, start + 5, end);
          fragmentOffset = (int) units * 8;
          return units >= 0 && units <= 0x1fff;
        }
        return false;
      }
    }
    return true;
  }

  /** {@link Packet.Tcp#flagBits}. */
  private static int flagBit(int word) {
    return switch (word) {
      case FIN -> 1;
      case SYN -> 1 << 1;
      case RST -> 1 << 2;
      case PSH -> 1 << 3;
      case ACK -> 1 << 4;
      case URG -> 1 << 5;
      case ECE -> 1 << 6;
      default -> 1 << 7;
    };
  }

  /** A word of up to four letters as a number; 0 for a longer one. */
  private static int word(byte[] b, int start, int end) {
    if (end - start > Integer.BYTES) {
      return 0;
    }
    int word = 0;
    for (int i = start; i < end; i++) {
      // A first letter of 0 would be taken for none.
      word = word << Byte.SIZE | (b[i] == 0 ? 0xff : b[i] & 0xff);
    }
    return word;
  }

  private boolean readValue(byte[] b, int start, int equals, int end, LogEvent event, Names names) {
    int from = equals + 1;
    return switch (word(b, start, equals)) {
      case IN -> {
        see(SEEN_IN);
        event.in = names.orNull(b, from, end);
        yield true;
      }
      case OUT -> {
        see(SEEN_OUT);
        event.out = names.orNull(b, from, end);
        yield true;
      }
      case MAC -> {
        see(SEEN_MAC);
        yield readMac(b, from, end);
      }
      case SRC -> {
        see(SEEN_SRC);
        src = AddressText.parse(b, from, end);
        yield src != null;
      }
      case DST -> {
        see(SEEN_DST);
        dst = AddressText.parse(b, from, end);
        yield dst != null;
      }
      case LEN -> {
        if (protocol != null) {
          yield decimal(b, from, end, SEEN_L4_LEN, 0xffff) >= 0;
        }
        length = (int) decimal(b, from, end, SEEN_LEN, 0xffff + 40);
        yield length >= 0;
      }
      case TC -> {
        tos = (int) hex(b, from, end, SEEN_TOS, 0xff);
        yield tos >= 0;
      }
      case TOS -> {
        long bits = hex(b, from, end, SEEN_TOS, 0xff);
        tos |= (int) bits;
        yield bits >= 0;
      }
      case PREC -> {
        long bits = hex(b, from, end, SEEN_PREC, 0xff);
        tos |= (int) bits;
        yield bits >= 0;
      }
      case TTL -> readTtl(b, from, end);
      case ID -> readId(b, from, end);
      case SPT -> {
        sport = (int) decimal(b, from, end, SEEN_SPT, 0xffff);
        yield sport >= 0;
      }
      case DPT -> {
        dport = (int) decimal(b, from, end, SEEN_DPT, 0xffff);
        yield dport >= 0;
      }
      case SEQ -> {
        seq = decimal(b, from, end, SEEN_SEQ, 0xffff_ffffL);
        icmpSeq = (int) seq;
        yield seq >= 0;
      }
      case ACK -> {
        ack = Digits.parse(b, from, end);
        yield ack >= 0 && ack <= 0xffff_ffffL;
      }
      case URGP -> decimal(b, from, end, SEEN_URGP, 0xffff) >= 0;
      case SPI, RES -> Digits.parseHex(b, skip0x(b, from, end), end) >= 0;
      case TYPE -> {
        icmpType = (int) decimal(b, from, end, SEEN_TYPE, 0xff);
        yield icmpType >= 0;
      }
      case CODE -> {
        icmpCode = (int) decimal(b, from, end, SEEN_CODE, 0xff);
        yield icmpCode >= 0;
      }
      // The next hop's, of an ICMP error.
      case MTU -> Digits.parse(b, from, end) >= 0;
      case UID -> {
        event.uid = decimal(b, from, end, SEEN_UID, 0xffff_ffffL);
        yield event.uid >= 0;
      }
      case GID -> {
        event.gid = decimal(b, from, end, SEEN_GID, 0xffff_ffffL);
        yield event.gid >= 0;
      }
      case VID -> {
        vlan = (int) Digits.parse(b, from, end);
        yield vlan >= 0 && vlan <= 0xfff;
      }
      case MARK -> {
        event.mark = hex(b, from, end, SEEN_MARK, 0xffff_ffffL);
        yield event.mark >= 0;
      }
      default -> readLong(b, start, equals, end, event, names);
    };
  }

  private boolean readLong(byte[] b, int start, int equals, int end, LogEvent event, Names names) {
    int from = equals + 1;
    if (Ascii.is(b, start, equals, "PROTO")) {
      return readProtocol(b, from, end);
    }
    if (Ascii.is(b, start, equals, "WINDOW")) {
      window = (int) Digits.parse(b, from, end);
      return window >= 0 && window <= 0xffff;
    }
    if (Ascii.is(b, start, equals, "HOPLIMIT")) {
      return readTtl(b, from, end);
    }
    if (Ascii.is(b, start, equals, "FLOWLBL")) {
      flowLabel = (int) Digits.parse(b, from, end);
      return flowLabel >= 0 && flowLabel <= 0xfffff;
    }
    if (Ascii.is(b, start, equals, "PHYSIN")) {
      event.physIn = names.orNull(b, from, end);
      return event.physIn != null;
    }
    if (Ascii.is(b, start, equals, "PHYSOUT")) {
      event.physOut = names.orNull(b, from, end);
      return event.physOut != null;
    }
    if (Ascii.is(b, start, equals, "MACSRC")) {
      macSrc = mac(b, from, end);
      return macSrc >= 0;
    }
    if (Ascii.is(b, start, equals, "MACDST")) {
      macDst = mac(b, from, end);
      return macDst >= 0;
    }
    if (Ascii.is(b, start, equals, "MACPROTO")) {
      etherType = (int) Digits.parseHex(b, from, end);
      return etherType >= 0 && etherType <= 0xffff;
    }
    if (Ascii.is(b, start, equals, "VPROTO")) {
      return Digits.parseHex(b, from, end) >= 0;
    }
    if (Ascii.is(b, start, equals, "GATEWAY")) {
      return AddressText.parse(b, from, end) != null;
    }
    if (Ascii.is(b, start, equals, "POINTER") || Ascii.is(b, start, equals, "PARAMETER")) {
      return Digits.parseHex(b, from, end) >= 0;
    }
    return Ascii.is(b, start, equals, "TUNNEL");
  }

  private boolean readTtl(byte[] b, int from, int end) {
    ttl = (int) decimal(b, from, end, SEEN_TTL, 0xff);
    return ttl >= 0;
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

  private boolean readProtocol(byte[] b, int from, int end) {
    see(SEEN_PROTO);
    protocol =
        switch (word(b, from, end)) {
          case TCP -> "tcp";
          case UDP -> "udp";
          case ICMP -> "icmp";
          case AH -> "51";
          case ESP -> "50";
          default ->
              Ascii.is(b, from, end, "ICMPv6")
                  ? "icmpv6"
                  : Ascii.is(b, from, end, "UDPLITE") ? "udplite" : null;
        };
    if (protocol != null) {
      return true;
    }
    seen |= SEEN_PROTOCOL_NUMBER;
    long number = Digits.parse(b, from, end);
    // Those that the kernel has a name for it prints by name: else the number was cut.
    if (number < 0 || number > 255 || NAMED.contains((int) number)) {
      return false;
    }
    protocol = PacketDecoder.protocolName((int) number);
    return true;
  }

  /** 14 octets are Ethernet's; other devices have other headers, which say nothing here. */
  private boolean readMac(byte[] b, int start, int end) {
    if (start == end) {
      return true;
    }
    Packet.LinkLayer mac = macs.get(b, start, end);
    if (mac == null) {
      int octets = (end - start + 1) / 3;
      if ((end - start + 1) % 3 != 0 || !areOctets(b, start, octets)) {
        return false;
      }
      mac =
          octets == ETHERNET_OCTETS
              ? new Packet.LinkLayer(
                  mac(b, start + MAC_TEXT + 1, start + 2 * MAC_TEXT + 1),
                  mac(b, start, start + MAC_TEXT),
                  (int)
                      (Digits.parseHex(b, end - 5, end - 3) << 8
                          | Digits.parseHex(b, end - 2, end)),
                  Packet.ABSENT)
              : NO_ETHERNET;
      macs.keep(b, start, end, mac);
    }
    macSrc = mac.macSrc();
    macDst = mac.macDst();
    etherType = mac.etherType();
    return true;
  }

  /** Whether the bytes from {@code start} on are pairs of hex digits with colons in between. */
  private static boolean areOctets(byte[] b, int start, int octets) {
    for (int i = 0; i < octets; i++) {
      int at = start + i * 3;
      if (Digits.parseHex(b, at, at + 2) < 0 || (i > 0 && b[at - 1] != ':')) {
        return false;
      }
    }
    return true;
  }

  private static long mac(byte[] b, int start, int end) {
    if (end - start != MAC_TEXT || !areOctets(b, start, 6)) {
      return -1;
    }
    long value = 0;
    for (int i = start; i < end; i += 3) {
      value = value << 8 | Digits.parseHex(b, i, i + 2);
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
        macSrc >= 0 || etherType >= 0 ? link() : null);
  }

  private Packet.LinkLayer link() {
    Packet.LinkLayer last = link;
    if (last == null
        || last.macSrc() != macSrc
        || last.macDst() != macDst
        || last.etherType() != etherType
        || last.vlan() != vlan) {
      last = new Packet.LinkLayer(macSrc, macDst, etherType, vlan);
      link = last;
    }
    return last;
  }
}
