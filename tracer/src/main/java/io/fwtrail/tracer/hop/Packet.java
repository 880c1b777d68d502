package io.fwtrail.tracer.hop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a packet's headers. Values that a protocol does not have, or that the source did
 * not show, are {@link #ABSENT} or null.
 *
 * @param version 4 or 6; {@link #ABSENT} for a packet that is not IP
 * @param src source address; of ARP the sender's
 * @param dst destination address; of ARP the target's
 * @param protocol tcp, udp, udplite, icmp, icmpv6, sctp, dccp, arp, or another one's number in
 *     decimal; null where it is not known
 * @param length bytes of the packet from the IP header on
 * @param tos the type-of-service byte of IPv4, the traffic class of IPv6: DSCP and ECN
 * @param ttl time to live of IPv4, hop limit of IPv6
 * @param id identification of IPv4
 * @param dontFragment the DF flag of IPv4
 * @param fragment where the packet is a fragment: its place in the whole
 * @param flowLabel of IPv6
 * @param sport source port of TCP, UDP, UDP-Lite, SCTP, DCCP
 * @param dport destination port
 * @param tcp what only TCP has
 * @param icmp what only ICMP and ICMPv6 have
 * @param arpOperation request, reply, or a number in decimal
 * @param link what the link-layer header says
 */
public record Packet(
    int version,
    @Nullable IpAddress src,
    @Nullable IpAddress dst,
    @Nullable String protocol,
    int length,
    int tos,
    int ttl,
    int id,
    boolean dontFragment,
    @Nullable Fragment fragment,
    int flowLabel,
    int sport,
    int dport,
    @Nullable Tcp tcp,
    @Nullable Icmp icmp,
    @Nullable String arpOperation,
    @Nullable LinkLayer link) {

  /** A number that is not there. */
  public static final int ABSENT = -1;

  /**
   * A fragment's place.
   *
   * @param offset bytes before it in the whole
   * @param more whether another one follows
   */
  public record Fragment(int offset, boolean more) {}

  /**
   * What only TCP has.
   *
   * @param seq sequence number, unsigned 32 bits
   * @param ack acknowledgement number, unsigned 32 bits
   * @param window as sent, not scaled
   * @param flagBits the flags from FIN (bit 0) to CWR (bit 7), RFC 9293 section 3.1
   */
  public record Tcp(long seq, long ack, int window, int flagBits) {
    private static final List<String> NAMES =
        List.of("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR");
    private static final List<List<String>> LISTS =
        java.util.stream.IntStream.range(0, 256)
            .mapToObj(
                bits ->
                    NAMES.stream().filter(name -> (bits >>> NAMES.indexOf(name) & 1) == 1).toList())
            .toList();

    /** The names of the flags that are set, from FIN to CWR. */
    public List<String> flags() {
      return LISTS.get(flagBits & 0xff);
    }

    /** The bit of a flag's name; 0 for a name that is none. */
    public static int flagBit(String name) {
      int index = NAMES.indexOf(name);
      return index < 0 ? 0 : 1 << index;
    }
  }

  /**
   * What only ICMP and ICMPv6 have.
   *
   * @param type type of message
   * @param code code within the type
   * @param id identifier of an echo message, else {@link #ABSENT}
   * @param seq sequence number of an echo message, else {@link #ABSENT}
   */
  public record Icmp(int type, int code, int id, int seq) {}

  /**
   * What the link-layer header says. As the kernel keeps it, it is that of the packet's arrival: on
   * the way out it is still the old one.
   *
   * @param macSrc the sender's hardware address, 48 bits; -1 where there is none
   * @param macDst the receiver's
   * @param etherType protocol in the frame, -1 where it is not known
   * @param vlan the VLAN's id, -1 where there is no tag
   */
  public record LinkLayer(long macSrc, long macDst, int etherType, int vlan) {
    /** A hardware address as people write it: six pairs of hex digits and colons. */
    public static String macText(long mac) {
      StringBuilder text = new StringBuilder(17);
      for (int shift = 40; shift >= 0; shift -= 8) {
        int octet = (int) (mac >>> shift) & 0xff;
        text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
        if (shift > 0) {
          text.append(':');
        }
      }
      return text.toString();
    }
  }

  /**
   * Whether {@code later} can be this same packet, seen further on its way. NAT may have changed
   * its addresses, ports and ICMP id; forwarding its TTL; but not what is compared here.
   *
   * @param rewritten whether a program in user space had it in between and may have written it anew
   */
  public boolean canBecome(Packet later, boolean rewritten) {
    if (version != later.version) {
      return false;
    }
    if (rewritten) {
      return true;
    }
    // The id also tells apart the packets of one flow; length, sequence and ICMP sequence help
    // where the id is 0, as in IPv6 or for IPv4 packets that must not be fragmented.
    return id == later.id
        && length == later.length
        && java.util.Objects.equals(protocol, later.protocol)
        && java.util.Objects.equals(fragment, later.fragment)
        && (tcp == null
            || later.tcp == null
            || (tcp.seq == later.tcp.seq
                && tcp.ack == later.tcp.ack
                && tcp.flagBits == later.tcp.flagBits))
        && (icmp == null
            || later.icmp == null
            || (icmp.type == later.icmp.type && icmp.seq == later.icmp.seq));
  }

  /**
   * A number that is the same for all packets that this one {@link #canBecome}, unless it is
   * rewritten: most others can be told from it without a look at their headers.
   */
  public int fingerprint() {
    return (id * 31 + length) * 31 + version;
  }

  /**
   * Whether {@code later} can be this packet after NAT, which at one point of the way changes
   * either its source or its destination, and not both.
   */
  public boolean mayBeTranslatedTo(Packet later) {
    boolean sameSource = java.util.Objects.equals(src, later.src) && sport == later.sport;
    boolean sameDestination = java.util.Objects.equals(dst, later.dst) && dport == later.dport;
    return (sameSource || sameDestination) && canBecome(later, false);
  }

  /** Whether all headers but the link layer's are equal: the same packet at the same point. */
  @SuppressWarnings("ReferenceEquality") // mostly a source hands on the same object
  public boolean sameIp(Packet other) {
    if (this == other) {
      return true;
    }
    return canBecome(other, false)
        && java.util.Objects.equals(src, other.src)
        && java.util.Objects.equals(dst, other.dst)
        && sport == other.sport
        && dport == other.dport;
  }
}
