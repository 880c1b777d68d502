package io.fwtrail.tracer.log;

import io.fwtrail.netlink.nflog.Nflog;
import io.fwtrail.netlink.nflog.PacketLogMessage;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketDecoder;
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
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;

  /** Position of the EtherType in an Ethernet header. */
  private static final int ETHERTYPE_AT = 12;

  private static final int ETHERNET_HEADER = 14;

  /** Rules and policies that most rule sets have; more are read each time. */
  private static final int KEPT_RULES = 1_024;

  /** More packets than are under way at once on any machine that was seen. */
  private static final int KEPT_PACKETS = 256;

  /** Ahead of a packet's bytes: what else its meaning hangs on. */
  private static final int KEY_HEAD = 4;

  private final Names names = new Names();
  private final SeenTexts<LegacyRule> rules = new SeenTexts<>(KEPT_RULES);
  private final SeenTexts<Packet> packets = new SeenTexts<>(KEPT_PACKETS);

  /** A prefix, or a packet, to be looked up. */
  private final byte[] key = new byte[KEY_HEAD + 2 * Nflog.COPY_RANGE];

  private final IntFunction<@Nullable String> interfaces;

  /** The connection that was told of last, and the values that it was made of. */
  private @Nullable Conntrack connection;

  private long ctId;
  private int ctDirection;
  private int ctState;
  private int ctStatus;

  private long others;

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
    LegacyRule rule = family == NfFamily.IP || family == NfFamily.IP6 ? rule(m) : null;
    if (rule == null) {
      others++;
      return false;
    }
    event.clear();
    event.time = m.time() == PacketLogMessage.ABSENT ? time : m.time();
    event.family = family;
    rule.fill(event);
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

  /** What the prefix says, {@code TRACE: filter:FORWARD:rule:2 }; null where it is no trace's. */
  private @Nullable LegacyRule rule(PacketLogMessage m) {
    int length = m.prefixEnd() - m.prefixStart();
    if (length >= LegacyRule.PREFIX_LIMIT) {
      return null;
    }
    m.buffer().getBytes(m.prefixStart(), key, 0, length);
    LegacyRule rule = rules.get(key, 0, length);
    if (rule == null && Ascii.holds(key, 0, length, LegacyRule.MARKER) && key[length - 1] == ' ') {
      rule = LegacyRule.read(key, LegacyRule.MARKER.length, length - 1, names);
      if (rule != null) {
        rules.keep(key, 0, length, rule);
      }
    }
    return rule;
  }

  /** All events of a packet tell of one connection: it is made once. */
  private @Nullable Conntrack connection(PacketLogMessage m) {
    if (!m.hasConntrack()) {
      return null;
    }
    if (connection == null
        || m.ctId() != ctId
        || m.ctDirection() != ctDirection
        || m.ctState() != ctState
        || m.ctStatus() != ctStatus) {
      ctId = m.ctId();
      ctDirection = m.ctDirection();
      ctState = m.ctState();
      ctStatus = m.ctStatus();
      connection = Conntrack.of(ctId, ctDirection, ctState, ctStatus);
    }
    return connection;
  }

  /** The same object for the same bytes, as they mostly are at the next hook, too. */
  private Packet packet(PacketLogMessage m, NfFamily family) {
    int frame = hasFrame(m) ? m.hardwareHeaderLength() : 0;
    int length = KEY_HEAD + frame + m.payloadLength();
    if (length > key.length) {
      return decode(m, frame, family);
    }
    key[0] = (byte) family.number();
    key[1] = (byte) frame;
    key[2] = (byte) m.hardwareType();
    key[3] = (byte) (m.hardwareType() >>> 8);
    m.buffer().getBytes(m.hardwareHeaderStart(), key, KEY_HEAD, frame);
    m.buffer().getBytes(m.payloadStart(), key, KEY_HEAD + frame, m.payloadLength());
    Packet packet = packets.get(key, 0, length);
    if (packet == null) {
      packet = decode(m, frame, family);
      packets.keep(key, 0, length, packet);
    }
    return packet;
  }

  private static Packet decode(PacketLogMessage m, int frame, NfFamily family) {
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
        frame,
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
