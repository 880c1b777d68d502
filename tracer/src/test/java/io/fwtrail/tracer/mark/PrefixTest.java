package io.fwtrail.tracer.mark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, 0a000001, ffffffff",
    "10.1.2.3/8, 0a000000, ff000000",
    "10.1.2.3/9, 0a000000, ff800000",
    "10.1.2.3/255.255.0.0, 0a010000, ffff0000",
    "10.1.2.3/0.0.0.0, 00000000, 00000000",
    "1.2.3.4/0, 00000000, 00000000",
    "255.255.255.255/32, ffffffff, ffffffff",
    "2001:db8::1, 20010db8000000000000000000000001, ffffffffffffffffffffffffffffffff",
    "2001:DB8:1::/33, 20010db8000000000000000000000000, ffffffff800000000000000000000000",
    "::/0, 00000000000000000000000000000000, 00000000000000000000000000000000",
    "::ffff:10.0.0.1, 00000000000000000000ffff0a000001, ffffffffffffffffffffffffffffffff",
  })
  void readsAddressesAndWhatFollowsTheSlash(String text, String address, String mask) {
    Prefix prefix = Prefix.parse(text);
    assertThat(HexFormat.of().formatHex(prefix.address())).isEqualTo(address);
    assertThat(HexFormat.of().formatHex(prefix.mask())).isEqualTo(mask);
    assertThat(prefix.version()).isEqualTo(address.length() == 8 ? 4 : 6);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "example.org",
        "10.1",
        "10",
        "10.0.0.256",
        "010.0.0.1",
        "999.0.0.1",
        "10.0.0.1.2",
        "10.0.0.",
        " 10.0.0.1",
        "10.0.0.0x1",
        "1::2::3",
        "2001:db8",
        ":::",
        "fe80::1%eth0",
        "[::1]",
        "::ffff:10.0.0.256",
        "2001:db8:0:0:0:0:0:0:1",
        "12345::",
      })
  void whatIsNoAddressIsRefusedByItsName(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Prefix.parse(text))
        .withMessage("'" + text + "' is not an IP address");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/33, 33, 32",
    "10.0.0.0/, '', 32",
    "10.0.0.0/-1, -1, 32",
    "10.0.0.0/+8, +8, 32",
    "10.0.0.0/8/8, 8/8, 32",
    "10.0.0.0/0008, 0008, 32",
    "10.0.0.0/x, x, 32",
    "::/129, 129, 128",
    "::/255.0.0.0, 255.0.0.0, 128",
  })
  void whatIsNoLengthIsRefusedByItsBounds(String text, String length, int most) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Prefix.parse(text))
        .withMessage("the prefix length '" + length + "' is not a number from 0 to " + most);
  }

  @ParameterizedTest
  @ValueSource(strings = {"255.0.255.0", "0.0.0.255", "255.255.255.253"})
  void aMaskWithHolesIsRefused(String mask) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Prefix.parse("10.0.0.0/" + mask))
        .withMessageContaining("its ones must come first");
  }

  @Test
  void aMaskThatIsNoAddressIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Prefix.parse("10.0.0.0/255.0.0.256"))
        .withMessage("'255.0.0.256' is not an IP address");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, 10.0.0.1",
    "10.1.2.3/8, 10.0.0.0/8",
    "10.1.2.3/32, 10.1.2.3",
    "2001:db8:0:0:0:0:0:1/128, 2001:db8::1",
    "2001:db8::1/32, 2001:db8::/32",
    "::ffff:10.0.0.1, ::ffff:10.0.0.1",
  })
  void isPrintedAsRfc5952HasIt(String text, String printed) {
    assertThat(Prefix.parse(text)).hasToString(printed);
  }

  @Test
  void bitsBehindThePrefixDoNotMatter() {
    assertThat(Prefix.parse("10.1.2.3/8"))
        .isEqualTo(Prefix.parse("10.0.0.0/255.0.0.0"))
        .hasSameHashCodeAs(Prefix.parse("10.0.0.0/8"))
        .isNotEqualTo(Prefix.parse("10.0.0.0/9"));
  }
}
