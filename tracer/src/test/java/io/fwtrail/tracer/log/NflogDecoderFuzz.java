package io.fwtrail.tracer.log;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.fwtrail.netlink.nflog.PacketLogMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an NFLOG message says of a legacy table: the same twice, and of a rule from 1 up. */
public final class NflogDecoderFuzz implements FuzzTarget {
  private final MessageCursor cursor = new MessageCursor();
  private final PacketLogMessage message = new PacketLogMessage();
  private final NflogDecoder decoder = new NflogDecoder(NflogDecoderFuzz::name);
  private final LogEvent first = new LogEvent();
  private final LogEvent second = new LogEvent();

  private static @Nullable String name(int index) {
    return index == 0 ? null : "eth";
  }

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
    ByteBuf buffer = Unpooled.wrappedBuffer(input.clone());
    buffer.setIntLE(0, input.length);
    cursor.reset(buffer, 0, input.length).next();
    try {
      message.decode(cursor);
    } catch (MalformedMessageException e) {
      return;
    }
    boolean trace = decoder.fill(first, message, 1);
    if (trace != decoder.fill(second, message, 1)) {
      throw new AssertionError("a trace, and then none");
    }
    if (!trace) {
      return;
    }
    if (first.number < 1 || first.table.isEmpty() || first.chain.isEmpty()) {
      throw new AssertionError(first.table + ", " + first.chain + ", " + first.number);
    }
    if (!LogLineFuzz.said(first).equals(LogLineFuzz.said(second))) {
      throw new AssertionError(LogLineFuzz.said(first) + " is not " + LogLineFuzz.said(second));
    }
  }
}
