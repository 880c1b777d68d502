package io.fwtrail.netlink.nflog;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A view on one {@code NFULNL_MSG_PACKET} message: a packet that a rule, or the trace of a legacy
 * table, had logged to an NFLOG group. One object serves any number of messages ({@link #decode});
 * it copies nothing, so it is valid only as long as the buffer is. Not for use by several threads.
 *
 * <p>Which attributes come when (net/netfilter/nfnetlink_log.c, {@code __build_packet_message};
 * seen on Linux 6.18): packet header, prefix and payload always; the sequence numbers and the
 * connection where the group was bound with these flags; a time at prerouting, input and forward
 * only; the hardware header where the packet came in by an interface, also on its way out; user and
 * group where the packet has a socket, which at input is the receiver's.
 */
public final class PacketLogMessage {
  /** A number that was not sent. */
  public static final int ABSENT = -1;

  private static final int PACKET_HDR = 1;
  private static final int MARK = 2;
  private static final int TIMESTAMP = 3;
  private static final int IFINDEX_INDEV = 4;
  private static final int IFINDEX_OUTDEV = 5;
  private static final int IFINDEX_PHYSINDEV = 6;
  private static final int IFINDEX_PHYSOUTDEV = 7;
  private static final int HWADDR = 8;
  private static final int PAYLOAD = 9;
  private static final int PREFIX = 10;
  private static final int UID = 11;
  private static final int SEQ = 12;
  private static final int SEQ_GLOBAL = 13;
  private static final int GID = 14;
  private static final int HWTYPE = 15;
  private static final int HWHEADER = 16;
  private static final int HWLEN = 17;
  private static final int CT = 18;
  private static final int CT_INFO = 19;
  private static final int VLAN = 20;
  private static final int L2HDR = 21;
  private static final int LAST_KNOWN = L2HDR;

  private static final int VLAN_PROTO = 1;
  private static final int VLAN_TCI = 2;

  /** {@code enum ctattr_type}, include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
  private static final int CTA_STATUS = 3;

  private static final int CTA_ID = 12;

  /** {@code struct nfulnl_msg_packet_hw}: length, two bytes of padding, eight of address. */
  private static final int HARDWARE_ADDRESS_AT = 4;

  private static final int HARDWARE_ADDRESS_ROOM = 8;

  /** {@code enum ip_conntrack_info}, include/uapi/linux/netfilter/nf_conntrack_common.h. */
  private static final int CT_INFO_REPLY = 3;

  private static final int CT_INFO_NUMBER = 6;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long MICROS_PER_SECOND = 1_000_000L;
  private static final long LAST_SECOND = Long.MAX_VALUE / NANOS_PER_SECOND - 1;

  private final AttributeCursor attributes = new AttributeCursor();
  private final AttributeCursor nested = new AttributeCursor();

  private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
  private int attributesStart;
  private int end;
  private int family;
  private int group;
  private int present;
  private int unknown;
  private int protocol;
  private int hook;
  private int mark;
  private long time;
  private int indev;
  private int outdev;
  private int physIndev;
  private int physOutdev;
  private int addressStart;
  private int addressLength;
  private int payloadStart;
  private int payloadLength;
  private int prefixStart;
  private int prefixEnd;
  private int uid;
  private int gid;
  private int sequence;
  private int globalSequence;
  private int hardwareType;
  private int hardwareHeaderStart;
  private int hardwareHeaderLength;
  private int hardwareLength;
  private int ctId;
  private int ctStatus;
  private int ctInfo;
  private int vlanProtocol;
  private int vlanTci;
  private int layer2Start;
  private int layer2Length;

  /** Whether a netlink message of this type is one. */
  public static boolean is(int messageType) {
    return messageType == Nflog.TYPE_PACKET;
  }

  /**
   * Reads the message that {@code message} stands on.
   *
   * @return this view
   * @throws MalformedMessageException if an attribute does not fit
   */
  public PacketLogMessage decode(MessageCursor message) {
    buffer = message.buffer();
    attributesStart = Nfnetlink.attributesStart(message);
    end = message.end();
    family = Nfnetlink.family(message);
    group = Nfnetlink.resourceId(message);
    present = 0;
    unknown = 0;
    ctId = 0;
    ctStatus = 0;
    vlanProtocol = ABSENT;
    vlanTci = ABSENT;
    attributes.reset(buffer, attributesStart, end);
    while (attributes.next()) {
      int attribute = attributes.type();
      if (attribute > LAST_KNOWN) {
        unknown++;
        continue;
      }
      present |= 1 << attribute;
      read(attribute);
    }
    return this;
  }

  private void read(int attribute) {
    switch (attribute) {
      case PACKET_HDR -> {
        int start = need(3);
        protocol = buffer.getUnsignedShort(start);
        hook = buffer.getUnsignedByte(start + 2);
      }
      case MARK -> mark = attributes.bigEndianInt();
      case TIMESTAMP -> readTime();
      case IFINDEX_INDEV -> indev = attributes.bigEndianInt();
      case IFINDEX_OUTDEV -> outdev = attributes.bigEndianInt();
      case IFINDEX_PHYSINDEV -> physIndev = attributes.bigEndianInt();
      case IFINDEX_PHYSOUTDEV -> physOutdev = attributes.bigEndianInt();
      case HWADDR -> readHardwareAddress();
      case PAYLOAD -> {
        payloadStart = attributes.valueStart();
        payloadLength = attributes.valueLength();
      }
      case PREFIX -> {
        prefixStart = attributes.valueStart();
        prefixEnd = attributes.textEnd();
      }
      case UID -> uid = attributes.bigEndianInt();
      case SEQ -> sequence = attributes.bigEndianInt();
      case SEQ_GLOBAL -> globalSequence = attributes.bigEndianInt();
      case GID -> gid = attributes.bigEndianInt();
      case HWTYPE -> hardwareType = buffer.getUnsignedShort(need(2));
      case HWHEADER -> {
        hardwareHeaderStart = attributes.valueStart();
        hardwareHeaderLength = attributes.valueLength();
      }
      case HWLEN -> hardwareLength = buffer.getUnsignedShort(need(2));
      case CT -> readConnection();
      case CT_INFO -> ctInfo = attributes.bigEndianInt();
      case VLAN -> readVlan();
      case L2HDR -> {
        layer2Start = attributes.valueStart();
        layer2Length = attributes.valueLength();
      }
      default -> {
        // The unspecified attribute 0 bears nothing.
      }
    }
  }

  private int need(int bytes) {
    return need(attributes, bytes);
  }

  private static int need(AttributeCursor attribute, int bytes) {
    if (attribute.valueLength() < bytes) {
      throw new MalformedMessageException(
          "attribute "
              + attribute.type()
              + " has "
              + attribute.valueLength()
              + " bytes where "
              + bytes
              + " belong");
    }
    return attribute.valueStart();
  }

  /** A time that no count of nanoseconds can hold is none. */
  private void readTime() {
    int start = need(16);
    long seconds = buffer.getLong(start);
    long micros = buffer.getLong(start + 8);
    time =
        seconds < 0 || seconds > LAST_SECOND || micros < 0 || micros >= MICROS_PER_SECOND
            ? ABSENT
            : seconds * NANOS_PER_SECOND + micros * 1_000;
  }

  private void readHardwareAddress() {
    int start = need(HARDWARE_ADDRESS_AT + HARDWARE_ADDRESS_ROOM);
    addressStart = start + HARDWARE_ADDRESS_AT;
    addressLength = Math.min(buffer.getUnsignedShort(start), HARDWARE_ADDRESS_ROOM);
  }

  private void readConnection() {
    nested.resetNested(attributes);
    while (nested.next()) {
      if (nested.type() == CTA_ID) {
        ctId = nested.bigEndianInt();
      } else if (nested.type() == CTA_STATUS) {
        ctStatus = nested.bigEndianInt();
      }
    }
  }

  private void readVlan() {
    nested.resetNested(attributes);
    while (nested.next()) {
      if (nested.type() == VLAN_PROTO) {
        vlanProtocol = buffer.getUnsignedShort(need(nested, 2));
      } else if (nested.type() == VLAN_TCI) {
        vlanTci = buffer.getUnsignedShort(need(nested, 2));
      }
    }
  }

  private boolean has(int attribute) {
    return (present & 1 << attribute) != 0;
  }

  /** The buffer that the positions below are of. */
  public ByteBuf buffer() {
    return buffer;
  }

  /** The family of the hook that the packet was at, an {@link NfFamily} number. */
  public int family() {
    return family;
  }

  /** The NFLOG group, 0 to 65,535; traces of legacy tables go to group 0. */
  public int group() {
    return group;
  }

  /** The packet's EtherType, {@link #ABSENT} where it was not sent. */
  public int protocol() {
    return has(PACKET_HDR) ? protocol : ABSENT;
  }

  /** The hook, NF_INET_*: 0 prerouting to 4 postrouting; {@link #ABSENT} where it was not sent. */
  public int hook() {
    return has(PACKET_HDR) ? hook : ABSENT;
  }

  /** The packet's mark, unsigned; 0 where none is set (the kernel then sends none). */
  public long mark() {
    return has(MARK) ? mark & 0xffff_ffffL : 0;
  }

  /**
   * When, by the kernel's clock, in nanoseconds since 1970-01-01T00:00Z, exact to a microsecond;
   * {@link #ABSENT} where it was not sent. It is the time of the event, or of the packet's arrival
   * where somebody on this host asks for packet timestamps (a packet capture, for one).
   */
  public long time() {
    return has(TIMESTAMP) ? time : ABSENT;
  }

  /** Index of the interface that the packet came in by, 0 where there is none. */
  public int indev() {
    return has(IFINDEX_INDEV) ? indev : 0;
  }

  /** Index of the interface that the packet leaves by, 0 where there is none. */
  public int outdev() {
    return has(IFINDEX_OUTDEV) ? outdev : 0;
  }

  /** Index of the bridge's port that the packet came in by, 0 where there is none. */
  public int physIndev() {
    return has(IFINDEX_PHYSINDEV) ? physIndev : 0;
  }

  /** Index of the bridge's port that the packet leaves by, 0 where there is none. */
  public int physOutdev() {
    return has(IFINDEX_PHYSOUTDEV) ? physOutdev : 0;
  }

  /**
   * Position of the sender's hardware address. The kernel sends it only where the packet really has
   * a link-layer header.
   */
  public int hardwareAddressStart() {
    return has(HWADDR) ? addressStart : 0;
  }

  /** Its length in bytes, 8 at most; 0 where it was not sent. */
  public int hardwareAddressLength() {
    return has(HWADDR) ? addressLength : 0;
  }

  /** Position of the packet, from the network header on; 0 where it was not sent. */
  public int payloadStart() {
    return has(PAYLOAD) ? payloadStart : 0;
  }

  /** How many bytes of it there are: as many as the group was bound for; 0 where none was sent. */
  public int payloadLength() {
    return has(PAYLOAD) ? payloadLength : 0;
  }

  /** Position of the prefix (no NUL), 0 where it was not sent. */
  public int prefixStart() {
    return has(PREFIX) ? prefixStart : 0;
  }

  /** End of the prefix; equal to its start where there is none. */
  public int prefixEnd() {
    return has(PREFIX) ? prefixEnd : 0;
  }

  /** The user id of the packet's socket, unsigned; {@link #ABSENT} where it was not sent. */
  public long uid() {
    return has(UID) ? uid & 0xffff_ffffL : ABSENT;
  }

  /** The group id of the packet's socket, unsigned; {@link #ABSENT} where it was not sent. */
  public long gid() {
    return has(GID) ? gid & 0xffff_ffffL : ABSENT;
  }

  /**
   * The message's number in its NFLOG group, from 0 up when the group was bound, unsigned 32 bits;
   * {@link #ABSENT} where it was not sent.
   */
  public long sequence() {
    return has(SEQ) ? sequence & 0xffff_ffffL : ABSENT;
  }

  /**
   * The message's number among those of all groups of the namespace, unsigned 32 bits; {@link
   * #ABSENT} where it was not sent.
   */
  public long globalSequence() {
    return has(SEQ_GLOBAL) ? globalSequence & 0xffff_ffffL : ABSENT;
  }

  /**
   * Type (ARPHRD_*, linux/if_arp.h) of the interface whose hands the packet is in: up to forward
   * the one it came in by, at postrouting the one it leaves by; {@link #ABSENT} where it was not
   * sent.
   */
  public int hardwareType() {
    return has(HWTYPE) ? hardwareType : ABSENT;
  }

  /**
   * Position of the hardware header: what lies where the packet's link-layer header is, in the
   * length of a header of {@link #hardwareType}. At postrouting that header is still the one that
   * the packet came in with, and where it came without one (from a tunnel), these are the first
   * bytes of its network header. 0 where it was not sent.
   */
  public int hardwareHeaderStart() {
    return has(HWHEADER) ? hardwareHeaderStart : 0;
  }

  /** Its length in bytes, 0 where it was not sent. */
  public int hardwareHeaderLength() {
    return has(HWHEADER) ? hardwareHeaderLength : 0;
  }

  /** The length in bytes of that interface's headers; {@link #ABSENT} where it was not sent. */
  public int hardwareLength() {
    return has(HWLEN) ? hardwareLength : ABSENT;
  }

  /** Whether the packet belongs to a connection and the kernel tells it. */
  public boolean hasConntrack() {
    return has(CT_INFO);
  }

  /** The connection's id, unsigned; 0 where there is none. */
  public long ctId() {
    return ctId & 0xffff_ffffL;
  }

  /** 0 original, 1 reply, {@link #ABSENT} where it was not told. */
  public int ctDirection() {
    if (!has(CT_INFO) || ctInfo < 0 || ctInfo >= CT_INFO_NUMBER) {
      return ABSENT;
    }
    return ctInfo < CT_INFO_REPLY ? 0 : 1;
  }

  /** Bits of {@code enum ip_conntrack_status}; 0 where it was not sent. */
  public int ctStatus() {
    return ctStatus;
  }

  /**
   * One of the bits NF_CT_STATE_*, as a rule's {@code ct state} has them: 2 established, 4 related,
   * 8 new; 0 where it was not told. The other states have no connection, so nothing is sent.
   */
  public int ctState() {
    // NF_CT_STATE_BIT of the same header.
    return ctDirection() < 0 ? 0 : 1 << (ctInfo % CT_INFO_REPLY + 1);
  }

  /** EtherType of the VLAN tag; {@link #ABSENT} without one. Only of families bridge and netdev. */
  public int vlanProtocol() {
    return vlanProtocol;
  }

  /** The VLAN tag's priority and id, 16 bits; {@link #ABSENT} without one. */
  public int vlanTci() {
    return vlanTci;
  }

  /**
   * Position of the frame's header, as long as it is; only of families bridge and netdev. 0 where
   * it was not sent.
   */
  public int layer2Start() {
    return has(L2HDR) ? layer2Start : 0;
  }

  /** Its length in bytes, 0 where it was not sent. */
  public int layer2Length() {
    return has(L2HDR) ? layer2Length : 0;
  }

  /** How many attributes the message has whose numbers this program does not know. */
  public int unknownAttributes() {
    return unknown;
  }

  /** A cursor over all attributes, to read those that have no accessor here. */
  public AttributeCursor attributes() {
    return new AttributeCursor().reset(buffer, attributesStart, end);
  }
}
