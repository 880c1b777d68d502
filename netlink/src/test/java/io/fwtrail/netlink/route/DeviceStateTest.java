package io.fwtrail.netlink.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.fixtures.Fixture;
import io.fwtrail.netlink.fixtures.Mangling;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceStateTest {
  private final ByteBuf buffer = Unpooled.buffer();

  private static DeviceState decode(byte[] message) {
    return DeviceState.decode(Fixture.first(message));
  }

  /** A link message of a device with these flags of linux/if.h. */
  private byte[] withFlags(int flags) {
    new MessageWriter(buffer)
        .begin(16, 0, 1)
        .raw(RouteHeader.of(16, 8, flags))
        .string(3, "wan0")
        .hostInt(4, 1400)
        .end();
    return ByteBufUtil.getBytes(buffer);
  }

  @Test
  void realDump() {
    List<DeviceState> devices = new ArrayList<>();
    Fixture.read("dump/links")
        .forEach(
            message -> {
              if (DeviceState.isDevice(message)) {
                devices.add(DeviceState.decode(message));
              }
            });

    assertThat(devices)
        .containsExactly(
            new DeviceState(1, "lo", true, true, 65_536),
            new DeviceState(2, "lan0", true, true, 1500),
            new DeviceState(3, "wan0", true, true, 1500));
  }

  @Test
  void oneThatIsDown() {
    assertThat(decode(withFlags(0))).isEqualTo(new DeviceState(0, "wan0", false, false, 1400));
  }

  @Test
  void oneWithoutCarrier() {
    assertThat(decode(withFlags(1))).isEqualTo(new DeviceState(0, "wan0", true, false, 1400));
  }

  @Test
  void oneWithoutANameIsMalformed() {
    new MessageWriter(buffer).begin(16, 0, 1).raw(new byte[16]).hostInt(4, 1500).end();

    assertThatThrownBy(() -> decode(ByteBufUtil.getBytes(buffer)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a link without a name");
  }

  @Test
  void whateverIsCutIsMalformedOrLess() {
    for (byte[] datagram : Fixture.read("dump/links").datagrams()) {
      Mangling.cut(datagram, DeviceStateTest::decodeAnything);
      Mangling.cutAndMended(datagram, DeviceStateTest::decodeAnything);
    }
  }

  /** Any other exception than that of a malformed message fails the test. */
  private static void decodeAnything(byte[] message) {
    try {
      DeviceState unused = decode(message);
    } catch (MalformedMessageException e) {
      assertThat(e).hasMessageNotContaining("null");
    } catch (IllegalArgumentException e) {
      assertThat(message).isEmpty();
    }
  }

  /** The bytes of {@code ip link show dev wan0}, but for what it asks of virtual functions. */
  @Test
  void questionByName() {
    DeviceState.writeQuestion(new MessageWriter(buffer), 7, "wan0");

    assertThat(ByteBufUtil.hexDump(buffer))
        .isEqualTo(
            "2c000000120001000700000000000000" + "00".repeat(16) + "0900030077616e3000000000");
  }

  @Test
  void questionByNumber() {
    DeviceState.writeQuestion(new MessageWriter(buffer), 7, 3);

    assertThat(ByteBufUtil.hexDump(buffer))
        .isEqualTo("20000000120001000700000000000000" + "00000000" + "03000000" + "00".repeat(8));
  }
}
