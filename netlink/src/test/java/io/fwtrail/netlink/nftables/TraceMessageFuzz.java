package io.fwtrail.netlink.nftables;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;

/**
 * A trace message. A view that was used before says the same as a new one; all that it points to
 * lies in the message; and it reads by a known outcome what it reads attribute by attribute.
 */
public final class TraceMessageFuzz implements FuzzTarget {
  private static final int BEFORE = 5;

  private final MessageCursor cursor = new MessageCursor();
  private final TraceMessage used = new TraceMessage();
  private final TraceMessage quick = new TraceMessage();

  @Override
  public List<byte[]> seeds() {
    return Fixture.names().stream()
        .filter(name -> name.startsWith("trace/"))
        .flatMap(name -> Fixture.read(name).datagrams().stream())
        .toList();
  }

  /** With a length that agrees: another one is refused before anything else is read. */
  private MessageCursor message(byte[] input) {
    ByteBuf buffer = Unpooled.buffer(input.length + BEFORE + 1);
    buffer.writeZero(BEFORE).writeBytes(input).writeZero(1);
    buffer.setIntLE(BEFORE, input.length);
    cursor.reset(buffer, BEFORE, input.length);
    return cursor.next() ? cursor : null;
  }

  @Override
  public void run(byte[] input) {
    if (input.length < NetlinkConstants.MESSAGE_HEADER_LENGTH) {
      return;
    }
    MessageCursor message = message(input);
    TraceMessage fresh = new TraceMessage();
    try {
      used.decode(message);
    } catch (MalformedMessageException e) {
      try {
        fresh.decode(message);
      } catch (MalformedMessageException again) {
        return;
      }
      throw new AssertionError("malformed to one that was used, and not to a new one", e);
    }
    fresh.decode(message);
    same(used, fresh);
    int end = message.end();
    inside(used.tableStart(), used.tableEnd(), end);
    inside(used.chainStart(), used.chainEnd(), end);
    piece(used.targetStart(), used.targetEnd() - used.targetStart(), end);
    piece(used.linkStart(), used.linkLength(), end);
    piece(used.networkStart(), used.networkLength(), end);
    piece(used.transportStart(), used.transportLength(), end);
    AttributeCursor attributes = used.attributes();
    int count = 0;
    while (attributes.next()) {
      count++;
      inside(attributes.valueStart(), attributes.valueEnd(), end);
    }
    if (count * NetlinkConstants.ATTRIBUTE_HEADER_LENGTH > input.length) {
      throw new AssertionError(count + " attributes in " + input.length + " bytes");
    }
    TraceOutcome outcome = used.outcome();
    if (outcome != null) {
      if (!quick.decodeAs(message, outcome)) {
        throw new AssertionError("a message has not its own outcome");
      }
      same(quick, fresh);
    }
  }

  private static void inside(int start, int end, int limit) {
    if (start < BEFORE || start > end || end > limit) {
      throw new AssertionError("from " + start + " to " + end + " of " + limit);
    }
  }

  private static void piece(int start, int length, int limit) {
    if (length != 0) {
      inside(start, start + length, limit);
    }
  }

  private static void same(TraceMessage a, TraceMessage b) {
    boolean same =
        a.family() == b.family()
            && a.protocolFamily() == b.protocolFamily()
            && a.tableStart() == b.tableStart()
            && a.tableEnd() == b.tableEnd()
            && a.chainStart() == b.chainStart()
            && a.chainEnd() == b.chainEnd()
            && a.targetEnd() - a.targetStart() == b.targetEnd() - b.targetStart()
            // Where there is none, its place means nothing.
            && (a.targetEnd() == a.targetStart() || a.targetStart() == b.targetStart())
            && a.hasHandle() == b.hasHandle()
            && a.handle() == b.handle()
            && a.type() == b.type()
            && a.verdictCode() == b.verdictCode()
            && a.id() == b.id()
            && a.linkStart() == b.linkStart()
            && a.linkLength() == b.linkLength()
            && a.networkStart() == b.networkStart()
            && a.networkLength() == b.networkLength()
            && a.transportStart() == b.transportStart()
            && a.transportLength() == b.transportLength()
            && a.iif() == b.iif()
            && a.oif() == b.oif()
            && a.mark() == b.mark()
            && a.unknownAttributes() == b.unknownAttributes();
    if (!same) {
      throw new AssertionError("two views of one message differ");
    }
  }
}
