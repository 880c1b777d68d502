package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;

/**
 * The header that every nfnetlink message begins with, and the numbers of its subsystems.
 *
 * <pre>
 *  0        1         2                4
 *  +--------+---------+----------------+------------
 *  | family | version | res_id (be16)  | attributes …    struct nfgenmsg,
 *  +--------+---------+----------------+------------     linux/netfilter/nfnetlink.h
 * </pre>
 */
public final class Nfnetlink {
  /** {@code NFNLGRP_NFTABLES}: multicast group of rule-set changes. */
  public static final int GROUP_NFTABLES = 7;

  /** {@code NFNLGRP_NFTRACE}: multicast group of trace events. */
  public static final int GROUP_NFTRACE = 9;

  /** {@code NFNL_SUBSYS_NFTABLES}. */
  public static final int SUBSYSTEM_NFTABLES = 10;

  static final int HEADER_LENGTH = 4;

  /** {@code NFNL_MSG_BATCH_BEGIN} and {@code _END}: what lies between is done whole or not. */
  private static final int BATCH_BEGIN = 0x10;

  private static final int BATCH_END = 0x11;

  private Nfnetlink() {}

  /** The message type of a subsystem's command. */
  public static int type(int subsystem, int command) {
    return subsystem << 8 | command;
  }

  /** Whether a message is of nf_tables. */
  public static boolean isNfTables(int messageType) {
    return messageType >>> 8 == SUBSYSTEM_NFTABLES;
  }

  /** The command of a message type, without its subsystem. */
  public static int command(int messageType) {
    return messageType & 0xff;
  }

  /**
   * Where the attributes of {@code message} begin.
   *
   * @throws MalformedMessageException if the message is too short for this header
   */
  public static int attributesStart(MessageCursor message) {
    if (message.end() - message.payloadStart() < HEADER_LENGTH) {
      throw new MalformedMessageException(
          "nfnetlink message without its header of " + HEADER_LENGTH + " bytes");
    }
    return message.payloadStart() + HEADER_LENGTH;
  }

  /** The family in the header, an {@link NfFamily} number. */
  public static int family(MessageCursor message) {
    attributesStart(message);
    return message.buffer().getUnsignedByte(message.payloadStart());
  }

  /**
   * The low 16 bits of the rule set's generation as it was when a part of a dump was made ({@code
   * res_id}, nf_tables_api.c).
   */
  public static int resourceId(MessageCursor message) {
    attributesStart(message);
    return message.buffer().getUnsignedShort(message.payloadStart() + 2);
  }

  static MessageWriter begin(
      MessageWriter writer, int command, int flags, int sequence, int family) {
    return writer
        .begin(type(SUBSYSTEM_NFTABLES, command), flags, sequence)
        .raw((byte) family, (byte) 0, (byte) 0, (byte) 0);
  }

  /** Writes the message that opens a batch of nf_tables. */
  public static void batchBegin(MessageWriter writer, int sequence) {
    batch(writer, BATCH_BEGIN, sequence);
  }

  /**
   * Writes the message that opens a batch of nf_tables, which the kernel refuses (ERESTART) if the
   * rule set is not of this generation any more ({@code NFNL_BATCH_GENID}, Linux 4.11).
   */
  public static void batchBegin(MessageWriter writer, int sequence, long generation) {
    writer
        .begin(BATCH_BEGIN, io.fwtrail.netlink.NetlinkConstants.FLAG_REQUEST, sequence)
        .raw((byte) 0, (byte) 0, (byte) 0, (byte) SUBSYSTEM_NFTABLES)
        .bigEndianInt(1, (int) generation)
        .end();
  }

  /** Writes the message that ends a batch, upon which the kernel carries it out. */
  public static void batchEnd(MessageWriter writer, int sequence) {
    batch(writer, BATCH_END, sequence);
  }

  private static void batch(MessageWriter writer, int type, int sequence) {
    // res_id of a batch names the subsystem (nfnetlink.c, nfnetlink_rcv_skb_batch).
    writer
        .begin(type, io.fwtrail.netlink.NetlinkConstants.FLAG_REQUEST, sequence)
        .raw((byte) 0, (byte) 0, (byte) 0, (byte) SUBSYSTEM_NFTABLES)
        .end();
  }
}
