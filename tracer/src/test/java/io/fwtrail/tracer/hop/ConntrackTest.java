package io.fwtrail.tracer.hop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConntrackTest {
  /** NF_CT_STATE_BIT of enum ip_conntrack_info, linux/netfilter/nf_conntrack_common.h. */
  @ParameterizedTest
  @CsvSource({"1, invalid", "2, established", "4, related", "8, new", "64, untracked"})
  void readsTheState(int bits, String state) {
    assertThat(Conntrack.of(7, 0, bits, 0).state()).isEqualTo(state);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 16, 3})
  void bitsThatAreNoStateAreNone(int bits) {
    assertThat(Conntrack.of(7, 0, bits, 0).state()).isNull();
  }

  @Test
  void readsTheDirection() {
    assertThat(Conntrack.of(7, 0, 2, 0).direction()).isEqualTo("original");
    assertThat(Conntrack.of(7, 1, 2, 0).direction()).isEqualTo("reply");
    assertThat(Conntrack.of(7, -1, 2, 0).direction()).isNull();
  }

  @ParameterizedTest
  @CsvSource({"8, true", "4, true", "0, true", "2, false", "1, false", "64, false"})
  void onlyAConnectionsFirstPacketsMeetNat(int bits, boolean mayMeetNat) {
    assertThat(Conntrack.of(7, 0, bits, 0).mayMeetNat(Hook.PREROUTING)).isEqualTo(mayMeetNat);
  }

  /** Bits 7 and 8 say that the source, or the destination, is settled. */
  @ParameterizedTest
  @CsvSource({
    "0x000, PREROUTING, true",
    "0x100, PREROUTING, false",
    "0x100, OUTPUT, false",
    "0x100, INPUT, true",
    "0x100, POSTROUTING, true",
    "0x080, PREROUTING, true",
    "0x188, INPUT, false",
    "0x188, POSTROUTING, false",
  })
  void natIsDoneOnceInAConnectionThatIsStillNew(String status, Hook hook, boolean mayMeetNat) {
    assertThat(Conntrack.of(7, 0, 8, Integer.decode(status)).mayMeetNat(hook))
        .isEqualTo(mayMeetNat);
  }
}
