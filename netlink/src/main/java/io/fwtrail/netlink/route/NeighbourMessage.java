package io.fwtrail.netlink.route;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkConstants;
import java.nio.ByteOrder;

/**
 * A neighbour on a link, as RTM_NEWNEIGH tells it ({@code struct ndmsg} and NDA_* attributes,
 * linux/neighbour.h; numbers in host byte order).
 *
 * @param state one NUD_* bit
 * @param sinceTicks how long it has been in that state, in hundredths of a second (USER_HZ)
 */
public record NeighbourMessage(int state, long sinceTicks) {
  /** {@code NUD_INCOMPLETE}: it was asked for and has not answered yet. */
  public static final int INCOMPLETE = 0x01;

  /** {@code NUD_FAILED}: it did not answer. */
  public static final int FAILED = 0x20;

  private static final int RTM_NEWNEIGH = 28;
  private static final int RTM_GETNEIGH = 30;
  private static final int HEADER_LENGTH = 12;
  private static final int DEVICE_OFFSET = 4;
  private static final int STATE_OFFSET = 8;
  private static final int NDA_DST = 1;
  private static final int NDA_CACHEINFO = 3;

  /** Where {@code ndm_updated} is in {@code struct nda_cacheinfo}. */
  private static final int UPDATED_OFFSET = 8;

  /** Whether a message tells of a neighbour. */
  public static boolean isNeighbour(MessageCursor message) {
    return message.type() == RTM_NEWNEIGH;
  }

  /**
   * Reads the message that {@code message} stands on.
   *
   * @throws MalformedMessageException if it does not fit
   */
  public static NeighbourMessage decode(MessageCursor message) {
    int start = message.payloadStart();
    if (message.end() < start + HEADER_LENGTH) {
      throw new MalformedMessageException("a neighbour message without its header");
    }
    AttributeCursor attributes =
        new AttributeCursor().reset(message.buffer(), start + HEADER_LENGTH, message.end());
    long since = 0;
    while (attributes.next()) {
      if (attributes.type() == NDA_CACHEINFO) {
        if (attributes.valueLength() < UPDATED_OFFSET + 4) {
          throw new MalformedMessageException("the age of a neighbour cut short");
        }
        int at = attributes.valueStart() + UPDATED_OFFSET;
        since = MessageCursor.hostInt(attributes.buffer(), at) & 0xffff_ffffL;
      }
    }
    // Two bytes in host order; all states there are fit in the lower one.
    int state = MessageCursor.hostInt(message.buffer(), start + STATE_OFFSET);
    return new NeighbourMessage(
        ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? state >>> 16 : state & 0xffff, since);
  }

  /**
   * Writes a request for one neighbour, which Linux 5.0 and later answer (net/core/neighbour.c,
   * neigh_get).
   */
  public static void writeQuestion(
      MessageWriter writer, int sequence, int device, RouteAddress address) {
    byte[] header = RouteHeader.of(HEADER_LENGTH, DEVICE_OFFSET, device);
    header[0] = address.family();
    writer
        .begin(RTM_GETNEIGH, NetlinkConstants.FLAG_REQUEST, sequence)
        .raw(header)
        .bytes(NDA_DST, address.bytes())
        .end();
  }
}
