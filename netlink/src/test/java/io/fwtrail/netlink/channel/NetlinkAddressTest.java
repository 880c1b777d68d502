package io.fwtrail.netlink.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetlinkAddressTest {
  @Test
  void largestPortId() {
    assertThat(new NetlinkAddress(0xffff_ffffL)).hasToString("netlink:4294967295");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0x1_0000_0000L})
  void noPortId(long value) {
    assertThatThrownBy(() -> new NetlinkAddress(value))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void equalByPortId() {
    assertThat(new NetlinkAddress(0)).isEqualTo(NetlinkAddress.ANY);
    assertThat(new NetlinkAddress(1)).isNotEqualTo(NetlinkAddress.ANY);
  }
}
