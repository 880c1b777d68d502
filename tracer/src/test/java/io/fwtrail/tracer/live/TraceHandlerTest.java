package io.fwtrail.tracer.live;

import static io.fwtrail.tracer.live.TraceMessageBuilder.policy;
import static io.fwtrail.tracer.live.TraceMessageBuilder.rule;
import static io.fwtrail.tracer.ruleset.NfMessages.generation;
import static io.fwtrail.tracer.ruleset.NfMessages.table;
import static io.fwtrail.tracer.ruleset.RuleSetBuilder.ruleSet;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.MalformedMessageException;
import io.fwtrail.netlink.channel.NetlinkBatch;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.nftables.NfTables;
import io.fwtrail.netlink.testing.FakeNetlink;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.hop.WallClock;
import io.fwtrail.tracer.log.LogEvent;
import io.fwtrail.tracer.mark.OwnTables;
import io.fwtrail.tracer.ruleset.NfMessages;
import io.fwtrail.tracer.ruleset.OfflineRules;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Recorder;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TraceHandlerTest {
  private static final long MILLI = 1_000_000L;

  /**
   * Rule 4 accepts in the first generation and drops in the second, rule 5 drops in both with
   * another text, rule 6 is of the first alone, 7 of the second, and rule 9 is the same in both.
   */
  private static final RuleSet FIRST =
      ruleSet()
          .generation(1)
          .table(NfFamily.INET, "t")
          .base("c", Hook.INPUT, 0, Verdict.ACCEPT)
          .rule(4, "old 4", Verdict.ACCEPT)
          .rule(5, "old 5", Verdict.DROP)
          .rule(6, "old 6", Verdict.DROP)
          .rule(9, "same 9", Verdict.DROP)
          .build();

  private static final RuleSet SECOND =
      ruleSet()
          .generation(2)
          .table(NfFamily.INET, "t")
          .base("c", Hook.INPUT, 0, Verdict.DROP)
          .rule(4, "new 4", Verdict.DROP)
          .rule(5, "new 5", Verdict.DROP)
          .rule(7, "new 7", Verdict.DROP)
          .rule(9, "same 9", Verdict.DROP)
          .build();

  private static final RuleSet THIRD =
      ruleSet()
          .generation(3)
          .table(NfFamily.INET, "t")
          .base("c", Hook.INPUT, 0, Verdict.DROP)
          .rule(5, "third 5", Verdict.DROP)
          .rule(8, "third 8", Verdict.DROP)
          .build();

  /** What the kernel says when it is asked. */
  private static final class Kernel implements RuleBook.Kernel {
    RuleSet rules = FIRST;
    IOException refusal;
    RuntimeException failure;
    int questions;
    int readings;

    @Override
    public long generation() throws IOException {
      questions++;
      if (refusal != null) {
        throw refusal;
      }
      return rules.generation();
    }

    @Override
    public RuleSet read() {
      readings++;
      if (failure != null) {
        throw failure;
      }
      return rules;
    }
  }

  private final Kernel kernel = new Kernel();
  private final Recorder out = new Recorder();
  private final LiveCounts counts = new LiveCounts();
  private final List<NetlinkBatch> batches = new ArrayList<>();
  private final TrailAssembler assembler =
      new TrailAssembler(
          out, new TrailAssembler.Limits(100, 100, MILLI, 100 * MILLI, 5_000 * MILLI), false);
  private LongSupplier nanoTime = System::nanoTime;
  private LongSupplier readUpTo = () -> nanoTime.getAsLong();
  private int handedOn;
  private final TraceHandler handler = handler(assembler);
  private final FakeNetlink netlink = new FakeNetlink(handler);

  private TraceHandler handler(TrailAssembler of) {
    return hearing(
        TracedNamespace.HOME,
        FIRST,
        new TraceHandler(
            new LegacyDecoder(Interfaces.NONE),
            of,
            counts,
            new AttendedClock(() -> nanoTime.getAsLong(), TraceHandler.CLOCK_STEP_NANOS),
            () -> readUpTo.getAsLong(),
            () -> handedOn++));
  }

  private TraceHandler hearing(int namespace, RuleSet rules, TraceHandler by) {
    return hearing(namespace, rules, OwnTables.NONE, by);
  }

  private TraceHandler hearing(int namespace, RuleSet rules, OwnTables own, TraceHandler by) {
    TraceDecoder decoder = new TraceDecoder(Interfaces.NONE, own);
    RuleBook book = new RuleBook(kernel, rules, decoder, namespace, counts);
    by.add(new TracedNamespace(namespace, book, decoder));
    return by;
  }

  @AfterEach
  void everyBatchIsReleased() {
    netlink.close();
    assertThat(batches).allMatch(batch -> batch.refCnt() == 0);
  }

  /** Reads one batch: each message a datagram. */
  private void read(byte[]... datagrams) {
    NetlinkBatch batch = NetlinkBatch.of(datagrams);
    batches.add(batch);
    netlink.deliver(batch);
  }

  /** A packet of its own that meets one rule. */
  private static byte[] packet(int id, long handle, int verdict) {
    return rule(handle, verdict).id(id).first(id).build();
  }

  private static byte[] dropped(int id, long handle) {
    return packet(id, handle, NfTables.VERDICT_DROP);
  }

  private static byte[] tableNotice() {
    return table(NfFamily.INET, "t", 1, 0, 0);
  }

  /** The texts of the rules that were met, or their handles where no text is known. */
  private List<String> met() {
    return out.hops().stream()
        .map(Hop::rule)
        .map(rule -> rule.text() == null ? "handle " + rule.handle() : rule.text())
        .toList();
  }

  @Test
  void traceEventsBecomeTrails() {
    read(packet(1, 4, 1), dropped(2, 5));
    assertThat(out.texts()).containsExactly("c:4:accept => accept", "c:5:drop => drop");
    assertThat(counts.messages).isEqualTo(2);
    assertThat(handedOn).isPositive();
  }

  @Test
  void severalMessagesOfOneDatagramAreAllRead() {
    byte[] first = dropped(1, 5);
    byte[] second = dropped(2, 6);
    byte[] both = new byte[first.length + second.length];
    System.arraycopy(first, 0, both, 0, first.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    read(both);
    assertThat(met()).containsExactly("old 5", "old 6");
  }

  @Test
  void messagesOfOtherKindsAreNoHops() {
    read(tableNotice(), NfMessages.error(0), NfMessages.done());
    assertThat(out.hops()).isEmpty();
    assertThat(counts.messages).isZero();
    assertThat(counts.malformed).isZero();
  }

  @Test
  void theKernelIsAskedOnceAReadNotOnceAMessage() {
    read(dropped(1, 5), dropped(2, 5), dropped(3, 5));
    assertThat(kernel.questions).isOne();
    assertThat(kernel.readings).isZero();
  }

  @Test
  void beforeTheNoticesOfAChangeIsTheOldRuleSetAndAfterThemTheNew() {
    kernel.rules = SECOND;
    read(dropped(1, 6), tableNotice(), generation(2), dropped(2, 5));
    assertThat(met()).containsExactly("old 6", "new 5");
    assertThat(counts.ruleSetChanges).isOne();
  }

  @Test
  void aPacketAheadOfTheNoticesThatOnlyFitsTheNewRuleSetMetIt() {
    kernel.rules = SECOND;
    read(dropped(1, 4), generation(2));
    assertThat(met()).containsExactly("new 4");
  }

  /** Notices come after the change, so it may have met either. */
  @Test
  void aPacketAheadOfTheNoticesThatFitsBothRuleSetsShowsTheHandleAlone() {
    kernel.rules = SECOND;
    read(dropped(1, 5), generation(2));
    assertThat(met()).containsExactly("handle 5");
  }

  @Test
  void aRuleThatIsTheSameInBothRuleSetsIsShownWhicheverItWas() {
    kernel.rules = SECOND;
    read(dropped(1, 9), generation(2));
    assertThat(met()).containsExactly("same 9");
  }

  @Test
  void beforeOneThatSurelyMetTheOldRuleSetTheyAllDid() {
    kernel.rules = SECOND;
    read(dropped(1, 5), dropped(2, 6), generation(2));
    assertThat(met()).containsExactly("old 5", "old 6");
  }

  @Test
  void aPacketBehindTheNoticesThatOnlyFitsTheOldRuleSetMetIt() {
    kernel.rules = SECOND;
    read(generation(2), packet(1, 4, 1), dropped(2, 6));
    assertThat(met()).containsExactly("old 4", "old 6");
  }

  @Test
  void behindOneThatSurelyMetTheNewRuleSetTheyAllDid() {
    kernel.rules = SECOND;
    read(dropped(1, 7), dropped(2, 5), generation(2));
    assertThat(met()).containsExactly("new 7", "new 5");
  }

  @Test
  void allOfAPassageThroughOneBaseChainMetOneRuleSet() {
    kernel.rules = SECOND;
    read(packet(1, 5, -1), generation(2), rule(4, NfTables.VERDICT_DROP).id(1).build());
    // Neither generation lets rule 5 go on, so nothing is certain but the handles.
    assertThat(met()).containsExactly("handle 5", "handle 4");
  }

  @Test
  void aPassageThatBeganBeforeTheNoticesKeepsItsRuleSetBehindThem() {
    RuleSet before =
        ruleSet()
            .generation(1)
            .table(NfFamily.INET, "t")
            .base("c", Hook.INPUT, 0)
            .rule(4, "old 4")
            .rule(6, "old 6", Verdict.DROP)
            .build();
    RuleSet after =
        ruleSet()
            .generation(2)
            .table(NfFamily.INET, "t")
            .base("c", Hook.INPUT, 0)
            .rule(4, "new 4")
            .rule(5, "new 5", Verdict.DROP)
            .build();
    kernel.rules = before;
    TraceHandler fresh =
        hearing(
            TracedNamespace.HOME,
            before,
            new TraceHandler(
                new LegacyDecoder(Interfaces.NONE),
                assembler,
                counts,
                new AttendedClock(System::nanoTime, TraceHandler.CLOCK_STEP_NANOS),
                System::nanoTime,
                () -> {}));
    try (FakeNetlink other = new FakeNetlink(fresh)) {
      kernel.rules = after;
      other.deliver(packet(1, 4, -1), generation(2), rule(6, NfTables.VERDICT_DROP).id(1).build());
    }
    assertThat(met()).containsExactly("old 4", "old 6");
  }

  @Test
  void thePolicyTellsTheRuleSetsApart() {
    kernel.rules = SECOND;
    read(
        policy(NfTables.VERDICT_ACCEPT).first().id(1).build(),
        generation(2),
        policy(NfTables.VERDICT_ACCEPT).first().id(2).build());
    assertThat(out.hops()).extracting(Hop::verdict).containsOnly(Verdict.ACCEPT);
    assertThat(counts.malformed).isZero();
  }

  @Test
  void whatFitsNoRuleSetShowsTheHandleAlone() {
    kernel.rules = SECOND;
    read(packet(1, 5, 1), generation(2), packet(2, 4, -5));
    assertThat(met()).containsExactly("handle 5", "handle 4");
  }

  @Test
  void aGenerationThatIsAheadOfTheStreamIsWaitedFor() {
    kernel.rules = SECOND;
    read(dropped(1, 6));
    assertThat(out.hops()).isEmpty();
    assertThat(handler.holds()).isTrue();
    read(tableNotice(), generation(2), dropped(2, 5));
    assertThat(met()).containsExactly("old 6", "new 5");
    assertThat(handler.holds()).isFalse();
    assertThat(kernel.readings).as("readings of one generation").isOne();
  }

  @Test
  void twoChangesInARowAreThreeRuleSets() {
    kernel.rules = SECOND;
    read(dropped(1, 6));
    kernel.rules = THIRD;
    read(generation(2), dropped(2, 7), generation(3), dropped(3, 5));
    assertThat(met()).containsExactly("old 6", "new 7", "third 5");
    assertThat(counts.ruleSetChanges).isEqualTo(2);
  }

  @Test
  void aGenerationThatNobodyCouldReadIsNotGuessedAt() {
    kernel.rules = THIRD;
    read(generation(2), dropped(1, 7), generation(3), dropped(2, 8));
    assertThat(met()).containsExactly("handle 7", "third 8");
  }

  @Test
  void aRuleSetThatChangesForEverIsWaitedForOnlySoLong() {
    kernel.rules = SECOND;
    read(dropped(1, 5));
    assertThat(handler.holds()).isTrue();
    Awaitility.await()
        .atMost(5, java.util.concurrent.TimeUnit.SECONDS)
        .pollInSameThread()
        .pollInterval(20, MILLISECONDS)
        .untilAsserted(
            () -> {
              netlink.channel().runScheduledPendingTasks();
              assertThat(met()).hasSize(1);
            });
    assertThat(handler.holds()).isFalse();
  }

  @Test
  void onlySoManyMessagesAreHeld() {
    kernel.rules = SECOND;
    read(dropped(1, 5));
    byte[][] batch = new byte[NetlinkBatch.MOST_DATAGRAMS][];
    Arrays.fill(batch, NfMessages.done());
    for (int i = 0; i < 256; i++) {
      read(batch);
    }
    assertThat(out.hops()).isNotEmpty();
  }

  /** Fewer of them are, where each has a whole packet in it. */
  @Test
  void onlySoManyBytesAreHeld() {
    kernel.rules = SECOND;
    read(dropped(1, 5));
    byte[] large = Arrays.copyOf(NfMessages.done(), 32 * 1024);
    for (int i = 0; i < 512; i++) {
      read(large);
    }
    assertThat(out.hops()).isNotEmpty();
  }

  @Test
  void aLossWhileWaitingEndsTheWait() {
    kernel.rules = SECOND;
    read(dropped(1, 5));
    assertThat(out.hops()).isEmpty();
    netlink.lose(3);
    assertThat(met()).hasSize(1);
    assertThat(assembler.counts().lostMessages).isEqualTo(3);
  }

  @Test
  void behindALossIsTheNewRuleSet() {
    kernel.rules = SECOND;
    read(dropped(1, 6));
    netlink.lose(3);
    read(dropped(2, 5));
    assertThat(met()).containsExactly("old 6", "new 5");
  }

  @Test
  void aLossStandsWhereItWasInTheStream() {
    read(packet(1, 4, -1));
    netlink.lose(1);
    read(rule(5, NfTables.VERDICT_DROP).id(1).build());
    assertThat(out.texts())
        .containsExactly(
            "c:4:continue (messages were lost)", "c:5:drop => drop (its beginning was not seen)");
  }

  @Test
  void malformedMessagesAreCountedAndTheOthersRead() {
    byte[] cut = dropped(1, 5);
    cut[16 + 4] = 2;
    read(cut, dropped(2, 5), new byte[7]);
    assertThat(counts.malformed).isEqualTo(2);
    assertThat(met()).containsExactly("old 5");
  }

  @Test
  void aMalformedNoticeDoesNotConfuseTheCountOfPassages() {
    kernel.rules = SECOND;
    byte[] notice = NfMessages.message(NfTables.NEWGEN, NfFamily.UNSPECIFIED, w -> {});
    byte[] trace = dropped(1, 5);
    byte[] both = new byte[notice.length + trace.length];
    System.arraycopy(notice, 0, both, 0, notice.length);
    System.arraycopy(trace, 0, both, notice.length, trace.length);
    read(both, generation(2), dropped(2, 5));
    assertThat(met()).hasSize(2);
    assertThat(met().get(1)).isEqualTo("new 5");
  }

  @Test
  void whereTheKernelDoesNotAnswerTheRuleSetAtHandHasToDo() {
    kernel.refusal = new IOException("refused");
    read(dropped(1, 5));
    assertThat(met()).containsExactly("old 5");
    assertThat(counts.ruleSetFailures).isOne();
  }

  @Test
  void whereTheRuleSetCannotBeReadTheOneAtHandHasToDo() {
    kernel.rules = SECOND;
    for (RuntimeException failure :
        new RuntimeException[] {
          new UncheckedIOException(new IOException("no texts")),
          new MalformedMessageException("no message")
        }) {
      kernel.failure = failure;
      read(generation(2), packet(batches.size() + 1, 4, 1));
    }
    assertThat(out.hops()).hasSize(2);
    assertThat(counts.ruleSetFailures).isEqualTo(2);
  }

  @Test
  void afterAFailureTheRuleSetIsReadAsSoonAsItCanBe() {
    kernel.rules = SECOND;
    kernel.failure = new UncheckedIOException(new IOException("no texts"));
    read(generation(2), dropped(1, 5));
    kernel.failure = null;
    read(dropped(2, 7));
    assertThat(met().get(1)).isEqualTo("new 7");
  }

  @Test
  void longAfterAChangeNothingIsHeldAgainstTheOldRuleSet() {
    kernel.rules = SECOND;
    read(generation(2));
    for (int i = 0; i < 300; i++) {
      read(dropped(i, 5));
    }
    read(packet(1000, 4, 1));
    assertThat(met().get(300)).as("only the old one would fit").isEqualTo("new 4");
  }

  @Test
  void aListenerThatFailsCostsNoBatch() {
    TrailListener failing =
        new TrailListener() {
          @Override
          public void hop(Hop hop) {
            throw new IllegalStateException("full");
          }

          @Override
          public void trail(Trail trail) {}
        };
    TrailAssembler of = new TrailAssembler(failing, TrailAssembler.Limits.DEFAULT, false);
    try (FakeNetlink other = new FakeNetlink(handler(of))) {
      NetlinkBatch batch = NetlinkBatch.of(dropped(1, 5), dropped(2, 5));
      batches.add(batch);
      assertThatThrownBy(() -> other.deliver(batch)).hasMessage("full");
      assertThat(batch.refCnt()).isZero();
    }
  }

  @Test
  void whatIsHeldWhenTheHandlerGoesIsHandedOn() {
    kernel.rules = SECOND;
    read(dropped(1, 6));
    netlink.channel().pipeline().remove(handler);
    assertThat(met()).containsExactly("old 6");
  }

  @Test
  void eventsOfOthersAreHandedOn() {
    List<Object> events = new ArrayList<>();
    netlink
        .channel()
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                events.add(event);
              }
            });
    netlink.channel().pipeline().fireUserEventTriggered("other");
    netlink.lose(1);
    assertThat(events).containsExactly("other");
  }

  @Test
  void aPacketOfWhichNothingMoreComesEnds() {
    read(packet(1, 4, -1));
    Awaitility.await()
        .pollInSameThread()
        .pollInterval(5, MILLISECONDS)
        .untilAsserted(
            () -> {
              netlink.channel().runScheduledPendingTasks();
              assertThat(out.texts()).containsExactly("c:4:continue (not seen again after input)");
            });
  }

  @Test
  void whileTheSocketHoldsMoreSilenceIsNoEnd() throws InterruptedException {
    long drained = System.nanoTime();
    readUpTo = () -> drained;
    read(packet(1, 4, -1));
    for (int i = 0; i < 30; i++) {
      Thread.sleep(5);
      netlink.channel().runScheduledPendingTasks();
    }
    assertThat(out.trails()).isEmpty();
  }

  @Test
  void thatTheMachineStoodStillIsNoSilenceOfThePacket() {
    AtomicLong time = new AtomicLong(System.nanoTime());
    nanoTime = time::get;
    read(packet(1, 4, -1));
    tickAfter(time, 60_000 * MILLI);
    for (int i = 0; i < 8; i++) {
      tickAfter(time, 10 * MILLI);
    }
    assertThat(out.trails()).isEmpty();
    tickAfter(time, 10 * MILLI);
    assertThat(out.texts()).containsExactly("c:4:continue (not seen again after input)");
  }

  @Test
  void thatThisThreadGotNoProcessorIsNoSilenceOfThePacket() {
    AtomicLong time = new AtomicLong(System.nanoTime());
    nanoTime = time::get;
    long drained = time.get();
    readUpTo = () -> drained;
    read(packet(1, 4, -1));
    tickAfter(time, 60_000 * MILLI);
    read(rule(5, NfTables.VERDICT_DROP).id(1).build());
    assertThat(out.texts()).containsExactly("c:4:continue, c:5:drop => drop");
  }

  @Test
  void timeGoesOnForOthersWhileSomethingIsHeld() {
    AtomicLong time = new AtomicLong(System.nanoTime());
    nanoTime = time::get;
    read(packet(1, 4, -1));
    kernel.rules = SECOND;
    read(dropped(2, 9));
    for (int i = 0; i < 20; i++) {
      tickAfter(time, 10 * MILLI);
    }
    assertThat(handler.holds()).isTrue();
    read(generation(2)); // It may be held again before the next tick.
    assertThat(handler.holds()).isFalse();
    assertThat(out.texts())
        .containsExactly("c:9:drop => drop", "c:4:continue (not seen again after input)");
  }

  /** Or all that was held would wait for its end once more, and then come at once. */
  @Test
  void whatWasHeldIsAsOldAsItIs() {
    AtomicLong time = new AtomicLong(System.nanoTime());
    nanoTime = time::get;
    kernel.rules = SECOND;
    read(packet(1, 4, -1));
    long readAt = WallClock.nanos();
    for (int i = 0; i < 10; i++) {
      tickAfter(time, 10 * MILLI);
    }
    read(dropped(2, 9));
    for (int i = 0; i < 5; i++) {
      tickAfter(time, 10 * MILLI);
    }
    assertThat(handler.holds()).isTrue();
    read(generation(2));
    assertThat(out.texts())
        .containsExactly("c:9:drop => drop", "c:4:continue (not seen again after input)");
    assertThat(out.hops().get(0).time()).isLessThanOrEqualTo(readAt);
  }

  private void tickAfter(AtomicLong time, long nanos) {
    time.addAndGet(nanos);
    netlink.channel().advanceTimeBy(5, MILLISECONDS);
    netlink.channel().runScheduledPendingTasks();
  }

  @Test
  void idsOfTwoNamespacesAreTwoPackets() {
    hearing(0, FIRST, handler);
    hearing(1, FIRST, handler);
    NetlinkBatch batch =
        NetlinkBatch.builder()
            .add(packet(1, 4, -1), 0, 0, false)
            .add(packet(1, 4, -1), 0, 1, false)
            .add(rule(5, 0).id(1).build(), 0, 0, false)
            .add(rule(6, 0).id(1).build(), 0, 1, false)
            .build();
    batches.add(batch);
    netlink.deliver(batch);
    assertThat(out.texts())
        .containsExactly("c:4:continue, c:5:drop => drop", "c:4:continue, c:6:drop => drop");
  }

  @Test
  void aNamespaceThatIsNotHeardShowsNothing() {
    hearing(1, FIRST, handler);
    handler.remove(1);
    NetlinkBatch batch = NetlinkBatch.builder().add(dropped(1, 4), 0, 1, false).build();
    batches.add(batch);
    netlink.deliver(batch);
    assertThat(out.hops()).isEmpty();
  }

  /** Its message comes by another way than those of the kernel log, and so may come late. */
  @Test
  void markBesideTheKernelLogPartsNoTrail() {
    read(packet(7, 4, 1));
    final Packet packet = out.hops().get(0).packet();
    OfflineRules legacy = new OfflineRules();
    legacy.add("*mangle\n:INPUT ACCEPT\nCOMMIT\n*filter\n:INPUT ACCEPT\nCOMMIT\n");
    RuleSet both =
        ruleSet()
            .table(NfFamily.INET, "fwtrail-1")
            .base("c", Hook.INPUT, -301, Verdict.ACCEPT)
            .rule(9)
            .build()
            .withLegacy(legacy.ruleSet().tables());
    hearing(TracedNamespace.HOME, both, TraceDecoderTest.OWN, handler);
    handler.seeLogged(logged("mangle", packet));
    read(
        rule(9, -1).in(NfFamily.INET, "fwtrail-1", "c").id(8).first(7).build(),
        policy(1).in(NfFamily.INET, "fwtrail-1", "c").id(8).build());
    handler.seeLogged(logged("filter", packet));
    assembler.stop();
    assertThat(out.texts().get(1)).startsWith("INPUT:policy:accept, INPUT:policy:accept => accept");
    assertThat(out.texts()).hasSize(2);
  }

  private static LogEvent logged(String table, Packet packet) {
    LogEvent event = new LogEvent();
    event.family = NfFamily.IP;
    event.table = table;
    event.chain = "INPUT";
    event.kind = Hop.Kind.POLICY;
    event.number = 1;
    event.packet = packet;
    return event;
  }
}
