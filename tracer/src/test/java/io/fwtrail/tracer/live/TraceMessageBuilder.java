package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.tracer.ruleset.NfMessages;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/**
 * Writes NFT_MSG_TRACE messages as the kernel does (net/netfilter/nf_tables_trace.c): in chain "c"
 * of table "inet t" with trace id 1 unless told otherwise.
 */
final class TraceMessageBuilder {
  private static final int POLICY = 1;
  private static final int RETURN = 2;
  private static final int RULE = 3;

  private final List<Consumer<MessageWriter>> attributes = new ArrayList<>();
  private NfFamily family = NfFamily.INET;
  private String table = "t";
  private String chain = "c";
  private int id = 1;
  private int type;

  private TraceMessageBuilder(int type) {
    this.type = type;
  }

  /** A packet met a rule. */
  static TraceMessageBuilder rule(long handle, int verdict) {
    return rule(handle, verdict, null);
  }

  /** A packet met a rule that leads to a chain. */
  static TraceMessageBuilder rule(long handle, int verdict, String target) {
    return new TraceMessageBuilder(RULE)
        .with(w -> w.bigEndianLong(3, handle))
        .verdict(verdict, target);
  }

  /** A packet met a policy. */
  static TraceMessageBuilder policy(int verdict) {
    return new TraceMessageBuilder(POLICY).with(w -> w.bigEndianInt(16, verdict));
  }

  /** A packet came to the end of a chain, as kernels since 6.4 tell it. */
  static TraceMessageBuilder endOfChain() {
    return new TraceMessageBuilder(RULE).verdict(NfTables.VERDICT_CONTINUE, null);
  }

  /** A packet came to the end of a chain, as kernels before 6.4 tell it. */
  static TraceMessageBuilder endOfChainOfOldKernels() {
    return new TraceMessageBuilder(RETURN).verdict(NfTables.VERDICT_CONTINUE, null);
  }

  private TraceMessageBuilder verdict(int code, String target) {
    return with(
        w -> {
          w.beginNested(5).bigEndianInt(1, code);
          if (target != null) {
            w.string(2, target);
          }
          w.endNested();
        });
  }

  /** Any other attribute. */
  TraceMessageBuilder with(Consumer<MessageWriter> attribute) {
    attributes.add(attribute);
    return this;
  }

  TraceMessageBuilder id(int value) {
    id = value;
    return this;
  }

  TraceMessageBuilder in(NfFamily of, String tableName, String chainName) {
    family = of;
    table = tableName;
    chain = chainName;
    return this;
  }

  TraceMessageBuilder chain(String name) {
    chain = name;
    return this;
  }

  TraceMessageBuilder type(int value) {
    type = value;
    return this;
  }

  TraceMessageBuilder mark(int value) {
    return with(w -> w.bigEndianInt(14, value));
  }

  TraceMessageBuilder connection(int ctId, int direction, int state) {
    return with(w -> w.bigEndianInt(18, ctId).bytes(19, (byte) direction).bigEndianInt(21, state));
  }

  /** Came in by an interface of index and type. */
  TraceMessageBuilder cameIn(int index, int deviceType) {
    return with(w -> w.bigEndianInt(10, index).bytes(11, bigEndianShort(deviceType)));
  }

  /** Leaves by an interface of index and type. */
  TraceMessageBuilder leaves(int index, int deviceType) {
    return with(w -> w.bigEndianInt(12, index).bytes(13, bigEndianShort(deviceType)));
  }

  private static byte[] bigEndianShort(int value) {
    return new byte[] {(byte) (value >>> 8), (byte) value};
  }

  /** The first message of its base chain: with the headers of a UDP packet, IP id {@code ipId}. */
  TraceMessageBuilder first(int ipId) {
    String network =
        "4500001e" + HexFormat.of().toHexDigits((short) ipId) + "0000 40 11 0000 0a000001 0a000002";
    return with(w -> w.bytes(8, hex(network)).bytes(9, hex("03e8 0035 000a 0000")))
        .with(w -> w.bigEndianInt(15, NfFamily.IP.number()));
  }

  /** The first message of its base chain. */
  TraceMessageBuilder first() {
    return first(1);
  }

  static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  byte[] build() {
    return NfMessages.message(
        NfTables.TRACE,
        family,
        w -> {
          w.string(1, table).string(2, chain).bigEndianInt(4, type).bigEndianInt(6, id);
          attributes.forEach(attribute -> attribute.accept(w));
        });
  }
}
