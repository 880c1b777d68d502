package io.fwtrail.tracer.hop;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A packet's headers, each cut anywhere: four bytes that say how, then the headers. Whatever lies
 * behind them changes nothing, and each field is one that such a header can have.
 */
public final class PacketDecoderFuzz implements FuzzTarget {
  private static final int HEAD = 4;

  private static final int UNKNOWN =
      List.of(PacketDecoder.Network.values()).indexOf(PacketDecoder.Network.UNKNOWN);

  /** Different bytes before and behind: what is read beyond the headers tells. */
  private static final int AROUND = 48;

  @Override
  public List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (String name : Fixture.names()) {
      if (name.startsWith("trace/")) {
        Fixture.read(name).forEach(message -> add(message, seeds));
      }
    }
    return seeds;
  }

  private static void add(MessageCursor message, List<byte[]> seeds) {
    TraceMessage trace;
    try {
      trace = new TraceMessage().decode(message);
    } catch (MalformedMessageException e) {
      return;
    }
    if (trace.hasPacket()) {
      ByteBuf seed = Unpooled.buffer();
      seed.writeByte(trace.linkLength()).writeByte(trace.networkLength());
      seed.writeByte(trace.iifType()).writeByte(UNKNOWN);
      seed.writeBytes(trace.buffer(), trace.linkStart(), trace.linkLength());
      seed.writeBytes(trace.buffer(), trace.networkStart(), trace.networkLength());
      seed.writeBytes(trace.buffer(), trace.transportStart(), trace.transportLength());
      seeds.add(Arrays.copyOf(seed.array(), seed.readableBytes()));
    }
  }

  @Override
  public void run(byte[] input) {
    if (input.length < HEAD) {
      return;
    }
    Packet packet = decode(input, (byte) 0);
    Packet again = decode(input, (byte) 0xff);
    if (!packet.equals(again)) {
      throw new AssertionError("read beyond the headers: " + packet + " and " + again);
    }
    within(packet.length(), 0xffff + 40);
    within(packet.tos(), 0xff);
    within(packet.ttl(), 0xff);
    within(packet.id(), 0xffff);
    within(packet.flowLabel(), 0xfffff);
    within(packet.sport(), 0xffff);
    within(packet.dport(), 0xffff);
  }

  private static void within(int value, int most) {
    if (value < Packet.ABSENT || value > most) {
      throw new AssertionError(value + " is more than " + most);
    }
  }

  private static Packet decode(byte[] input, byte filling) {
    byte[] all = new byte[AROUND + input.length - HEAD + AROUND];
    Arrays.fill(all, filling);
    System.arraycopy(input, HEAD, all, AROUND, input.length - HEAD);
    int rest = input.length - HEAD;
    int link = Math.min(input[0] & 0xff, rest);
    int network = Math.min(input[1] & 0xff, rest - link);
    PacketDecoder.Network[] kinds = PacketDecoder.Network.values();
    return PacketDecoder.decode(
        Unpooled.wrappedBuffer(all),
        AROUND,
        link,
        input[2],
        AROUND + link,
        network,
        AROUND + link + network,
        rest - link - network,
        kinds[(input[3] & 0xff) % kinds.length]);
  }
}
