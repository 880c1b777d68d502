package io.fwtrail.tracer.ruleset;

import static io.fwtrail.tracer.ruleset.NfMessages.verdict;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.testing.FakeNetlink;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.RuleSet.TableKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RuleSetReaderTest {
  private static final int DUMP_INTERRUPTED = 0x10;

  private final List<byte[]> tables = new ArrayList<>();
  private final List<byte[]> chains = new ArrayList<>();
  private final List<byte[]> rules = new ArrayList<>();

  /** What the kernel says when asked for the generation, the last one for good. */
  private final Deque<Long> generations = new ArrayDeque<>(List.of(1L));

  private int interruptedDumps;
  private int errno;
  private RuleTexts texts = RuleTexts.NONE;
  private final FakeNetlink kernel = new FakeNetlink().answer(this::answer);
  private final NetlinkClient client = new NetlinkClient(kernel);

  @AfterEach
  void close() throws IOException {
    client.close();
  }

  private List<byte[]> answer(byte[] request) {
    if (errno != 0) {
      return List.of(NfMessages.answering(request, NfMessages.error(errno)));
    }
    List<byte[]> answer = new ArrayList<>();
    switch (NfMessages.command(request)) {
      case NfTables.GETGEN -> {
        long generation = generations.size() > 1 ? generations.poll() : generations.peek();
        return List.of(NfMessages.answering(request, NfMessages.generation(generation)));
      }
      case NfTables.GETTABLE -> answer.addAll(tables);
      case NfTables.GETCHAIN -> answer.addAll(chains);
      default -> answer.addAll(rules);
    }
    answer.add(NfMessages.done());
    answer.replaceAll(message -> NfMessages.answering(request, message));
    if (interruptedDumps > 0) {
      interruptedDumps--;
      byte[] first = answer.get(0);
      ByteBuffer.wrap(first)
          .order(ByteOrder.nativeOrder())
          .putShort(6, (short) (2 | DUMP_INTERRUPTED));
    }
    return answer;
  }

  private RuleSet read() throws IOException {
    return new RuleSetReader(client, texts, IptablesTables.NONE).read();
  }

  private void table(NfFamily family, String name) {
    tables.add(NfMessages.table(family, name, tables.size() + 1, 0, 0));
  }

  private void base(NfFamily family, String table, String name, int hook, int priority) {
    chains.add(NfMessages.base(family, table, name, "filter", hook, priority, 1));
  }

  private long askedForTables() {
    return kernel.takeSent().stream()
        .filter(request -> NfMessages.command(request) == NfTables.GETTABLE)
        .count();
  }

  @Test
  void readsTablesChainsAndRules() throws IOException {
    tables.add(NfMessages.table(NfFamily.INET, "filter", 7, 2, 4711));
    chains.add(NfMessages.base(NfFamily.INET, "filter", "input", "filter", 1, 5, 0));
    chains.add(NfMessages.chain(NfFamily.INET, "filter", "user"));
    rules.add(NfMessages.rule(NfFamily.INET, "filter", "input", 4, "why", verdict(1, null)));
    rules.add(NfMessages.rule(NfFamily.INET, "filter", "input", 9, null, verdict(-3, "user")));
    generations.clear();
    generations.add(0xffff_ffffL);

    RuleSet read = read();

    assertThat(read.generation()).isEqualTo(0xffff_ffffL);
    RuleSet.Table table = read.table(NfFamily.INET, "filter");
    assertThat(table.handle()).isEqualTo(7);
    assertThat(table.owned()).isTrue();
    Chain input = read.chain(NfFamily.INET, "filter", "input");
    assertThat(input.hook()).isEqualTo(Hook.INPUT);
    assertThat(input.priority()).isEqualTo(5);
    assertThat(input.policy()).isEqualTo(Verdict.DROP);
    assertThat(input.rules())
        .containsExactly(new Rule(1, 4, null, "why"), new Rule(2, 9, null, null));
    assertThat(read.chain(NfFamily.INET, "filter", "user").isBase()).isFalse();
  }

  @Test
  void aRulesEffectsComeFromItsExpressions() throws IOException {
    table(NfFamily.IP, "t");
    base(NfFamily.IP, "t", "c", 1, 0);
    rules.add(NfMessages.rule(NfFamily.IP, "t", "c", 4, null, verdict(1, null)));
    RuleSet read = read();
    assertThat(read.agrees(NfFamily.IP, "t", "c", 4, Verdict.ACCEPT, false, null, 0)).isTrue();
    assertThat(read.agrees(NfFamily.IP, "t", "c", 4, Verdict.DROP, false, null, 0)).isFalse();
  }

  @Test
  void rulesHaveTheTextThatWasPrintedWithoutTheirComment() throws IOException {
    table(NfFamily.IP, "t");
    base(NfFamily.IP, "t", "c", 1, 0);
    rules.add(NfMessages.rule(NfFamily.IP, "t", "c", 4, "why", verdict(1, null)));
    texts =
        () ->
            new RuleTexts.Texts(
                Map.of(new TableKey(NfFamily.IP, "t"), Map.of(4L, "accept comment \"why\"")));
    assertThat(read().chain(NfFamily.IP, "t", "c").rules())
        .containsExactly(new Rule(1, 4, "accept", "why"));
  }

  @Test
  void chainsOfOneNameInSeveralTablesAreKeptApart() throws IOException {
    table(NfFamily.IP, "t");
    table(NfFamily.IP6, "t");
    base(NfFamily.IP, "t", "c", 1, 0);
    base(NfFamily.IP6, "t", "c", 2, 0);
    rules.add(NfMessages.rule(NfFamily.IP, "t", "c", 1, null, verdict(1, null)));
    rules.add(NfMessages.rule(NfFamily.IP6, "t", "c", 2, null, verdict(1, null)));
    RuleSet read = read();
    assertThat(read.chain(NfFamily.IP, "t", "c").rules())
        .extracting(Rule::handle)
        .containsExactly(1L);
    assertThat(read.chain(NfFamily.IP6, "t", "c").hook()).isEqualTo(Hook.FORWARD);
  }

  @Test
  void baseChainsStandInTheOrderOfTheirPriorities() throws IOException {
    table(NfFamily.INET, "a");
    table(NfFamily.IP, "b");
    base(NfFamily.INET, "a", "late", 1, 10);
    base(NfFamily.INET, "a", "early", 1, -10);
    base(NfFamily.IP, "b", "between", 1, 0);
    assertThat(read().baseChains(NfFamily.IP, Hook.INPUT))
        .extracting(Chain::name)
        .containsExactly("early", "between", "late");
  }

  @Test
  void theChainsOfATableThatSleepsSeeNoPackets() throws IOException {
    tables.add(NfMessages.table(NfFamily.IP, "t", 1, 1, 0));
    base(NfFamily.IP, "t", "c", 1, 0);
    RuleSet read = read();
    assertThat(read.baseChains(NfFamily.IP, Hook.INPUT)).isEmpty();
    assertThat(read.chain(NfFamily.IP, "t", "c")).isNotNull();
  }

  @Test
  void anIngressChainHasItsDevices() throws IOException {
    table(NfFamily.NETDEV, "t");
    chains.add(NfMessages.base(NfFamily.NETDEV, "t", "c", "filter", 0, 0, 1, "eth0", "eth1"));
    assertThat(read().baseChains(NfFamily.NETDEV, Hook.INGRESS).get(0).devices())
        .containsExactly("eth0", "eth1");
  }

  @Test
  void aChainAtAHookOfTheFutureIsNoBaseChain() throws IOException {
    table(NfFamily.IP, "t");
    base(NfFamily.IP, "t", "c", 99, 0);
    assertThat(read().chain(NfFamily.IP, "t", "c").isBase()).isFalse();
  }

  @Test
  void readsAgainWhereTheGenerationChangedUnderIt() throws IOException {
    generations.clear();
    generations.addAll(List.of(1L, 2L, 2L));
    assertThat(read().generation()).isEqualTo(2);
    assertThat(askedForTables()).isEqualTo(2);
  }

  @Test
  void readsOnceWhereTheRuleSetStandsStill() throws IOException {
    read();
    assertThat(askedForTables()).isEqualTo(1);
  }

  @Test
  void whatAnInterruptedReadingHeldIsForgotten() throws IOException {
    table(NfFamily.IP, "t");
    base(NfFamily.IP, "t", "c", 1, 0);
    rules.add(NfMessages.rule(NfFamily.IP, "t", "c", 1, null, verdict(1, null)));
    interruptedDumps = 1;
    assertThat(read().chain(NfFamily.IP, "t", "c").rules()).hasSize(1);
    assertThat(askedForTables()).isEqualTo(2);
  }

  @Test
  void aRuleSetThatNeverStandsStillIsOfNoGeneration() throws IOException {
    generations.clear();
    for (long i = 1; i <= 100; i++) {
      generations.add(i);
    }
    assertThat(read().generation()).isZero();
    assertThat(askedForTables()).isEqualTo(8);
  }

  @Test
  void theKernelsRefusalIsAnIoException() {
    errno = 1;
    assertThatThrownBy(this::read)
        .isInstanceOf(KernelRefusedException.class)
        .hasMessageContaining("generation")
        .hasMessageContaining("not permitted");
  }
}
