package io.fwtrail.netlink.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NfFamilyTest {
  @ParameterizedTest
  @EnumSource(value = NfFamily.class, mode = EnumSource.Mode.EXCLUDE, names = "OTHER")
  void thereAndBack(NfFamily family) {
    assertThat(NfFamily.of(family.number())).isEqualTo(family);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 4, 6, 8, 9, 11, 15, 16, 255, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void unknownNumber(int number) {
    assertThat(NfFamily.of(number)).isEqualTo(NfFamily.OTHER);
  }

  @Test
  void wordsAreThoseOfNft() {
    assertThat(NfFamily.values())
        .extracting(NfFamily::keyword)
        .containsExactly("unspec", "inet", "ip", "arp", "netdev", "bridge", "ip6", "other");
  }
}
