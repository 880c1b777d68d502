package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.nftables.TraceFilter;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.mark.OwnTables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.List;

/**
 * Sends made-up packets through everything that a real one will meet, so that the first real one
 * does not wait for classes to be loaded and code to be compiled: cold, it would take some 70 ms.
 * For one thread.
 */
public final class WarmUp {
  /**
   * By then the hot code is compiled by the quick compiler (C1). The thorough one (C2) is to begin
   * with real packets: what it makes of these few kinds it has to make anew.
   */
  private static final int MOST_PACKETS = 400;

  /** Of each kind some. */
  private static final int FEW_PACKETS = 4;

  private static final byte[] IPV4 =
      HexFormat.of().parseHex("450000244a8540004011dc290a0b00020a0c0002");
  private static final byte[] UDP = HexFormat.of().parseHex("eb7500350010143c3030303030303030");
  private static final byte[] IPV6 =
      HexFormat.of()
          .parseHex(
              "600ae7590014064020010db800110000000000000000000220010db8001200000000000000000002");
  private static final byte[] TCP =
      HexFormat.of().parseHex("935e0050637bfd0700000000a002faf014490000");
  private static final byte[] ETHERNET = HexFormat.of().parseHex("0200000000010200000000020800");

  private static final int TYPE_POLICY = TraceMessage.TYPE_POLICY;
  private static final int TYPE_RULE = TraceMessage.TYPE_RULE;

  private final TrailAssembler assembler;
  private final TraceDecoder decoder = new TraceDecoder(Interfaces.NONE, OwnTables.NONE);
  private final Sighting sighting = new Sighting();
  private final MessageCursor cursor = new MessageCursor();
  private final TraceMessage message = new TraceMessage();
  private int packets;

  /**
   * Makes one that has sent nothing yet.
   *
   * @param listener what the hops and trails are to warm up; its output must lead nowhere
   */
  public WarmUp(TrailListener listener) {
    assembler = new TrailAssembler(listener, TrailAssembler.Limits.DEFAULT, false);
  }

  /** Sends as few packets as load the classes that a packet's way takes. */
  public void load() {
    var unused =
        TraceFilter.ALL.program(List.of(new TraceFilter.BaseChain(NfFamily.INET, "t", "chain")));
    send(FEW_PACKETS, Long.MAX_VALUE);
  }

  /**
   * Goes on for as long as it helps to have code compiled, and ends the trails.
   *
   * @param nanos at most so long
   */
  public void run(long nanos) {
    send(MOST_PACKETS, System.nanoTime() + nanos);
    assembler.stop();
  }

  private void send(int most, long until) {
    ByteBuf buffer = Unpooled.directBuffer(4096);
    for (; packets < most && System.nanoTime() < until; packets++) {
      buffer.clear();
      MessageWriter writer = new MessageWriter(buffer);
      boolean v4 = (packets & 1) == 0;
      write(writer, packets, "prerouting", 3, NfTables.VERDICT_JUMP, v4);
      write(writer, packets, "some-chain", 4, NfTables.VERDICT_RETURN, false);
      write(writer, packets, "prerouting", 0, NfTables.VERDICT_ACCEPT, false);
      write(writer, packets, "forward", 5, NfTables.VERDICT_DROP, v4);
      cursor.reset(buffer, 0, buffer.readableBytes());
      while (cursor.next()) {
        decoder.decode(message, cursor);
        decoder.fill(sighting, message, RuleSet.EMPTY, -1, packets);
        assembler.see(sighting, packets);
      }
    }
    buffer.release();
  }

  private static void write(
      MessageWriter w, int id, String chain, int handle, int verdict, boolean v4) {
    boolean policy = handle == 0;
    w.begin(Nfnetlink.type(Nfnetlink.SUBSYSTEM_NFTABLES, NfTables.TRACE), 0, 0)
        .raw((byte) NfFamily.INET.number(), (byte) 0, (byte) 0, (byte) 0)
        .bigEndianInt(6, id)
        .string(1, "warm-up")
        .string(2, chain)
        .bigEndianInt(4, policy ? TYPE_POLICY : TYPE_RULE)
        .bigEndianInt(14, 7);
    if (policy) {
      w.bigEndianInt(16, verdict);
    } else {
      w.bigEndianLong(3, handle).beginNested(5).bigEndianInt(1, verdict);
      if (verdict == NfTables.VERDICT_JUMP) {
        w.string(2, "some-chain");
      }
      w.endNested();
    }
    if (!chain.equals("some-chain") && !policy) {
      w.bigEndianInt(15, (v4 ? NfFamily.IP : NfFamily.IP6).number())
          .bytes(7, ETHERNET)
          .bytes(8, v4 ? IPV4 : IPV6)
          .bytes(9, v4 ? UDP : TCP)
          .bigEndianInt(18, id)
          .bytes(19, (byte) 0)
          .bigEndianInt(21, 8);
    }
    w.end();
  }
}
