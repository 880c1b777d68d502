package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.MessageWriter;
import io.netty.buffer.ByteBuf;

/**
 * Writes the expressions of a rule, in the order in which the kernel will run them: loads put a
 * value into the one register used here, comparisons end the rule where it does not match.
 *
 * <p>Values are in network byte order, except meta values, which the kernel keeps in host order
 * (marks, interface indices; net/netfilter/nft_meta.c).
 */
public final class ExpressionWriter {
  /** {@code NFT_PAYLOAD_NETWORK_HEADER}. */
  public static final int BASE_NETWORK = 1;

  /** {@code NFT_PAYLOAD_TRANSPORT_HEADER}. */
  public static final int BASE_TRANSPORT = 2;

  /** {@code NFT_META_PROTOCOL}: the ethertype, 2 bytes, network order. */
  public static final int META_PROTOCOL = 1;

  /** {@code NFT_META_IIFNAME}: 16 bytes, NUL-padded. */
  public static final int META_IIFNAME = 6;

  /** {@code NFT_META_OIFNAME}: 16 bytes, NUL-padded. */
  public static final int META_OIFNAME = 7;

  /** {@code NFT_META_NFTRACE}: 1 byte. */
  public static final int META_NFTRACE = 12;

  /** {@code NFT_META_NFPROTO}: 1 byte. */
  public static final int META_NFPROTO = 15;

  /** {@code NFT_META_L4PROTO}: 1 byte. */
  public static final int META_L4PROTO = 16;

  /**
   * {@code NFT_META_IIFKIND}: the kind of interface, such as veth: 16 bytes, NUL-padded (Linux
   * 5.0).
   */
  public static final int META_IIFKIND = 26;

  /** {@code NFT_REG_1}, 16 bytes wide, and {@code NFT_REG_VERDICT}. */
  private static final int REGISTER = 1;

  private static final int REGISTER_VERDICT = 0;

  private static final int DATA_VALUE = 1;
  private static final int DATA_VERDICT = 2;

  /** {@code NFTA_HASH_*} and {@code NFT_HASH_SYM} (linux/netfilter/nf_tables.h). */
  private static final int HASH_DREG = 2;

  private static final int HASH_MODULUS = 4;
  private static final int HASH_TYPE = 7;
  private static final int HASH_SYMMETRIC = 1;

  private static final int COMPARE_EQUAL = 0;
  private static final int COMPARE_NOT_EQUAL = 1;

  private final MessageWriter writer;

  ExpressionWriter(MessageWriter writer) {
    this.writer = writer;
  }

  /** Loads a property of the packet that is not in its bytes. */
  public ExpressionWriter loadMeta(int key) {
    begin("meta").bigEndianInt(1, REGISTER).bigEndianInt(2, key);
    return end();
  }

  /** Loads {@code length} bytes of a header, at most 16. */
  public ExpressionWriter loadPayload(int base, int offset, int length) {
    begin("payload")
        .bigEndianInt(1, REGISTER)
        .bigEndianInt(2, base)
        .bigEndianInt(3, offset)
        .bigEndianInt(4, length);
    return end();
  }

  /** Keeps of the loaded value the bits that are set in {@code mask}. */
  public ExpressionWriter mask(byte... mask) {
    begin("bitwise")
        .bigEndianInt(1, REGISTER)
        .bigEndianInt(2, REGISTER)
        .bigEndianInt(3, mask.length);
    data(4, mask);
    data(5, new byte[mask.length]);
    return end();
  }

  /** Ends the rule unless the loaded value is {@code value}. */
  public ExpressionWriter equal(byte... value) {
    return compare(COMPARE_EQUAL, value);
  }

  /** Ends the rule if the loaded value is {@code value}. */
  public ExpressionWriter notEqual(byte... value) {
    return compare(COMPARE_NOT_EQUAL, value);
  }

  private ExpressionWriter compare(int operation, byte... value) {
    begin("cmp").bigEndianInt(1, REGISTER).bigEndianInt(2, operation);
    data(3, value);
    return end();
  }

  /** Ends the rule unless the loaded value lies in the range, both ends included. */
  public ExpressionWriter between(byte[] from, byte[] to) {
    begin("range").bigEndianInt(1, REGISTER).bigEndianInt(2, COMPARE_EQUAL);
    data(3, from);
    data(4, to);
    return end();
  }

  /** Loads a count that goes from 0 to {@code modulus - 1} and round again with each packet. */
  public ExpressionWriter loadCount(int modulus) {
    begin("numgen").bigEndianInt(1, REGISTER).bigEndianInt(2, modulus).bigEndianInt(3, 0);
    return end();
  }

  /**
   * Loads a number from 0 to {@code modulus - 1} that is the same for all packets of a flow, both
   * ways: a hash of its addresses, protocol and ports ({@code symhash}, Linux 4.10,
   * net/netfilter/nft_hash.c), with a key that the kernel makes anew each time it starts. Where a
   * packet shows no ports (ICMP, a later fragment) it is of the addresses and the protocol alone.
   */
  public ExpressionWriter loadFlow(int modulus) {
    begin("hash")
        .bigEndianInt(HASH_DREG, REGISTER)
        .bigEndianInt(HASH_MODULUS, modulus)
        .bigEndianInt(HASH_TYPE, HASH_SYMMETRIC);
    return end();
  }

  /**
   * Ends the rule for packets beyond a rate.
   *
   * @param packets how many in each {@code seconds}
   * @param burst how many beyond that at once
   */
  public ExpressionWriter limit(long packets, long seconds, int burst) {
    begin("limit")
        .bigEndianLong(1, packets)
        .bigEndianLong(2, seconds)
        .bigEndianInt(3, burst)
        .bigEndianInt(4, 0)
        .bigEndianInt(5, 0);
    return end();
  }

  /** Counts the packets that come here. */
  public ExpressionWriter counter() {
    begin("counter").bigEndianLong(1, 0).bigEndianLong(2, 0);
    return end();
  }

  /** Sets the bit by which the kernel traces the packet. */
  public ExpressionWriter trace() {
    begin("immediate").bigEndianInt(1, REGISTER);
    data(2, (byte) 1);
    end();
    begin("meta").bigEndianInt(2, META_NFTRACE).bigEndianInt(3, REGISTER);
    return end();
  }

  /** Leads the packet to another chain of the table, to come back. */
  public ExpressionWriter jump(String chain) {
    beginVerdict(NfTables.VERDICT_JUMP).string(2, chain);
    return endVerdict();
  }

  /** Leads the packet to another chain of the table, not to come back. */
  public ExpressionWriter goTo(String chain) {
    beginVerdict(NfTables.VERDICT_GOTO).string(2, chain);
    return endVerdict();
  }

  /** Ends the base chain for the packet, which goes on its way. */
  public ExpressionWriter accept() {
    beginVerdict(NfTables.VERDICT_ACCEPT);
    return endVerdict();
  }

  private MessageWriter beginVerdict(int code) {
    return begin("immediate")
        .bigEndianInt(1, REGISTER_VERDICT)
        .beginNested(2)
        .beginNested(DATA_VERDICT)
        .bigEndianInt(1, code);
  }

  private ExpressionWriter endVerdict() {
    writer.endNested().endNested();
    return end();
  }

  /** Writes expressions that the kernel itself had sent, as {@link RuleMessage#expressionList}. */
  public ExpressionWriter copy(ByteBuf expressionList) {
    writer.buffer().writeBytes(expressionList, 0, expressionList.readableBytes());
    return this;
  }

  private MessageWriter begin(String name) {
    return RuleMessage.beginExpression(writer, name);
  }

  private ExpressionWriter end() {
    RuleMessage.endExpression(writer);
    return this;
  }

  private void data(int attribute, byte... value) {
    writer.beginNested(attribute).bytes(DATA_VALUE, value).endNested();
  }
}
