package io.fwtrail.tracer.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.testing.FakeNetlink;
import io.fwtrail.tracer.ruleset.NfMessages;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InterfacesTest {
  private static final int RTM_NEWLINK = 16;
  private static final int MULTI = 2;
  private static final int IFLA_IFNAME = 3;

  private final Map<Integer, String> links = new TreeMap<>(Map.of(1, "lo", 2, "eth0"));
  private boolean nameless;
  private int errno;
  private final FakeNetlink kernel = new FakeNetlink().answer(this::answer);
  private final NetlinkClient client = new NetlinkClient(kernel);
  private final Interfaces interfaces = new Interfaces(client);

  @AfterEach
  void close() throws IOException {
    client.close();
  }

  private List<byte[]> answer(byte[] request) {
    List<byte[]> answer = new ArrayList<>();
    if (errno != 0) {
      answer.add(NfMessages.error(errno));
    } else {
      links.forEach((index, name) -> answer.add(link(index, name)));
      answer.add(NfMessages.done());
    }
    answer.replaceAll(message -> NfMessages.answering(request, message));
    return answer;
  }

  /** RTM_NEWLINK: struct ifinfomsg, then the name. */
  private byte[] link(int index, String name) {
    byte[] header = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder()).putInt(4, index).array();
    ByteBuf buffer = Unpooled.buffer();
    MessageWriter writer = new MessageWriter(buffer).begin(RTM_NEWLINK, MULTI, 0).raw(header);
    if (!nameless) {
      writer.string(IFLA_IFNAME, name);
    }
    writer.end();
    return ByteBufUtil.getBytes(buffer);
  }

  @Test
  void knowsTheNamesByIndex() {
    assertThat(interfaces.name(1)).isEqualTo("lo");
    assertThat(interfaces.name(2)).isEqualTo("eth0");
  }

  @Test
  void indexNoughtIsNoInterface() {
    assertThat(interfaces.name(0)).isNull();
    assertThat(kernel.takeSent()).isEmpty();
  }

  @Test
  void asksOnceForAllOfThem() {
    interfaces.name(1);
    interfaces.name(2);
    interfaces.name(99);
    interfaces.name(99);
    assertThat(kernel.takeSent()).hasSize(1);
  }

  @Test
  void anIndexWithoutANameIsItsNumber() {
    assertThat(interfaces.name(99)).isEqualTo("99");
  }

  @Test
  void afterAChangeTheNamesAreNew() {
    interfaces.name(2);
    interfaces.name(3);
    links.put(2, "wan0");
    links.put(3, "lan0");
    interfaces.changed();
    assertThat(interfaces.name(2)).isEqualTo("wan0");
    assertThat(interfaces.name(3)).isEqualTo("lan0");
  }

  @Test
  void theNameOfOneThatIsGoneStays() {
    interfaces.name(2);
    links.remove(2);
    interfaces.changed();
    assertThat(interfaces.name(2)).isEqualTo("eth0");
  }

  @Test
  void whereTheKernelRefusesTheNamesKnownSoFarHaveToDo() {
    interfaces.name(1);
    errno = 1;
    interfaces.changed();
    assertThat(interfaces.name(1)).isEqualTo("lo");
    assertThat(interfaces.name(7)).isEqualTo("7");
  }

  @Test
  void anAnswerThatIsMalformedCostsNoPacket() {
    nameless = true;
    assertThat(interfaces.name(1)).isEqualTo("1");
  }

  @Test
  void thoseThatAreThereNowAreAskedForEachTime() throws IOException {
    assertThat(interfaces.present()).containsExactlyInAnyOrder("lo", "eth0");
    links.remove(2);
    assertThat(interfaces.present()).containsExactly("lo");
  }

  @Test
  void whoWantsThoseThatAreThereHearsOfARefusal() {
    errno = 1;
    assertThatThrownBy(interfaces::present).isInstanceOf(IOException.class);
  }
}
