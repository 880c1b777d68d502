package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.NetlinkConstants;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A view on one {@code NFT_MSG_TRACE} message: one packet met one rule or policy, or came to the
 * end of a chain. One object serves any number of messages ({@link #decode}); it copies nothing, so
 * it is valid only as long as the buffer is. Not for use by several threads.
 *
 * <p>The kernel sends the headers, interfaces and conntrack attributes only with the first message
 * of each base chain (net/netfilter/nf_tables_trace.c, {@code packet_dumped}). Lengths that the
 * kernel keeps to: link layer 20 bytes, network 40, transport 20.
 */
public final class TraceMessage {
  /** {@code NFTA_TRACE_TYPE}: a base chain's policy. */
  public static final int TYPE_POLICY = 1;

  /** A return; sent by kernels before 6.4 for the end of a chain and for return rules. */
  public static final int TYPE_RETURN = 2;

  /** A rule, or without a handle the end of a chain (kernel 6.4 and later). */
  public static final int TYPE_RULE = 3;

  static final int TABLE = 1;
  static final int CHAIN = 2;
  static final int RULE_HANDLE = 3;
  static final int TYPE = 4;
  static final int VERDICT = 5;
  private static final int ID = 6;
  static final int LL_HEADER = 7;
  static final int NETWORK_HEADER = 8;
  static final int TRANSPORT_HEADER = 9;
  private static final int IIF = 10;
  private static final int IIFTYPE = 11;
  private static final int OIF = 12;
  private static final int OIFTYPE = 13;
  private static final int MARK = 14;
  private static final int NFPROTO = 15;
  private static final int POLICY = 16;
  private static final int PADDING = 17;
  private static final int CT_ID = 18;
  private static final int CT_DIRECTION = 19;
  private static final int CT_STATUS = 20;
  private static final int CT_STATE = 21;
  private static final int LAST_KNOWN = CT_STATE;

  /**
   * What a message says of the place and of what happened there, which is the same for all packets
   * that fare alike.
   */
  private static final int OUTCOME =
      1 << TABLE
          | 1 << CHAIN
          | 1 << RULE_HANDLE
          | 1 << TYPE
          | 1 << VERDICT
          | 1 << NFPROTO
          | 1 << POLICY;

  private static final int OF_PACKET = ~(OUTCOME | 1 << ID | 1 << PADDING | 1);

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  static final int VERDICT_CODE = 1;
  private static final int VERDICT_CHAIN = 2;

  private final AttributeCursor attributes = new AttributeCursor();
  private final AttributeCursor verdict = new AttributeCursor();

  private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
  private int attributesStart;
  private int end;
  private int family;
  private int present;
  private int unknown;
  private int outcomeStart;
  private int outcomeEnd;
  private int outcomeUnknown;
  private boolean outcomeScattered;
  private int idStart;
  private int tableStart;
  private int tableEnd;
  private int chainStart;
  private int chainEnd;
  private int targetStart;
  private int targetEnd;
  private long handle;
  private int type;
  private int verdictCode;
  private int id;
  private int linkStart;
  private int linkLength;
  private int networkStart;
  private int networkLength;
  private int transportStart;
  private int transportLength;
  private int iif;
  private int iifType;
  private int oif;
  private int oifType;
  private int mark;
  private int protocolFamily;
  private int policy;
  private int ctId;
  private int ctDirection;
  private int ctStatus;
  private int ctState;

  /**
   * Reads the message that {@code message} stands on.
   *
   * @return this view
   * @throws MalformedMessageException if an attribute does not fit, or table, chain, type or id is
   *     missing, without which no hop can be told
   */
  public TraceMessage decode(MessageCursor message) {
    buffer = message.buffer();
    attributesStart = Nfnetlink.attributesStart(message);
    end = message.end();
    outcomeStart = message.payloadStart();
    outcomeEnd = outcomeStart;
    outcomeUnknown = 0;
    outcomeScattered = false;
    family = buffer.getUnsignedByte(outcomeStart);
    present = 0;
    unknown = 0;
    verdictCode = NfTables.VERDICT_CONTINUE;
    targetStart = 0;
    targetEnd = 0;
    attributes.reset(buffer, attributesStart, end);
    while (attributes.next()) {
      int attribute = attributes.type();
      if (attribute > LAST_KNOWN) {
        unknown++;
        continue;
      }
      int bit = 1 << attribute;
      if ((bit & OUTCOME) != 0) {
        outcomeScattered |= (present & OF_PACKET) != 0;
        outcomeEnd = attributes.valueEnd();
        outcomeUnknown = unknown;
      }
      present |= bit;
      read(attribute);
    }
    int needed = 1 << TABLE | 1 << CHAIN | 1 << TYPE | 1 << ID;
    if ((present & needed) != needed) {
      throw new MalformedMessageException("a trace message without table, chain, type or id");
    }
    // One piece, with the id in it: as all kernels known send it.
    outcomeScattered |= idStart >= outcomeEnd;
    return this;
  }

  /**
   * Reads a message as {@link #decode} does, if its outcome is the one given; that is not read
   * again, which makes it quicker.
   *
   * @return false where it has another outcome; this view is of no message then
   * @throws MalformedMessageException if an attribute behind the outcome does not fit
   */
  public boolean decodeAs(MessageCursor message, TraceOutcome outcome) {
    buffer = message.buffer();
    end = message.end();
    outcomeStart = message.payloadStart();
    outcomeEnd = outcomeStart + outcome.length();
    if (outcomeEnd > end || !hasOutcome(outcome)) {
      return false;
    }
    attributesStart = outcomeStart + Nfnetlink.HEADER_LENGTH;
    outcomeScattered = false;
    idStart = outcomeStart + outcome.idOffset;
    id = buffer.getInt(idStart);
    present = outcome.present;
    unknown = outcome.unknown;
    outcomeUnknown = unknown;
    family = outcome.family;
    protocolFamily = outcome.protocolFamily;
    tableStart = outcomeStart + outcome.tableStart;
    tableEnd = outcomeStart + outcome.tableEnd;
    chainStart = outcomeStart + outcome.chainStart;
    chainEnd = outcomeStart + outcome.chainEnd;
    targetStart = outcomeStart + outcome.targetStart;
    targetEnd = outcomeStart + outcome.targetEnd;
    handle = outcome.handle;
    type = outcome.type;
    verdictCode = outcome.verdictCode;
    policy = outcome.policy;
    // Padding is counted from the message's beginning, which may lie anywhere in the buffer.
    int next = outcomeStart + NetlinkConstants.align(outcome.length());
    attributes.reset(buffer, Math.min(next, end), end);
    while (attributes.next()) {
      int attribute = attributes.type();
      if (attribute > LAST_KNOWN) {
        unknown++;
        continue;
      }
      int bit = 1 << attribute;
      if ((bit & (OUTCOME | 1 << ID)) != 0) {
        return false; // it goes on, or says something twice
      }
      present |= bit;
      read(attribute);
    }
    return true;
  }

  private void read(int attribute) {
    switch (attribute) {
      case TABLE -> {
        tableStart = attributes.valueStart();
        tableEnd = attributes.valueEnd();
      }
      case CHAIN -> {
        chainStart = attributes.valueStart();
        chainEnd = attributes.valueEnd();
      }
      case RULE_HANDLE -> handle = attributes.bigEndianLong();
      case TYPE -> type = attributes.bigEndianInt();
      case VERDICT -> readVerdict();
      case ID -> {
        id = attributes.bigEndianInt();
        idStart = attributes.valueStart();
      }
      case LL_HEADER -> {
        linkStart = attributes.valueStart();
        linkLength = attributes.valueLength();
      }
      case NETWORK_HEADER -> {
        networkStart = attributes.valueStart();
        networkLength = attributes.valueLength();
      }
      case TRANSPORT_HEADER -> {
        transportStart = attributes.valueStart();
        transportLength = attributes.valueLength();
      }
      case IIF -> iif = attributes.bigEndianInt();
      case IIFTYPE -> iifType = shortNumber();
      case OIF -> oif = attributes.bigEndianInt();
      case OIFTYPE -> oifType = shortNumber();
      case MARK -> mark = attributes.bigEndianInt();
      case NFPROTO -> protocolFamily = attributes.bigEndianInt();
      case POLICY -> policy = attributes.bigEndianInt();
      case CT_ID -> ctId = attributes.bigEndianInt();
      case CT_DIRECTION -> ctDirection = attributes.unsignedByte();
      case CT_STATUS -> ctStatus = attributes.bigEndianInt();
      case CT_STATE -> ctState = attributes.bigEndianInt();
      default -> {
        // Padding (17) and the unspecified attribute 0 bear nothing.
      }
    }
  }

  /** Device types are be16 in the kernel's message (nf_tables_trace.c, nla_put_be16). */
  private int shortNumber() {
    if (attributes.valueLength() < 2) {
      throw new MalformedMessageException("attribute " + attributes.type() + " is too short");
    }
    return buffer.getUnsignedShort(attributes.valueStart());
  }

  private void readVerdict() {
    verdict.resetNested(attributes);
    while (verdict.next()) {
      if (verdict.type() == VERDICT_CODE) {
        verdictCode = verdict.bigEndianInt();
      } else if (verdict.type() == VERDICT_CHAIN) {
        targetStart = verdict.valueStart();
        targetEnd = verdict.valueEnd();
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

  /** The table's family, an {@link NfFamily} number. */
  public int family() {
    return family;
  }

  /** The packet's family: ip for an IPv4 packet in an inet table; 0 where it was not sent. */
  public int protocolFamily() {
    return has(NFPROTO) ? protocolFamily : 0;
  }

  /** Position of the table's name (UTF-8, no NUL). */
  public int tableStart() {
    return tableStart;
  }

  /** End of the table's name. */
  public int tableEnd() {
    return AttributeCursor.textEnd(buffer, tableStart, tableEnd);
  }

  /** Position of the chain's name (UTF-8, no NUL). */
  public int chainStart() {
    return chainStart;
  }

  /** End of the chain's name. */
  public int chainEnd() {
    return AttributeCursor.textEnd(buffer, chainStart, chainEnd);
  }

  /** Whether the message names a rule. */
  public boolean hasHandle() {
    return has(RULE_HANDLE);
  }

  /** The rule's handle, unique in its table as long as the table stands; 0 where none was sent. */
  public long handle() {
    return hasHandle() ? handle : 0;
  }

  /** One of {@link #TYPE_POLICY}, {@link #TYPE_RETURN}, {@link #TYPE_RULE}, or a newer number. */
  public int type() {
    return type;
  }

  /** Whether the message has a verdict; a policy's message has a {@link #policy} instead. */
  public boolean hasVerdict() {
    return has(VERDICT);
  }

  /** The verdict's code, see {@link NfTables}; continue where none was sent. */
  public int verdictCode() {
    return verdictCode;
  }

  /** Position of the name of the chain that a jump or goto leads to. */
  public int targetStart() {
    return targetStart;
  }

  /** End of that name; equal to its start where there is none. */
  public int targetEnd() {
    return AttributeCursor.textEnd(buffer, targetStart, targetEnd);
  }

  /**
   * The packet's trace id: a hash of the buffer's address, flow and interface. It is <em>not</em>
   * unique: buffers are used again at once.
   */
  public int id() {
    return id;
  }

  /** Whether this is the first message of a base chain, which shows the packet. */
  public boolean hasPacket() {
    return has(NETWORK_HEADER) || has(LL_HEADER) || has(TRANSPORT_HEADER);
  }

  /** Position of the link-layer header, 0 where it was not sent. */
  public int linkStart() {
    return has(LL_HEADER) ? linkStart : 0;
  }

  /** Its length in bytes, 0 where it was not sent. */
  public int linkLength() {
    return has(LL_HEADER) ? linkLength : 0;
  }

  /** Position of the network header, 0 where it was not sent. */
  public int networkStart() {
    return has(NETWORK_HEADER) ? networkStart : 0;
  }

  /** Its length in bytes, 0 where it was not sent. */
  public int networkLength() {
    return has(NETWORK_HEADER) ? networkLength : 0;
  }

  /** Position of the transport header, 0 where it was not sent. */
  public int transportStart() {
    return has(TRANSPORT_HEADER) ? transportStart : 0;
  }

  /** Its length in bytes, 0 where it was not sent. */
  public int transportLength() {
    return has(TRANSPORT_HEADER) ? transportLength : 0;
  }

  /** Index of the interface that the packet came in by, 0 where there is none. */
  public int iif() {
    return has(IIF) ? iif : 0;
  }

  /** Its type (ARPHRD_*, linux/if_arp.h: 1 Ethernet, 772 loopback), 0 where there is none. */
  public int iifType() {
    return has(IIFTYPE) ? iifType : 0;
  }

  /** Index of the interface that the packet leaves by, 0 where there is none. */
  public int oif() {
    return has(OIF) ? oif : 0;
  }

  /** Its type, 0 where there is none. */
  public int oifType() {
    return has(OIFTYPE) ? oifType : 0;
  }

  /** The packet's mark, unsigned; 0 where none is set (the kernel then sends none). */
  public long mark() {
    return has(MARK) ? mark & 0xffff_ffffL : 0;
  }

  /** The policy's verdict: NF_ACCEPT or NF_DROP; -1 where the message is of no policy. */
  public int policy() {
    return has(POLICY) ? policy : -1;
  }

  /** Whether the packet belongs to a connection and the kernel tells it (6.18 does, 6.1 not). */
  public boolean hasConntrack() {
    return has(CT_STATE) || has(CT_ID);
  }

  /** The connection's id, unsigned; 0 where there is none. */
  public long ctId() {
    return has(CT_ID) ? ctId & 0xffff_ffffL : 0;
  }

  /** 0 original, 1 reply, -1 where it was not sent. */
  public int ctDirection() {
    return has(CT_DIRECTION) ? ctDirection : -1;
  }

  /** Bits of {@code enum ip_conntrack_status}; 0 where it was not sent. */
  public int ctStatus() {
    return has(CT_STATUS) ? ctStatus : 0;
  }

  /** One of the bits NF_CT_STATE_*: 1 invalid, 2 established, 4 related, 8 new, 64 untracked. */
  public int ctState() {
    return has(CT_STATE) ? ctState : 0;
  }

  /**
   * What of this message is the same for all packets that fare alike.
   *
   * @return null where it is not in one piece, with the id in it, as all kernels known send it
   */
  public @Nullable TraceOutcome outcome() {
    if (outcomeScattered) {
      return null;
    }
    int before = idStart - outcomeStart;
    int behind = outcomeEnd - idStart - Integer.BYTES;
    byte[] bytes = new byte[before + behind];
    buffer.getBytes(outcomeStart, bytes, 0, before);
    buffer.getBytes(outcomeEnd - behind, bytes, before, behind);
    return new TraceOutcome(
        bytes,
        before,
        present & (OUTCOME | 1 << ID),
        outcomeUnknown,
        family,
        protocolFamily,
        tableStart - outcomeStart,
        tableEnd - outcomeStart,
        chainStart - outcomeStart,
        chainEnd - outcomeStart,
        // The end of the verdict's chain is 0 where there is none.
        targetEnd == 0 ? 0 : targetStart - outcomeStart,
        targetEnd == 0 ? 0 : targetEnd - outcomeStart,
        handle,
        type,
        verdictCode,
        policy);
  }

  /** Whether {@link #outcome} would return this one. */
  public boolean hasOutcome(TraceOutcome known) {
    int before = known.idOffset;
    return !outcomeScattered
        && outcomeEnd - outcomeStart == known.length()
        && isAt(outcomeStart, known.bytes, 0, before)
        && isAt(outcomeStart + before + Integer.BYTES, known.bytes, before, known.bytes.length);
  }

  private boolean isAt(int position, byte[] bytes, int from, int to) {
    int at = from;
    int offset = position - from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      if (buffer.getLongLE(offset + at) != (long) LONGS.get(bytes, at)) {
        return false;
      }
    }
    for (; at < to; at++) {
      if (buffer.getByte(offset + at) != bytes[at]) {
        return false;
      }
    }
    return true;
  }

  /** A number that is the same for all messages with one {@link #outcome}. */
  public int outcomeHash() {
    // Handles are unique in a table, so what has one is told apart by it, and the rest by its
    // chain.
    int hash = (int) handle() * 0x9e37_79b1 + type;
    hash = hash * 31 + verdictCode;
    hash = hash * 31 + edges(chainStart, chainEnd);
    hash = hash * 31 + edges(tableStart, tableEnd);
    return hash ^ hash >>> 15;
  }

  /** Of the first and the last bytes of a name, where names differ. */
  private int edges(int start, int last) {
    int length = last - start;
    if (length >= Integer.BYTES) {
      return (buffer.getInt(start) * 31 + buffer.getInt(last - Integer.BYTES)) * 31 + length;
    }
    int hash = length;
    for (int at = start; at < last; at++) {
      hash = hash * 31 + buffer.getByte(at);
    }
    return hash;
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
