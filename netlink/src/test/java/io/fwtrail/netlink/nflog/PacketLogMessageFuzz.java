package io.fwtrail.netlink.nflog;

import io.fwtrail.netlink.AttributeCursor;
import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/**
 * A logged packet. A view that was used before says the same as a new one, and all that it points
 * to lies in the message.
 */
public final class PacketLogMessageFuzz implements FuzzTarget {
  private static final int BEFORE = 5;

  private final MessageCursor cursor = new MessageCursor();
  private final PacketLogMessage used = new PacketLogMessage();

  @Override
  public List<byte[]> seeds() {
    return Fixture.names().stream()
        .filter(name -> name.startsWith("nflog/"))
        .flatMap(name -> Fixture.read(name).datagrams().stream())
        .toList();
  }

  @Override
  public void run(byte[] input) {
    if (input.length < NetlinkConstants.MESSAGE_HEADER_LENGTH) {
      return;
    }
    ByteBuf buffer = Unpooled.buffer(input.length + BEFORE + 1);
    buffer.writeZero(BEFORE).writeBytes(input).writeZero(1);
    // With a length that agrees: another one is refused before anything else is read.
    buffer.setIntLE(BEFORE, input.length);
    cursor.reset(buffer, BEFORE, input.length).next();
    PacketLogMessage fresh = new PacketLogMessage();
    try {
      used.decode(cursor);
    } catch (MalformedMessageException e) {
      try {
        fresh.decode(cursor);
      } catch (MalformedMessageException again) {
        return;
      }
      throw new AssertionError("malformed to one that was used, and not to a new one", e);
    }
    fresh.decode(cursor);
    List<Long> values = values(used);
    if (!values.equals(values(fresh))) {
      throw new AssertionError(values + " is not " + values(fresh));
    }
    int end = cursor.end();
    piece(used.payloadStart(), used.payloadLength(), end);
    piece(used.prefixStart(), used.prefixEnd() - used.prefixStart(), end);
    piece(used.hardwareAddressStart(), used.hardwareAddressLength(), end);
    piece(used.hardwareHeaderStart(), used.hardwareHeaderLength(), end);
    piece(used.layer2Start(), used.layer2Length(), end);
    AttributeCursor attributes = used.attributes();
    int count = 0;
    while (attributes.next()) {
      count++;
    }
    if (count * NetlinkConstants.ATTRIBUTE_HEADER_LENGTH > input.length) {
      throw new AssertionError(count + " attributes in " + input.length + " bytes");
    }
  }

  private static void piece(int start, int length, int limit) {
    if (length < 0 || (length > 0 && (start < BEFORE || start + length > limit))) {
      throw new AssertionError(length + " bytes at " + start + " of " + limit);
    }
  }

  private static List<Long> values(PacketLogMessage m) {
    List<Long> values = new ArrayList<>(40);
    values.add((long) m.family());
    values.add((long) m.group());
    values.add((long) m.protocol());
    values.add((long) m.hook());
    values.add(m.mark());
    values.add(m.time());
    values.add((long) m.indev());
    values.add((long) m.outdev());
    values.add((long) m.physIndev());
    values.add((long) m.physOutdev());
    values.add((long) m.hardwareAddressStart());
    values.add((long) m.hardwareAddressLength());
    values.add((long) m.payloadStart());
    values.add((long) m.payloadLength());
    values.add((long) m.prefixStart());
    values.add((long) m.prefixEnd());
    values.add(m.uid());
    values.add(m.gid());
    values.add(m.sequence());
    values.add(m.globalSequence());
    values.add((long) m.hardwareType());
    values.add((long) m.hardwareHeaderStart());
    values.add((long) m.hardwareHeaderLength());
    values.add((long) m.hardwareLength());
    values.add(m.ctId());
    values.add((long) m.ctDirection());
    values.add((long) m.ctStatus());
    values.add((long) m.ctState());
    values.add((long) m.vlanProtocol());
    values.add((long) m.vlanTci());
    values.add((long) m.layer2Start());
    values.add((long) m.layer2Length());
    values.add((long) m.unknownAttributes());
    return values;
  }
}
