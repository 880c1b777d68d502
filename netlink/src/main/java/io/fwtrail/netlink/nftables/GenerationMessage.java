package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import org.jspecify.annotations.Nullable;

/**
 * The rule set's generation: NFT_MSG_NEWGEN, sent after all notices of one commit, and the answer
 * to a question for it.
 *
 * @param generation a number that each commit raises by one, unsigned 32 bits
 * @param processId who committed, 0 where it was not sent (as seen from the first PID namespace)
 * @param processName that process's name, or null
 */
public record GenerationMessage(long generation, int processId, @Nullable String processName) {
  private static final int ID = 1;
  private static final int PROCESS_ID = 2;
  private static final int PROCESS_NAME = 3;

  /**
   * Reads the message that {@code message} stands on.
   *
   * @throws MalformedMessageException if it does not fit or has no number
   */
  public static GenerationMessage decode(MessageCursor message) {
    AttributeCursor attributes =
        new AttributeCursor()
            .reset(message.buffer(), Nfnetlink.attributesStart(message), message.end());
    long generation = -1;
    int processId = 0;
    String processName = null;
    while (attributes.next()) {
      switch (attributes.type()) {
        case ID -> generation = attributes.bigEndianUnsignedInt();
        case PROCESS_ID -> processId = attributes.bigEndianInt();
        case PROCESS_NAME -> processName = attributes.string();
        default -> {
          // A newer kernel's attribute.
        }
      }
    }
    if (generation < 0) {
      throw new MalformedMessageException("a generation without its number");
    }
    return new GenerationMessage(generation, processId, processName);
  }

  /** Writes the question for the present generation; the answer is one message. */
  public static void writeGet(MessageWriter writer, int sequence) {
    Nfnetlink.begin(
            writer,
            NfTables.GETGEN,
            NetlinkConstants.FLAG_REQUEST,
            sequence,
            NfFamily.UNSPECIFIED.number())
        .end();
  }
}
