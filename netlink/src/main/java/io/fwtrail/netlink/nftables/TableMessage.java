package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;

/**
 * A table, as NFT_MSG_NEWTABLE and NFT_MSG_DELTABLE tell it.
 *
 * @param family number of its family, see {@link NfFamily}
 * @param name its name, unique in its family
 * @param handle its number, which the kernel never gives again in a namespace: a table made anew
 *     under an old name has another one; 0 where it was not sent
 * @param flags {@link #FLAG_DORMANT}, {@link #FLAG_OWNER}
 * @param owner port id of the socket that owns it, 0 where none does
 */
public record TableMessage(int family, String name, long handle, int flags, long owner) {
  /** {@code NFT_TABLE_F_DORMANT}: its chains see no packets. */
  public static final int FLAG_DORMANT = 1;

  /**
   * {@code NFT_TABLE_F_OWNER} (Linux 5.12): the table belongs to the socket that made it; the
   * kernel refuses others' changes and deletes it when that socket closes.
   */
  public static final int FLAG_OWNER = 2;

  private static final int NAME = 1;
  private static final int FLAGS = 2;
  private static final int HANDLE = 4;
  private static final int OWNER = 7;

  /**
   * Reads the message that {@code message} stands on.
   *
   * @throws MalformedMessageException if it does not fit, or has no name
   */
  public static TableMessage decode(MessageCursor message) {
    AttributeCursor attributes =
        new AttributeCursor()
            .reset(message.buffer(), Nfnetlink.attributesStart(message), message.end());
    String name = null;
    long handle = 0;
    int flags = 0;
    long owner = 0;
    while (attributes.next()) {
      switch (attributes.type()) {
        case NAME -> name = attributes.string();
        case FLAGS -> flags = attributes.bigEndianInt();
        case HANDLE -> handle = attributes.bigEndianLong();
        case OWNER -> owner = attributes.bigEndianUnsignedInt();
        default -> {
          // A newer kernel's attribute, or one that says nothing about the table's identity.
        }
      }
    }
    if (name == null) {
      throw new MalformedMessageException("a table without a name");
    }
    return new TableMessage(Nfnetlink.family(message), name, handle, flags, owner);
  }

  /** Writes a request for all tables of all families, as a dump. */
  public static void writeDump(MessageWriter writer, int sequence) {
    Nfnetlink.begin(
            writer,
            NfTables.GETTABLE,
            NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_DUMP,
            sequence,
            NfFamily.UNSPECIFIED.number())
        .end();
  }

  /** Writes, inside a batch, the command that makes a table; it fails where one exists. */
  public static void writeNew(
      MessageWriter writer, int sequence, NfFamily family, String name, int flags) {
    Nfnetlink.begin(
            writer,
            NfTables.NEWTABLE,
            NetlinkConstants.FLAG_REQUEST
                | NetlinkConstants.FLAG_ACK
                | NetlinkConstants.FLAG_CREATE
                | NetlinkConstants.FLAG_EXCLUSIVE,
            sequence,
            family.number())
        .string(NAME, name)
        .bigEndianInt(FLAGS, flags)
        .end();
  }

  /** Writes, inside a batch, the command that deletes a table with all that is in it. */
  public static void writeDelete(MessageWriter writer, int sequence, NfFamily family, String name) {
    Nfnetlink.begin(
            writer,
            NfTables.DELTABLE,
            NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_ACK,
            sequence,
            family.number())
        .string(NAME, name)
        .end();
  }
}
