package io.fwtrail.tracer.live;

import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static io.fwtrail.tracer.live.ConnectionStates.state;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.conntrack.ConntrackMessage;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.PacketBuilder;
import org.junit.jupiter.api.Test;

class ConnectionStatesTest {
  private static final int BEGUN = ConntrackMessage.CONFIRMED;
  private static final int ANSWERED = BEGUN | ConntrackMessage.SEEN_REPLY;
  private static final int ASSURED = ANSWERED | ConntrackMessage.ASSURED;

  private static final Packet UDP = udp().build();
  private static final Packet SYN = PacketBuilder.tcp(1).build();
  private static final Packet ACK =
      PacketBuilder.tcp(1).tcp(new Packet.Tcp(1, 1, 1, Packet.Tcp.flagBit("ACK"))).build();

  @Test
  void anAnswerIsEstablished() {
    assertThat(state("reply", ANSWERED, true, UDP)).isEqualTo("established");
  }

  @Test
  void untilAnAnswerIsSeenPacketsAreNew() {
    assertThat(state("original", BEGUN, true, UDP)).isEqualTo("new");
    assertThat(state("original", BEGUN, true, ACK)).isEqualTo("new");
  }

  @Test
  void ofAnAnnouncedConnectionTheyAreRelated() {
    assertThat(state("original", BEGUN | ConntrackMessage.EXPECTED, true, UDP))
        .isEqualTo("related");
    assertThat(state("original", ASSURED | ConntrackMessage.EXPECTED, true, SYN))
        .isEqualTo("related");
  }

  @Test
  void tcpFlagsTellWhichCameFirst() {
    assertThat(state("original", ASSURED, true, SYN)).isEqualTo("new");
    assertThat(state("original", ANSWERED, true, ACK)).isEqualTo("established");
  }

  @Test
  void anAnswerMayHaveComeBehindThePacket() {
    assertThat(state("original", ANSWERED, true, UDP)).isNull();
  }

  @Test
  void whatIsAssuredHadAnAnswerBefore() {
    assertThat(state("original", ASSURED, true, UDP)).isEqualTo("established");
    assertThat(state("original", ASSURED, false, UDP)).isEqualTo("established");
  }

  @Test
  void anOldStatusDoesNotTellThatNoAnswerCame() {
    assertThat(state("original", BEGUN, false, UDP)).isNull();
    assertThat(state("original", BEGUN, false, ACK)).isNull();
    assertThat(state("original", BEGUN, false, SYN)).isEqualTo("new");
  }

  @Test
  void eachBitHasItsWord() {
    // Of the bits 0 to 15 those are left out that are the kernel's own business.
    assertThat(ConnectionStates.words(0xffff))
        .containsExactly(
            "expected",
            "seen-reply",
            "assured",
            "src-nat",
            "dst-nat",
            "dying",
            "fixed-timeout",
            "helper",
            "offload",
            "hw-offload");
    assertThat(ConnectionStates.words(ConntrackMessage.CONFIRMED)).isEmpty();
    assertThat(ConnectionStates.words(ConntrackMessage.DST_NAT)).containsExactly("dst-nat");
  }
}
