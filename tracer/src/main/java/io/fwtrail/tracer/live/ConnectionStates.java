package io.fwtrail.tracer.live;

import io.fwtrail.netlink.conntrack.ConntrackMessage;
import io.fwtrail.tracer.hop.Packet;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Words for how a connection stands, and for how a packet stands to it. */
final class ConnectionStates {
  private static final int SYN = Packet.Tcp.flagBit("SYN");
  private static final int ACK = Packet.Tcp.flagBit("ACK");

  /** A bit and its word. */
  private record Word(int bit, String text) {}

  /**
   * Of {@code IPS_*}. Those are left out that each connection in the table has (confirmed), and
   * those that tell how far the kernel has come with its own work (NAT is set up, sequence numbers
   * are adjusted).
   */
  private static final List<Word> WORDS =
      List.of(
          new Word(ConntrackMessage.EXPECTED, "expected"),
          new Word(ConntrackMessage.SEEN_REPLY, "seen-reply"),
          new Word(ConntrackMessage.ASSURED, "assured"),
          new Word(ConntrackMessage.SRC_NAT, "src-nat"),
          new Word(ConntrackMessage.DST_NAT, "dst-nat"),
          new Word(ConntrackMessage.DYING, "dying"),
          new Word(ConntrackMessage.FIXED_TIMEOUT, "fixed-timeout"),
          new Word(ConntrackMessage.HELPER, "helper"),
          new Word(ConntrackMessage.OFFLOAD, "offload"),
          new Word(ConntrackMessage.HW_OFFLOAD, "hw-offload"));

  private ConnectionStates() {}

  /** The words of the bits that are set. */
  static List<String> words(int status) {
    List<String> words = new ArrayList<>();
    for (Word word : WORDS) {
      if ((status & word.bit) != 0) {
        words.add(word.text);
      }
    }
    return words;
  }

  /**
   * The state that a packet had, of what its connection is a moment later. The kernel's own rule
   * (nf_conntrack_core.c, resolve_normal_ct): an answer is established; so is a packet of the other
   * direction once an answer was seen; before, it is related where the connection was announced,
   * else new.
   *
   * <p>So a packet of the original direction is certain while no answer was seen. Where one was, it
   * may have come after the packet: then TCP's flags tell (the SYN that begins is new; one that is
   * sent again after its answer would be taken for it), and an assured connection tells, as that
   * takes a further packet after an answer. Else it stays open.
   *
   * @param direction original or reply
   * @param status {@code IPS_*} bits
   * @param fresh whether the status is of a moment after the packet's passage; an older one does
   *     not tell that no answer was seen
   * @return null where it is not certain
   */
  static @Nullable String state(String direction, int status, boolean fresh, Packet packet) {
    if (direction.equals("reply")) {
      return "established";
    }
    String first = (status & ConntrackMessage.EXPECTED) != 0 ? "related" : "new";
    boolean answerSeen = (status & ConntrackMessage.SEEN_REPLY) != 0;
    if (fresh && !answerSeen) {
      return first;
    }
    Packet.Tcp tcp = packet.tcp();
    if (tcp != null && (tcp.flagBits() & (SYN | ACK)) == SYN) {
      return first;
    }
    boolean certain = tcp != null || (status & ConntrackMessage.ASSURED) != 0;
    return answerSeen && certain ? "established" : null;
  }
}
