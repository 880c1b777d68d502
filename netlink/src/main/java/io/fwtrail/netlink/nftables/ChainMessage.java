package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A chain, as NFT_MSG_NEWCHAIN and NFT_MSG_DELCHAIN tell it.
 *
 * @param family number of its table's family, see {@link NfFamily}
 * @param table its table's name
 * @param name its name, unique in its table
 * @param handle its number, unique in its table
 * @param hook where it is hooked in, or null for a chain that is only jumped to
 * @param type filter, nat or route for a base chain, else null
 * @param policy verdict code of a base chain's policy (NF_ACCEPT, NF_DROP), -1 where there is none
 */
public record ChainMessage(
    int family,
    String table,
    String name,
    long handle,
    @Nullable Hook hook,
    @Nullable String type,
    int policy) {

  /**
   * Where a base chain is hooked in.
   *
   * @param number the hook's number in its family: NF_INET_* (also for bridge and inet; 5 is inet's
   *     ingress), NF_ARP_*, NF_NETDEV_*
   * @param priority chains of one hook run from the lowest to the highest, over all tables
   * @param devices the devices of an ingress or egress chain, else empty
   */
  public record Hook(int number, int priority, List<String> devices) {
    /** Copies the list. */
    public Hook {
      devices = List.copyOf(devices);
    }
  }

  private static final int TABLE = 1;
  private static final int HANDLE = 2;
  private static final int NAME = 3;
  private static final int HOOK = 4;
  private static final int POLICY = 5;
  private static final int TYPE = 7;

  private static final int HOOK_NUMBER = 1;
  private static final int HOOK_PRIORITY = 2;
  private static final int HOOK_DEVICE = 3;
  private static final int HOOK_DEVICES = 4;

  /**
   * Reads the message that {@code message} stands on.
   *
   * @throws MalformedMessageException if it does not fit, or has no name or table
   */
  public static ChainMessage decode(MessageCursor message) {
    AttributeCursor attributes =
        new AttributeCursor()
            .reset(message.buffer(), Nfnetlink.attributesStart(message), message.end());
    String table = null;
    String name = null;
    long handle = 0;
    Hook hook = null;
    String type = null;
    int policy = -1;
    while (attributes.next()) {
      switch (attributes.type()) {
        case TABLE -> table = attributes.string();
        case NAME -> name = attributes.string();
        case HANDLE -> handle = attributes.bigEndianLong();
        case HOOK -> hook = hook(new AttributeCursor().resetNested(attributes));
        case POLICY -> policy = attributes.bigEndianInt();
        case TYPE -> type = attributes.string();
        default -> {
          // Counters, flags, use count: not part of what a chain is.
        }
      }
    }
    if (table == null || name == null) {
      throw new MalformedMessageException("a chain without a name or a table");
    }
    return new ChainMessage(Nfnetlink.family(message), table, name, handle, hook, type, policy);
  }

  private static @Nullable Hook hook(AttributeCursor attributes) {
    int number = -1;
    int priority = 0;
    List<String> devices = new ArrayList<>();
    while (attributes.next()) {
      switch (attributes.type()) {
        case HOOK_NUMBER -> number = attributes.bigEndianInt();
        case HOOK_PRIORITY -> priority = attributes.bigEndianInt();
        // A single device comes both ways (nf_tables_api.c, nft_dump_basechain_hook).
        case HOOK_DEVICE -> addDevice(devices, attributes.string());
        case HOOK_DEVICES -> {
          AttributeCursor list = new AttributeCursor().resetNested(attributes);
          while (list.next()) {
            addDevice(devices, list.string());
          }
        }
        default -> {
          // Nothing else says where the hook is.
        }
      }
    }
    // The notice of a netdev chain that lost a device can hold no number: not a base chain's hook.
    return number < 0 ? null : new Hook(number, priority, devices);
  }

  private static void addDevice(List<String> devices, String device) {
    if (!devices.contains(device)) {
      devices.add(device);
    }
  }

  /** Writes a request for all chains of all tables and families, as a dump. */
  public static void writeDump(MessageWriter writer, int sequence) {
    Nfnetlink.begin(
            writer,
            NfTables.GETCHAIN,
            NetlinkConstants.FLAG_REQUEST | NetlinkConstants.FLAG_DUMP,
            sequence,
            NfFamily.UNSPECIFIED.number())
        .end();
  }

  /** Writes, inside a batch, the command that makes a chain which is only jumped to. */
  public static void writeNew(
      MessageWriter writer, int sequence, NfFamily family, String table, String name) {
    begin(writer, sequence, family, table, name).end();
  }

  /** Writes, inside a batch, the command that makes a base chain of type filter, policy accept. */
  public static void writeNewBase(
      MessageWriter writer, int sequence, NfFamily family, String table, String name, Hook hook) {
    begin(writer, sequence, family, table, name)
        .beginNested(HOOK)
        .bigEndianInt(HOOK_NUMBER, hook.number())
        .bigEndianInt(HOOK_PRIORITY, hook.priority());
    if (!hook.devices().isEmpty()) {
      // NFTA_HOOK_DEV serves every kernel where there is one device; callers make a chain each.
      writer.string(HOOK_DEVICE, hook.devices().get(0));
    }
    writer.endNested().bigEndianInt(POLICY, NfTables.VERDICT_ACCEPT).string(TYPE, "filter").end();
  }

  private static MessageWriter begin(
      MessageWriter writer, int sequence, NfFamily family, String table, String name) {
    return Nfnetlink.begin(
            writer,
            NfTables.NEWCHAIN,
            NetlinkConstants.FLAG_REQUEST
                | NetlinkConstants.FLAG_ACK
                | NetlinkConstants.FLAG_CREATE,
            sequence,
            family.number())
        .string(TABLE, table)
        .string(NAME, name);
  }
}
