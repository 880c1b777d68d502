package io.fwtrail.tracer.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.IptablesSave;
import io.fwtrail.tracer.ruleset.IptablesTables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import io.fwtrail.tracer.ruleset.RuleTexts;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Changes of iptables-legacy on the real kernel. */
@NeedsKernel
class LegacyWatchKernelTest {
  private final AtomicInteger listings = new AtomicInteger();
  private final BlockingQueue<List<RuleSet.Table>> changes = new LinkedBlockingQueue<>();
  private NetworkNamespace namespace;
  private NetlinkClient client;
  private IptablesPrograms programs;
  private RuleSetReader reader;
  private LegacyWatch watch;

  @BeforeEach
  void begin() throws IOException {
    namespace = NetworkNamespace.create();
    client = new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, namespace));
    programs = new IptablesPrograms(namespace::call);
    reader = new RuleSetReader(client, RuleTexts.NONE, counting());
    assumeTrue(programs.legacyProgram(NfFamily.IP, "") != null, "iptables-legacy is not installed");
  }

  @AfterEach
  void end() throws IOException {
    if (watch != null) {
      watch.close();
    }
    client.close();
    namespace.close();
  }

  private IptablesTables counting() {
    return new IptablesTables() {
      @Override
      public List<IptablesSave.SavedTable> legacy(NfFamily family) {
        listings.incrementAndGet();
        return programs.legacy(family);
      }

      @Override
      public List<IptablesSave.SavedTable> nft(NfFamily family) {
        return List.of();
      }

      @Override
      public String legacyNumbers(NfFamily family) {
        return programs.legacyNumbers(family);
      }
    };
  }

  /** Waits until filter's INPUT is told to have this rule alone; a table is there before it. */
  private void awaitRule(String text) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              List<RuleSet.Table> tables = changes.poll();
              return tables != null && rules(tables).equals(List.of(text));
            });
  }

  private static List<String> rules(List<RuleSet.Table> tables) {
    Chain input = new RuleSet(0, tables).legacyChain(NfFamily.IP, "filter", "INPUT");
    return input == null ? List.of() : input.rules().stream().map(Rule::text).toList();
  }

  private void change(String... arguments) throws IOException {
    programs.change(NfFamily.IP, List.of(arguments));
  }

  @Test
  void theFirstTableAndEachChangeAreToldOf() throws Exception {
    watch = new LegacyWatch(reader, changes::add, () -> {});
    change("-w", "-A", "INPUT", "-p", "tcp", "--dport", "1", "-j", "ACCEPT");
    awaitRule("-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT");
    // Of the same size: only the lock tells.
    change("-w", "-R", "INPUT", "1", "-p", "tcp", "--dport", "2", "-j", "ACCEPT");
    awaitRule("-A INPUT -p tcp -m tcp --dport 2 -j ACCEPT");
  }

  @Test
  void whileNothingChangesNothingIsListed() throws Exception {
    change("-w", "-A", "INPUT", "-j", "ACCEPT");
    watch = new LegacyWatch(reader, changes::add, () -> {});
    awaitRule("-A INPUT -j ACCEPT");
    int before = listings.get();
    long since = System.nanoTime();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> System.nanoTime() - since > Duration.ofSeconds(5).toNanos());
    assertThat(listings).hasValue(before);
  }

  @Test
  void aChangeOfTheKernelsNumbersIsEnough() throws Exception {
    change("-w", "-A", "INPUT", "-j", "ACCEPT");
    String before = reader.legacyNumbers();
    assertThat(before).contains("filter ").doesNotContain("null");
    assertThat(reader.legacyNumbers()).isEqualTo(before);
    change("-w", "-A", "INPUT", "-j", "DROP");
    assertThat(reader.legacyNumbers()).isNotEqualTo(before);
  }

  /** Whoever ends the program is not to wait for this thread. */
  @Test
  void whoIsWokenWaitsNoMore() throws Exception {
    try (XtablesLock lock = XtablesLock.watch()) {
      CompletableFuture<Boolean> used = CompletableFuture.supplyAsync(() -> lock.await(600_000));
      lock.wake();
      assertThat(used.get(30, TimeUnit.SECONDS)).isFalse();
    }
  }

  @Test
  void toWakeWhatIsClosedIsNoFault() throws Exception {
    XtablesLock lock = XtablesLock.watch();
    lock.close();
    lock.wake();
    lock.close();
  }
}
