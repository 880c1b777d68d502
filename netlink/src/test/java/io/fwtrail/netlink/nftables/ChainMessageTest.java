package io.fwtrail.netlink.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.fixtures.Fixture;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChainMessageTest {
  private static final Fixture REQUESTS = Fixture.read("request/chains");

  private static ChainMessage decode(byte[] datagram) {
    return ChainMessage.decode(Fixture.first(datagram));
  }

  private static ChainMessage real(String table, String name) {
    List<ChainMessage> chains = new ArrayList<>();
    Fixture.read("dump/chains")
        .forEach(
            message -> {
              if (message.type() != NetlinkConstants.TYPE_DONE) {
                chains.add(ChainMessage.decode(message));
              }
            });
    return chains.stream()
        .filter(chain -> chain.table().equals(table) && chain.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void chainThatIsOnlyJumpedTo() {
    ChainMessage chain = real("t", "inner");

    assertThat(chain.family()).isEqualTo(NfFamily.IP.number());
    assertThat(chain.hook()).isNull();
    assertThat(chain.type()).isNull();
    assertThat(chain.policy()).isEqualTo(-1);
    assertThat(chain.handle()).isPositive();
  }

  @Test
  void baseChain() {
    ChainMessage chain = real("t", "pre");

    assertThat(chain.hook()).isEqualTo(new ChainMessage.Hook(0, -350, List.of()));
    assertThat(chain.type()).isEqualTo("filter");
    assertThat(chain.policy()).isEqualTo(NfTables.VERDICT_ACCEPT);
  }

  @Test
  void natChain() {
    ChainMessage chain = real("t", "nat");

    assertThat(chain.hook()).isEqualTo(new ChainMessage.Hook(4, 100, List.of()));
    assertThat(chain.type()).isEqualTo("nat");
  }

  @Test
  void dropPolicyOfADormantTable() {
    assertThat(real("dormant", "forw").policy()).isEqualTo(NfTables.VERDICT_DROP);
  }

  @Test
  void ingressOfInet() {
    assertThat(real("dormant", "in").hook())
        .isEqualTo(new ChainMessage.Hook(5, 5, List.of("lan0")));
  }

  /** The kernel tells the one device twice, alone and as a list. */
  @Test
  void oneDevice() {
    assertThat(real("d", "one").hook()).isEqualTo(new ChainMessage.Hook(0, 0, List.of("lan0")));
  }

  @Test
  void severalDevices() {
    ChainMessage.Hook hook = real("d", "two").hook();

    assertThat(hook.number()).isEqualTo(1);
    assertThat(hook.priority()).isEqualTo(7);
    assertThat(hook.devices()).containsExactlyInAnyOrder("lan0", "wan0");
  }

  @Test
  void hookWithoutANumberIsNone() {
    byte[] datagram =
        Messages.of(
            NfTables.DELCHAIN,
            NfFamily.NETDEV.number(),
            w -> w.string(1, "d").string(3, "c").beginNested(4).string(3, "lan0").endNested());

    assertThat(decode(datagram).hook()).isNull();
  }

  @Test
  void noName() {
    byte[] datagram = Messages.of(NfTables.NEWCHAIN, 2, w -> w.string(1, "t"));

    assertThatThrownBy(() -> decode(datagram)).isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void noTable() {
    byte[] datagram = Messages.of(NfTables.NEWCHAIN, 2, w -> w.string(3, "c"));

    assertThatThrownBy(() -> decode(datagram)).isInstanceOf(MalformedMessageException.class);
  }

  /** {@code nft add chain ip t plain}. */
  @Test
  void newChain() {
    byte[] written = Messages.bytes(w -> ChainMessage.writeNew(w, 1, NfFamily.IP, "t", "plain"));

    assertThat(Messages.trees(written))
        .containsExactly(Messages.command(REQUESTS.datagrams().get(0)));
  }

  /**
   * {@code nft add chain ip t base '{ type filter hook prerouting priority -500; policy accept;
   * }'}.
   */
  @Test
  void newBaseChain() {
    byte[] written =
        Messages.bytes(
            w ->
                ChainMessage.writeNewBase(
                    w, 1, NfFamily.IP, "t", "base", new ChainMessage.Hook(0, -500, List.of())));

    assertThat(Messages.trees(written))
        .containsExactly(Messages.command(REQUESTS.datagrams().get(1)));
  }

  /**
   * {@code nft add chain netdev d in '{ type filter hook ingress device eth0 priority -500; policy
   * accept; }'}.
   */
  @Test
  void newBaseChainOfADevice() {
    byte[] written =
        Messages.bytes(
            w ->
                ChainMessage.writeNewBase(
                    w,
                    1,
                    NfFamily.NETDEV,
                    "d",
                    "in",
                    new ChainMessage.Hook(0, -500, List.of("eth0"))));

    assertThat(Messages.trees(written))
        .containsExactly(Messages.command(REQUESTS.datagrams().get(2)));
  }

  @Test
  void devicesAreCopied() {
    List<String> devices = new ArrayList<>(List.of("lan0"));
    ChainMessage.Hook hook = new ChainMessage.Hook(0, 0, devices);
    devices.clear();

    assertThat(hook.devices()).containsExactly("lan0");
  }
}
