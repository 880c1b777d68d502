package io.fwtrail.tracer.outside;

import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.MessageWriter;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.netlink.testing.FakeNetlink;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.PacketBuilder;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.NfMessages;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** How often the kernel is asked, before a kernel that has one device and no routes. */
class OutsideChecksTest {
  private static final int RTM_NEWLINK = 16;
  private static final int RTM_GETLINK = 18;
  private static final int ENETUNREACH = 101;
  private static final long SECOND = 1_000_000_000L;

  private final FakeNetlink kernel = new FakeNetlink().answer(OutsideChecksTest::answer);
  private long now = Long.MAX_VALUE - 5; // the clock's numbers may overflow
  private final OutsideChecks checks =
      new OutsideChecks(new NetlinkClient(kernel), new NoPlace(), () -> now);

  /** No setting can be read there; what was found without stays true. */
  private static final class NoPlace implements Place {
    @Override
    public <T> T call(Callable<T> task) throws IOException {
      throw new IOException("there is no such place");
    }
  }

  private static List<byte[]> answer(byte[] request) {
    if (request[4] != RTM_GETLINK) {
      return List.of(NfMessages.answering(request, NfMessages.error(ENETUNREACH)));
    }
    ByteBuf link = Unpooled.buffer();
    new MessageWriter(link).begin(RTM_NEWLINK, 0, 0).raw(new byte[16]).string(3, "lan0").end();
    return List.of(NfMessages.answering(request, ByteBufUtil.getBytes(link)));
  }

  private static Trail lost(PacketBuilder packet, Hook hook) {
    Hop hop =
        new Hop(
            1,
            Hop.Clock.RECEIVE,
            Hop.Source.NFTRACE,
            1,
            NfFamily.IP,
            "t",
            "c",
            hook,
            Hop.Kind.POLICY,
            null,
            Verdict.ACCEPT,
            null,
            Hop.VerdictFrom.KERNEL,
            "lan0",
            null,
            0,
            null,
            null,
            packet.build());
    Ending ending = new Ending(Ending.Kind.LOST, null);
    return new Trail(
        1,
        1,
        1,
        null,
        "not seen again",
        hop,
        hop.packet(),
        List.of(),
        List.of(hop),
        ending,
        null,
        List.of());
  }

  private static Trail lost(int port) {
    return lost(udp().dport(port), Hook.PREROUTING);
  }

  /** How many packets the kernel was asked about since the last call: two questions for each. */
  private int asked() {
    return kernel.takeSent().size() / 2;
  }

  @Test
  void whatTheKernelAnsweredIsSaid() {
    assertThat(checks.hints(lost(53)))
        .containsExactly("no route to 10.0.0.2 for what comes in by lan0");
  }

  @Test
  void packetsThatFareAlikeAreAskedAboutOnceASecond() {
    List<String> hints = checks.hints(lost(53));
    assertThat(checks.hints(lost(udp().id(2).length(99), Hook.PREROUTING))).isEqualTo(hints);
    assertThat(asked()).isEqualTo(1);
    now += SECOND - 1;
    assertThat(checks.hints(lost(53))).isEqualTo(hints);
    assertThat(asked()).isZero();
    now += 1;
    assertThat(checks.hints(lost(53))).isEqualTo(hints);
    assertThat(asked()).isEqualTo(1);
  }

  @Test
  void noMoreThanTwentyPacketsASecondAreAskedAboutAndTheOthersAreCounted() {
    for (int port = 1; port <= 23; port++) {
      assertThat(checks.hints(lost(port))).hasSize(port <= 20 ? 1 : 0);
    }
    assertThat(asked()).isEqualTo(20);
    assertThat(checks.skipped()).isEqualTo(3);
    now += SECOND;
    assertThat(checks.hints(lost(23))).hasSize(1);
  }

  @Test
  void nothingIsAskedWhereOnlyNetfilterIsBetweenTwoHooks() {
    assertThat(checks.hints(lost(udp(), Hook.FORWARD))).isEmpty();
    assertThat(asked()).isZero();
  }

  @Test
  void aQuestionThatFailsGivesNoHint() {
    kernel.answer(request -> List.of(NfMessages.answering(request, NfMessages.error(1))));
    assertThat(checks.hints(lost(53))).isEmpty();
  }

  @Test
  void anAnswerThatIsNoMessageGivesNoHint() {
    kernel.answer(
        request -> {
          ByteBuf link = Unpooled.buffer();
          new MessageWriter(link).begin(RTM_NEWLINK, 0, 0).raw(new byte[3]).end();
          return List.of(NfMessages.answering(request, ByteBufUtil.getBytes(link)));
        });
    assertThat(checks.hints(lost(53))).isEmpty();
  }
}
