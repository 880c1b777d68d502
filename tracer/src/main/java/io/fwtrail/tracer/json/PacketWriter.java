package io.fwtrail.tracer.json;

import io.fwtrail.tracer.hop.Packet;
import org.jspecify.annotations.Nullable;

/** Writes packets as members of a record. */
final class PacketWriter {
  private static final byte[] PACKET = JsonText.name("packet");
  private static final byte[] VERSION = JsonText.name("version");
  private static final byte[] SRC = JsonText.name("src");
  private static final byte[] DST = JsonText.name("dst");
  private static final byte[] PROTOCOL = JsonText.name("protocol");
  private static final byte[] OPERATION = JsonText.name("operation");
  private static final byte[] LENGTH = JsonText.name("length");
  private static final byte[] TOS = JsonText.name("tos");
  private static final byte[] HOP_LIMIT = JsonText.name("hopLimit");
  private static final byte[] FLOW_LABEL = JsonText.name("flowLabel");
  private static final byte[] TTL = JsonText.name("ttl");
  private static final byte[] ID = JsonText.name("id");
  private static final byte[] DF = JsonText.name("df");
  private static final byte[] FRAGMENT = JsonText.name("fragment");
  private static final byte[] OFFSET = JsonText.name("offset");
  private static final byte[] MORE = JsonText.name("more");
  private static final byte[] SPORT = JsonText.name("sport");
  private static final byte[] DPORT = JsonText.name("dport");
  private static final byte[] SEQ = JsonText.name("seq");
  private static final byte[] ACK = JsonText.name("ack");
  private static final byte[] WINDOW = JsonText.name("window");
  private static final byte[] FLAGS = JsonText.name("flags");
  private static final byte[] ICMP_TYPE = JsonText.name("icmpType");
  private static final byte[] ICMP_CODE = JsonText.name("icmpCode");
  private static final byte[] ICMP_ID = JsonText.name("icmpId");
  private static final byte[] ICMP_SEQ = JsonText.name("icmpSeq");
  private static final byte[] MAC_SRC = JsonText.name("macSrc");
  private static final byte[] MAC_DST = JsonText.name("macDst");
  private static final byte[] ETHER_TYPE = JsonText.name("etherType");
  private static final byte[] VLAN = JsonText.name("vlan");

  private PacketWriter() {}

  /** Writes the member {@code packet}; nothing where there is none. */
  static void write(JsonText text, @Nullable Packet packet) {
    if (packet == null) {
      return;
    }
    text.member(PACKET).begin((byte) '{');
    optional(text, VERSION, packet.version());
    if (packet.src() != null) {
      text.member(SRC, packet.src());
    }
    if (packet.dst() != null) {
      text.member(DST, packet.dst());
    }
    if (packet.protocol() != null) {
      text.member(PROTOCOL, packet.protocol());
    }
    if (packet.arpOperation() != null) {
      text.member(OPERATION, packet.arpOperation());
    }
    optional(text, LENGTH, packet.length());
    optional(text, TOS, packet.tos());
    if (packet.version() == 6) {
      optional(text, HOP_LIMIT, packet.ttl());
      optional(text, FLOW_LABEL, packet.flowLabel());
    } else {
      optional(text, TTL, packet.ttl());
      optional(text, ID, packet.id());
      if (packet.version() == 4) {
        text.member(DF, packet.dontFragment());
      }
    }
    fragment(text, packet.fragment());
    optional(text, SPORT, packet.sport());
    optional(text, DPORT, packet.dport());
    tcp(text, packet.tcp());
    icmp(text, packet.icmp());
    text.end((byte) '}');
  }

  private static void fragment(JsonText text, Packet.@Nullable Fragment fragment) {
    if (fragment == null) {
      return;
    }
    text.member(FRAGMENT).begin((byte) '{');
    if (fragment.offset() != Packet.ABSENT) {
      text.member(OFFSET, fragment.offset()).member(MORE, fragment.more());
    }
    text.end((byte) '}');
  }

  private static void tcp(JsonText text, Packet.@Nullable Tcp tcp) {
    if (tcp == null) {
      return;
    }
    text.member(SEQ, tcp.seq())
        .member(ACK, tcp.ack())
        .member(WINDOW, tcp.window())
        .member(FLAGS, tcp.flags());
  }

  private static void icmp(JsonText text, Packet.@Nullable Icmp icmp) {
    if (icmp == null) {
      return;
    }
    text.member(ICMP_TYPE, icmp.type()).member(ICMP_CODE, icmp.code());
    optional(text, ICMP_ID, icmp.id());
    optional(text, ICMP_SEQ, icmp.seq());
  }

  /** Writes what the link-layer header says, as members of the hop. */
  static void writeLink(JsonText text, Packet.@Nullable LinkLayer link) {
    if (link == null) {
      return;
    }
    if (link.macSrc() >= 0) {
      text.member(MAC_SRC, Packet.LinkLayer.macText(link.macSrc()))
          .member(MAC_DST, Packet.LinkLayer.macText(link.macDst()));
    }
    optional(text, ETHER_TYPE, link.etherType());
    optional(text, VLAN, link.vlan());
  }

  /** Writes a number that may be absent. */
  static void optional(JsonText text, byte[] name, long value) {
    if (value != Packet.ABSENT) {
      text.member(name, value);
    }
  }
}
