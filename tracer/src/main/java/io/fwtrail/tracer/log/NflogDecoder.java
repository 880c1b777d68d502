package io.fwtrail.tracer.log;

import io.fwtrail.netlink.nflog.PacketLogMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.NameCache;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketDecoder;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Says of one NFLOG message which rule of a legacy table was met, and by which packet. Its prefix
 * tells the rule: {@code TRACE: filter:FORWARD:rule:2 }. Other prefixes are of rules that log, and
 * no trace. Not for use by several threads.
 *
 * <p>The packet is read as {@link PacketDecoder} reads it from a trace message of nf_tables, so
 * that both tell the same of one packet; NFLOG knows more of two kinds only. Of a later IPv6
 * fragment it knows the addresses. And of an IPv6 packet with extension headers it could tell what
 * comes behind them, but does not: nf_tables shows the first header's number and no ports, and a
 * packet that had two protocols would be two packets to whoever compares them.
 */
public final class NflogDecoder {
  private static final byte[] TRACE = ascii("TRACE: ");
  private static final Hop.Kind[] KINDS = {Hop.Kind.RULE, Hop.Kind.POLICY, Hop.Kind.RETURN};
  private static final byte[][] KIND_NAMES = {ascii("rule"), ascii("policy"), ascii("return")};

  /** NF_LOG_PREFIXLEN, include/net/netfilter/nf_log.h: the kernel's prefixes are shorter. */
  private static final int PREFIX_LIMIT = 128;

  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;

  /** Position of the EtherType in an Ethernet header. */
  private static final int ETHERTYPE_AT = 12;

  private static final int ETHERNET_HEADER = 14;

  private final NameCache names = new NameCache();
  private final IntFunction<@Nullable String> interfaces;

  /** The connection that was told of last, and the values that it was made of. */
  private @Nullable Conntrack connection;

  private long ctId;
  private int ctDirection;
  private int ctState;

  private long others;

  /** What the prefix says; valid where {@link #readPrefix} returned true. */
  private int tableEnd;

  private int kindColon;
  private Hop.Kind kind = Hop.Kind.RULE;
  private int number;

  /**
   * Makes one.
   *
   * @param interfaces the name of an interface by its index; null for index 0, which means none
   */
  public NflogDecoder(IntFunction<@Nullable String> interfaces) {
    this.interfaces = interfaces;
  }

  /** How many messages there were that are no trace. */
  public long others() {
    return others;
  }

  /**
   * Fills an event.
   *
   * @param time nanoseconds since 1970-01-01T00:00Z, for a message without a time of its own, as
   *     all of output and postrouting are ({@link PacketLogMessage#time})
   * @return false if the message is no trace of a legacy table; the event then stays as it was
   */
  public boolean fill(LogEvent event, PacketLogMessage m, long time) {
    NfFamily family = NfFamily.of(m.family());
    if ((family != NfFamily.IP && family != NfFamily.IP6) || !readPrefix(m)) {
      others++;
      return false;
    }
    event.clear();
    event.time = m.time() == PacketLogMessage.ABSENT ? time : m.time();
    event.family = family;
    int table = m.prefixStart() + TRACE.length;
    event.table = names.get(m.buffer(), table, tableEnd);
    event.chain = names.get(m.buffer(), tableEnd + 1, kindColon);
    event.kind = kind;
    event.number = number;
    event.in = interfaces.apply(m.indev());
    event.out = interfaces.apply(m.outdev());
    event.physIn = interfaces.apply(m.physIndev());
    event.physOut = interfaces.apply(m.physOutdev());
    event.mark = m.mark();
    event.uid = m.uid();
    event.gid = m.gid();
    event.conntrack = connection(m);
    event.packet = packet(m, family);
    return true;
  }

  /**
   * Reads {@code TRACE: table:chain:kind:number }. A table's name has no colon, a chain's may have
   * some, so the chain ends where kind and number begin.
   */
  private boolean readPrefix(PacketLogMessage m) {
    ByteBuf b = m.buffer();
    int start = m.prefixStart();
    int end = m.prefixEnd();
    if (end - start >= PREFIX_LIMIT || !holds(b, start, end, TRACE)) {
      return false;
    }
    int table = start + TRACE.length;
    int numberColon = readNumber(b, table, end);
    if (numberColon < 0) {
      return false;
    }
    kindColon = numberColon - 1;
    while (kindColon > table && b.getByte(kindColon) != ':') {
      kindColon--;
    }
    tableEnd = b.indexOf(table, kindColon, (byte) ':');
    return tableEnd > table && kindColon > tableEnd + 1 && readKind(b, kindColon + 1, numberColon);
  }

  /** Reads the number at the prefix's end, from 1 up; gives the colon before it, or -1. */
  private int readNumber(ByteBuf b, int start, int end) {
    int position = end - 1;
    if (position <= start || b.getByte(position) != ' ') {
      return -1;
    }
    long value = 0;
    long place = 1;
    for (position--; position > start; position--) {
      int digit = b.getByte(position) - '0';
      if (digit < 0 || digit > 9 || value > Integer.MAX_VALUE) {
        break;
      }
      value += digit * place;
      place *= 10;
    }
    number = (int) value;
    return b.getByte(position) == ':' && value > 0 && value <= Integer.MAX_VALUE ? position : -1;
  }

  private boolean readKind(ByteBuf b, int start, int end) {
    for (int i = 0; i < KINDS.length; i++) {
      if (KIND_NAMES[i].length == end - start && holds(b, start, end, KIND_NAMES[i])) {
        kind = KINDS[i];
        return true;
      }
    }
    return false;
  }

  /** Whether the bytes from {@code start} on begin with these. */
  private static boolean holds(ByteBuf b, int start, int end, byte[] wanted) {
    if (end - start < wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (b.getByte(start + i) != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** All events of a packet tell of one connection: it is made once. */
  private @Nullable Conntrack connection(PacketLogMessage m) {
    if (!m.hasConntrack()) {
      return null;
    }
    if (connection == null
        || m.ctId() != ctId
        || m.ctDirection() != ctDirection
        || m.ctState() != ctState) {
      ctId = m.ctId();
      ctDirection = m.ctDirection();
      ctState = m.ctState();
      connection = Conntrack.of(ctId, ctDirection, ctState, 0);
    }
    return connection;
  }

  private static Packet packet(PacketLogMessage m, NfFamily family) {
    int start = m.payloadStart();
    int length = m.payloadLength();
    int header = length;
    if (family == NfFamily.IP && length >= IPV4_HEADER) {
      header = Math.max(IPV4_HEADER, (m.buffer().getUnsignedByte(start) & 0xf) * 4);
    } else if (family == NfFamily.IP6 && length >= IPV6_HEADER) {
      header = IPV6_HEADER;
    }
    return PacketDecoder.decode(
        m.buffer(),
        m.hardwareHeaderStart(),
        hasFrame(m) ? m.hardwareHeaderLength() : 0,
        m.hardwareType(),
        start,
        length,
        start + header,
        Math.max(0, length - header),
        family == NfFamily.IP ? PacketDecoder.Network.IPV4 : PacketDecoder.Network.IPV6);
  }

  /**
   * Whether the hardware header is one. At postrouting the kernel takes it in the length of the
   * interface that the packet leaves by, from where the header of its arrival begins: of a packet
   * that came from a tunnel that is its IP header (net/netfilter/nfnetlink_log.c; seen on Linux
   * 6.18). Then there is no hardware address, or no EtherType in its place.
   */
  private static boolean hasFrame(PacketLogMessage m) {
    return m.hardwareAddressLength() > 0
        && m.hardwareHeaderLength() >= ETHERNET_HEADER
        && m.buffer().getUnsignedShort(m.hardwareHeaderStart() + ETHERTYPE_AT) == m.protocol();
  }
}
