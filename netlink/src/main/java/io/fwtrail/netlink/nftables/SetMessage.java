package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A set, or a part of its elements, as the kernel tells it: kept as it came, so that it can be made
 * again in another table without a look at what is in it.
 *
 * @param name the set's name, unique in its table
 * @param flags {@code NFT_SET_*}
 * @param attributes the attributes as they came, on the heap and read-only
 */
public record SetMessage(String name, int flags, ByteBuf attributes) {
  /** {@code NFT_SET_ANONYMOUS}: it belongs to one rule and has a name of the kernel's making. */
  private static final int FLAG_ANONYMOUS = 1;

  private static final int TABLE = 1;

  /** {@code NFTA_SET_NAME} and {@code NFTA_SET_ELEM_LIST_SET}. */
  private static final int NAME = 2;

  private static final int FLAGS = 3;

  /** {@code NFTA_SET_ID}, {@code NFTA_SET_HANDLE}: numbers that the kernel gives. */
  private static final int ID = 10;

  private static final int HANDLE = 16;

  private static final int EXPRESSIONS = 18;

  /**
   * Reads a set (NFT_MSG_NEWSET, NFT_MSG_DELSET) or elements of one (NFT_MSG_NEWSETELEM).
   *
   * @throws MalformedMessageException if it does not fit, or has no name
   */
  public static SetMessage decode(MessageCursor message) {
    int start = Nfnetlink.attributesStart(message);
    boolean set = Nfnetlink.command(message.type()) == NfTables.NEWSET;
    AttributeCursor attributes =
        new AttributeCursor().reset(message.buffer(), start, message.end());
    String name = null;
    int flags = 0;
    while (attributes.next()) {
      if (attributes.type() == NAME) {
        name = attributes.string();
      } else if (set && attributes.type() == FLAGS) {
        flags = attributes.bigEndianInt();
      }
    }
    if (name == null) {
      throw new MalformedMessageException("a set without a name");
    }
    byte[] bytes = new byte[message.end() - start];
    message.buffer().getBytes(start, bytes);
    return new SetMessage(name, flags, Unpooled.wrappedBuffer(bytes).asReadOnly());
  }

  /** Whether it belongs to one rule: told by the set itself, not by a part of its elements. */
  public boolean isAnonymous() {
    return (flags & FLAG_ANONYMOUS) != 0;
  }

  /** The name of the table that it is in; empty where it was not sent. */
  public String table() {
    AttributeCursor all = new AttributeCursor().reset(attributes, 0, attributes.readableBytes());
    while (all.next()) {
      if (all.type() == TABLE) {
        return all.string();
      }
    }
    return "";
  }

  /** Writes a request for all sets of all tables and families, as a dump; without elements. */
  public static void writeDump(MessageWriter writer, int sequence) {
    dump(writer, NfTables.GETSET, sequence, NfFamily.UNSPECIFIED).end();
  }

  /** Writes a request for all sets of a table, as a dump. */
  public static void writeDump(MessageWriter writer, int sequence, NfFamily family, String table) {
    dump(writer, NfTables.GETSET, sequence, family).string(TABLE, table).end();
  }

  /** Writes a request for all elements of a set, as a dump. */
  public static void writeElementsDump(
      MessageWriter writer, int sequence, NfFamily family, String table, String set) {
    dump(writer, NfTables.GETSETELEM, sequence, family)
        .string(TABLE, table)
        .string(NAME, set)
        .end();
  }

  private static MessageWriter dump(
      MessageWriter writer, int command, int sequence, NfFamily family) {
    return Nfnetlink.begin(
        writer,
        command,
        NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_DUMP,
        sequence,
        family.number());
  }

  /** Writes, inside a batch, the command that makes this set in a table, as a set with a name. */
  public void writeNew(MessageWriter writer, int sequence, NfFamily family, String table, int id) {
    command(writer, NfTables.NEWSET, sequence, family).string(TABLE, table);
    AttributeCursor all = new AttributeCursor().reset(attributes, 0, attributes.readableBytes());
    while (all.next()) {
      switch (all.type()) {
        case TABLE, HANDLE, ID -> {
          // Those of the table that it was read from.
        }
        case FLAGS -> writer.bigEndianInt(FLAGS, flags & ~FLAG_ANONYMOUS);
        default -> {
          // Beyond these stand what the kernel only tells: which kind of set it chose, a count.
          if (all.type() <= EXPRESSIONS) {
            copy(writer, all);
          }
        }
      }
    }
    writer.bigEndianInt(ID, id).end();
  }

  /** Writes, inside a batch, the command that puts these elements into the set of that name. */
  public void writeNewElements(MessageWriter writer, int sequence, NfFamily family, String table) {
    command(writer, NfTables.NEWSETELEM, sequence, family).string(TABLE, table);
    AttributeCursor all = new AttributeCursor().reset(attributes, 0, attributes.readableBytes());
    while (all.next()) {
      if (all.type() != TABLE) {
        copy(writer, all);
      }
    }
    writer.end();
  }

  private static MessageWriter command(
      MessageWriter writer, int command, int sequence, NfFamily family) {
    return Nfnetlink.begin(
        writer,
        command,
        NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_ACK | NetlinkConstants.FLAG_CREATE,
        sequence,
        family.number());
  }

  private static void copy(MessageWriter writer, AttributeCursor attribute) {
    writer.bytes(attribute.rawType(), attribute.bytes());
  }
}
