package io.fwtrail.tracer.hop;

import io.fwtrail.netlink.nftables.NfFamily;

/**
 * Makes packets for tests: a UDP packet from 10.0.0.1:1000 to 10.0.0.2:53 unless told otherwise.
 */
public final class PacketBuilder {
  private int version = 4;
  private IpAddress src = ip("10.0.0.1");
  private IpAddress dst = ip("10.0.0.2");
  private String protocol = "udp";
  private int length = 100;
  private int tos;
  private int ttl = 64;
  private int id = 1;
  private boolean dontFragment;
  private Packet.Fragment fragment;
  private int flowLabel = Packet.ABSENT;
  private int sport = 1000;
  private int dport = 53;
  private Packet.Tcp tcp;
  private Packet.Icmp icmp;
  private String arpOperation;
  private Packet.LinkLayer link;

  private PacketBuilder() {}

  /** A UDP packet. */
  public static PacketBuilder udp() {
    return new PacketBuilder();
  }

  /** A TCP SYN with a sequence number. */
  public static PacketBuilder tcp(long seq) {
    PacketBuilder packet = new PacketBuilder();
    packet.protocol = "tcp";
    packet.tcp = new Packet.Tcp(seq, 0, 64_240, Packet.Tcp.flagBit("SYN"));
    return packet;
  }

  /** An echo request. */
  public static PacketBuilder echo(int icmpId, int icmpSeq) {
    PacketBuilder packet = new PacketBuilder();
    packet.protocol = "icmp";
    packet.sport = Packet.ABSENT;
    packet.dport = Packet.ABSENT;
    packet.icmp = new Packet.Icmp(8, 0, icmpId, icmpSeq);
    return packet;
  }

  /** An ARP request. */
  public static PacketBuilder arp() {
    PacketBuilder packet = new PacketBuilder();
    packet.version = Packet.ABSENT;
    packet.protocol = "arp";
    packet.length = Packet.ABSENT;
    packet.tos = Packet.ABSENT;
    packet.ttl = Packet.ABSENT;
    packet.id = Packet.ABSENT;
    packet.sport = Packet.ABSENT;
    packet.dport = Packet.ABSENT;
    packet.arpOperation = "request";
    return packet;
  }

  /** The same over IPv6, from 2001:db8::1 to 2001:db8::2. */
  public PacketBuilder v6() {
    version = 6;
    src = IpAddress.v6(0x2001_0db8_0000_0000L, 1);
    dst = IpAddress.v6(0x2001_0db8_0000_0000L, 2);
    id = Packet.ABSENT;
    flowLabel = 0;
    return this;
  }

  /** The same in the IP version of a family; inet stands for IPv4. */
  public PacketBuilder of(NfFamily family) {
    return family == NfFamily.IP6 ? v6() : this;
  }

  public PacketBuilder src(String address) {
    src = ip(address);
    return this;
  }

  public PacketBuilder dst(String address) {
    dst = ip(address);
    return this;
  }

  public PacketBuilder protocol(String name) {
    protocol = name;
    return this;
  }

  public PacketBuilder length(int bytes) {
    length = bytes;
    return this;
  }

  public PacketBuilder tos(int value) {
    tos = value;
    return this;
  }

  public PacketBuilder ttl(int value) {
    ttl = value;
    return this;
  }

  public PacketBuilder id(int value) {
    id = value;
    return this;
  }

  public PacketBuilder dontFragment() {
    dontFragment = true;
    return this;
  }

  public PacketBuilder fragment(int offset, boolean more) {
    fragment = new Packet.Fragment(offset, more);
    return this;
  }

  public PacketBuilder flowLabel(int value) {
    flowLabel = value;
    return this;
  }

  public PacketBuilder sport(int port) {
    sport = port;
    return this;
  }

  public PacketBuilder dport(int port) {
    dport = port;
    return this;
  }

  public PacketBuilder tcp(Packet.Tcp value) {
    tcp = value;
    return this;
  }

  public PacketBuilder icmp(Packet.Icmp value) {
    icmp = value;
    return this;
  }

  public PacketBuilder link(Packet.LinkLayer value) {
    link = value;
    return this;
  }

  /** The packet; the builder can go on to another one that differs. */
  public Packet build() {
    return new Packet(
        version,
        src,
        dst,
        protocol,
        length,
        tos,
        ttl,
        id,
        dontFragment,
        fragment,
        flowLabel,
        sport,
        dport,
        tcp,
        icmp,
        arpOperation,
        link);
  }

  /** An IPv4 address of its text. */
  public static IpAddress ip(String dotted) {
    int bits = 0;
    for (String part : dotted.split("\\.", -1)) {
      bits = bits << 8 | Integer.parseInt(part);
    }
    return IpAddress.v4(bits);
  }
}
