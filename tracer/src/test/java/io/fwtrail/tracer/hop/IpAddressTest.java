package io.fwtrail.tracer.hop;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpAddressTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0.0.0.0",
    "0x0a000001, 10.0.0.1",
    "0x7fffffff, 127.255.255.255",
    "0xffffffff, 255.255.255.255",
    "0xc0a80102, 192.168.1.2",
  })
  void printsIpv4InDottedDecimals(String bits, String text) {
    assertThat(IpAddress.v4((int) (long) Long.decode(bits))).hasToString(text);
  }

  @ParameterizedTest(name = "{0} {1} is {2}")
  @CsvSource({
    // Section 4.1: no leading zeros; 4.3: lower case.
    "20010db800000001, 000200030004000a, 2001:db8:0:1:2:3:4:a",
    "ABCDEF0123456789, FEDCBA9876543210, abcd:ef01:2345:6789:fedc:ba98:7654:3210",
    // Section 4.2.1: as short as possible.
    "20010db800000000, 0000000000020001, 2001:db8::2:1",
    "0000000000000000, 0000000000000000, ::",
    "0000000000000000, 0000000000000001, ::1",
    "0001000000000000, 0000000000000000, 1::",
    "fe80000000000000, 0000000000000001, fe80::1",
    // Section 4.2.2: a single zero group is no run.
    "20010db800000001, 0001000100010001, 2001:db8:0:1:1:1:1:1",
    "0000000100010001, 0001000100010001, 0:1:1:1:1:1:1:1",
    "0001000100010001, 0001000100010000, 1:1:1:1:1:1:1:0",
    // Section 4.2.3: the longest run, and of equal ones the first.
    "2001000000000001, 0000000000000001, 2001:0:0:1::1",
    "20010db800000000, 0001000000000001, 2001:db8::1:0:0:1",
    "0000000000010001, 0000000000010001, ::1:1:0:0:1:1",
    "0001000000000001, 0001000000000000, 1:0:0:1:1::",
    "0001000100000000, 0000000000010001, 1:1::1:1",
    // Section 5: the IPv4-mapped prefix, and what only looks like it.
    "0000000000000000, 0000ffffc0000201, ::ffff:192.0.2.1",
    "0000000000000000, 0000ffff00000000, ::ffff:0.0.0.0",
    "0000000000000000, 0001ffffc0000201, ::1:ffff:c000:201",
    "0000000000000001, 0000ffffc0000201, ::1:0:ffff:c000:201",
    "0000000000000000, 00000000c0000201, ::c000:201",
  })
  void printsIpv6AsRfc5952HasIt(String high, String low, String text) {
    IpAddress address =
        IpAddress.v6(Long.parseUnsignedLong(high, 16), Long.parseUnsignedLong(low, 16));
    assertThat(address).hasToString(text);
  }

  @Test
  void whatIsPrintedIsReadBackAsTheSameAddress() throws UnknownHostException {
    Random random = new Random(42);
    for (int i = 0; i < 10_000; i++) {
      long high = mostlyZeroGroups(random);
      long low = mostlyZeroGroups(random);
      IpAddress address = IpAddress.v6(high, low);
      byte[] read = InetAddress.getByName(address.toString()).getAddress();
      if (read.length == 16) {
        assertThat(ByteBuffer.wrap(read).getLong(0)).as(address.toString()).isEqualTo(high);
        assertThat(ByteBuffer.wrap(read).getLong(8)).as(address.toString()).isEqualTo(low);
      }
    }
  }

  private static long mostlyZeroGroups(Random random) {
    long half = 0;
    for (int group = 0; group < 4; group++) {
      half = half << 16 | (random.nextInt(3) == 0 ? random.nextInt(0x10000) : 0);
    }
    return half;
  }

  @Test
  void addressesOfEqualBitsButAnotherVersionDiffer() {
    assertThat(IpAddress.v4(1)).isNotEqualTo(IpAddress.v6(0, 1));
  }

  @Test
  void addressesOfEqualBitsAreEqual() {
    assertThat(IpAddress.v4(0xffff_ffff)).isEqualTo(IpAddress.v4(-1));
  }
}
