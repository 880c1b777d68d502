package io.fwtrail.tracer.mark;

import static io.fwtrail.tracer.ruleset.NfMessages.expression;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.nftables.Nfnetlink;
import io.fwtrail.netlink.testing.FakeNetlink;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.ruleset.NfMessages;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetBuilder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MarkTest {
  private static final String TABLE = "fwtrail-4711";
  private static final int EPERM = 1;
  private static final int EOPNOTSUPP = 95;

  private final List<String> commands = new ArrayList<>();
  private final List<byte[]> rules = new ArrayList<>();

  /** What the next batches are refused with, none where it is empty. */
  private final List<Integer> refusals = new ArrayList<>();

  private final FakeNetlink kernel = new FakeNetlink().answer(this::answer);
  private final NetlinkClient client = new NetlinkClient(kernel);

  MarkTest() {
    rules.add(rule(11, 7));
    rules.add(rule(12, 5));
    rules.add(rule(13, 0));
  }

  @AfterEach
  void close() throws IOException {
    client.close();
  }

  private static byte[] rule(long handle, long packets) {
    return NfMessages.rule(
        NfFamily.INET,
        TABLE,
        "trace",
        handle,
        null,
        expression("counter", w -> w.bigEndianLong(1, 0).bigEndianLong(2, packets)));
  }

  private List<byte[]> answer(byte[] request) {
    List<byte[]> answer = new ArrayList<>();
    ByteBuf buffer = Unpooled.wrappedBuffer(request);
    MessageCursor cursor = new MessageCursor().reset(buffer, 0, request.length);
    assertThat(cursor.next()).isTrue();
    if (Nfnetlink.isNfTables(cursor.type())
        && Nfnetlink.command(cursor.type()) == NfTables.GETRULE) {
      answer.addAll(rules);
      answer.add(NfMessages.done());
      answer.replaceAll(message -> NfMessages.answering(request, message));
      return answer;
    }
    commands.addAll(CommandText.of(buffer));
    int errno = refusals.isEmpty() ? 0 : refusals.remove(0);
    do {
      if (Nfnetlink.isNfTables(cursor.type())) {
        byte[] header = new byte[16];
        buffer.getBytes(cursor.payloadStart() - 16, header);
        answer.add(NfMessages.answering(header, NfMessages.error(errno)));
      }
    } while (cursor.next());
    return answer;
  }

  private Mark make(RuleSet rules) throws IOException {
    return Mark.make(client, rules, PacketMatch.ALL, false, null);
  }

  /** The base chains that were made. */
  private List<String> entrances() {
    return commands.stream().filter(line -> line.contains(" hook ")).toList();
  }

  private static RuleSetBuilder inet() {
    return ruleSet().table(NfFamily.INET, "t");
  }

  @Test
  void theTableBearsTheSocketsNumberAndBelongsToIt() throws IOException {
    Mark mark = make(RuleSet.EMPTY);
    assertThat(mark.table()).isEqualTo(TABLE);
    assertThat(mark.owned()).isTrue();
    assertThat(commands.get(0)).isEqualTo("table inet fwtrail-4711 flags 2");
  }

  @Test
  void aKernelWithoutOwnedTablesGetsAnOrdinaryOne() throws IOException {
    refusals.add(EOPNOTSUPP);
    Mark mark = make(RuleSet.EMPTY);
    assertThat(mark.owned()).isFalse();
    assertThat(commands).contains("table inet fwtrail-4711 flags 0");
  }

  @Test
  void anotherRefusalIsTold() {
    refusals.add(EPERM);
    assertThatThrownBy(() -> make(RuleSet.EMPTY))
        .isInstanceOf(KernelRefusedException.class)
        .hasMessageContaining("setting the mark");
    assertThat(commands).doesNotContain("table inet fwtrail-4711 flags 0");
  }

  @Test
  void standsAheadOfRawWhereNothingIsLower() throws IOException {
    make(inet().base("c", Hook.PREROUTING, 0).build());
    assertThat(entrances())
        .containsExactly(
            "chain prerouting hook 0 priority -301 policy 1",
            "chain output hook 3 priority -301 policy 1");
  }

  @Test
  void standsAheadOfTheLowestChainOfAnyFamily() throws IOException {
    make(
        inet()
            .base("c", Hook.PREROUTING, -310)
            .table(NfFamily.IP6, "six")
            .base("c", Hook.PREROUTING, -400)
            .base("o", Hook.OUTPUT, -350)
            .build());
    assertThat(entrances())
        .containsExactly(
            "chain prerouting hook 0 priority -401 policy 1",
            "chain output hook 3 priority -351 policy 1");
  }

  @Test
  void noPriorityIsLowerThanTheLowest() throws IOException {
    make(inet().base("c", Hook.PREROUTING, Integer.MIN_VALUE).build());
    assertThat(entrances().get(0)).contains("priority -2147483648 ");
  }

  @Test
  void aBridgeWithChainsHasAMarkOfItsOwn() throws IOException {
    Mark mark = make(ruleSet().table(NfFamily.BRIDGE, "b").base("c", Hook.FORWARD, -500).build());
    assertThat(commands)
        .contains("table inet fwtrail-4711 flags 2", "table bridge fwtrail-4711 flags 2");
    assertThat(mark.marks(NfFamily.BRIDGE, TABLE, 12)).isTrue();
  }

  @Test
  void eachDeviceWithAnIngressChainHasAnEntrance() throws IOException {
    make(
        ruleSet()
            .table(NfFamily.NETDEV, "d")
            .onDevices("c", Hook.INGRESS, -600, "eth0", "eth1")
            .build());
    assertThat(entrances())
        .contains(
            "chain ingress-eth0 hook 0 priority -601 on eth0 policy 1",
            "chain ingress-eth1 hook 0 priority -601 on eth1 policy 1");
  }

  @Test
  void knowsTheRuleThatMarks() throws IOException {
    Mark mark = make(RuleSet.EMPTY);
    assertThat(mark.marks(NfFamily.INET, TABLE, 12)).isTrue();
    assertThat(mark.marks(NfFamily.INET, TABLE, 11)).isFalse();
    assertThat(mark.marks(NfFamily.INET, "fwtrail-1", 12)).isFalse();
    assertThat(mark.marks(NfFamily.BRIDGE, TABLE, 12)).isFalse();
  }

  @Test
  void hidesTheTablesOfAllTracers() throws IOException {
    Mark mark = make(RuleSet.EMPTY);
    assertThat(mark.hides(NfFamily.INET, TABLE)).isTrue();
    assertThat(mark.hides(NfFamily.INET, "fwtrail-1")).isTrue();
    assertThat(mark.hides(NfFamily.INET, "filter")).isFalse();
  }

  @Test
  void readsTheCounters() throws IOException {
    Mark mark = make(RuleSet.EMPTY);
    assertThat(mark.counters()).isEqualTo(new Mark.Counters(7, 7, 5, 0));
  }

  @Test
  void aMarkThatSomebodyDeletedIsTold() throws IOException {
    Mark mark = make(RuleSet.EMPTY);
    rules.clear();
    assertThatThrownBy(mark::counters)
        .isInstanceOf(IOException.class)
        .hasMessage("the mark is gone: somebody deleted the table fwtrail-4711");
  }

  @Test
  void closingRemovesTheTables() throws IOException {
    Mark mark = make(ruleSet().table(NfFamily.BRIDGE, "b").base("c", Hook.INPUT, 0).build());
    commands.clear();
    mark.close();
    assertThat(commands)
        .containsExactlyInAnyOrder(
            "delete table inet fwtrail-4711", "delete table bridge fwtrail-4711");
  }

  @Test
  void anExpressionNeedsNft() {
    PacketMatch all = PacketMatch.ALL;
    PacketMatch match =
        new PacketMatch(
            all.protocols(),
            all.src(),
            all.dst(),
            all.sports(),
            all.dports(),
            all.in(),
            all.out(),
            false,
            "tcp flags syn",
            PacketMatch.Sample.ALL,
            all.rate());
    assertThatThrownBy(() -> Mark.make(client, RuleSet.EMPTY, match, false, null))
        .isInstanceOf(MarkException.class)
        .hasMessageContaining("libnftables");
    assertThat(commands).isEmpty();
  }
}
