package io.fwtrail.tracer.live;

import static io.fwtrail.tracer.hop.PacketBuilder.udp;
import static io.fwtrail.tracer.live.ConnectionEvidence.Kind.NONE;
import static io.fwtrail.tracer.live.ConnectionEvidence.Kind.OPEN;
import static io.fwtrail.tracer.live.ConnectionEvidence.Kind.TOLD;
import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.trail.Trail;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConnectionEvidenceTest {
  private static final Conntrack NEW = new Conntrack(7, "original", "new");

  private final ConnectionEvidence evidence = new ConnectionEvidence();

  private static ConnectionTrails trail() {
    return ConnectionTrails.trail(udp().build());
  }

  /** From now on it is known that nf_tables tells of connections. */
  private void learn() {
    Trail told = trail().hop(Hook.PREROUTING).hop(Hook.FORWARD, NEW).build();
    assertThat(evidence.read(told)).isEqualTo(TOLD);
  }

  @Test
  void theFirstHopThatTellsCounts() {
    Trail trail =
        trail()
            .hop(Hook.PREROUTING)
            .hop(Hook.FORWARD, NEW)
            .hop(Hook.POSTROUTING, new Conntrack(8, "reply", null))
            .build();
    assertThat(evidence.read(trail)).isEqualTo(TOLD);
    assertThat(evidence.told()).isEqualTo(NEW);
  }

  @Test
  void whatOneTrailToldIsForgottenWithTheNext() {
    learn();
    assertThat(evidence.read(trail().hop(Hook.PREROUTING).build())).isEqualTo(OPEN);
    assertThat(evidence.told()).isNull();
  }

  @Test
  void untrackedOnesHaveNone() {
    Trail trail = trail().hop(Hook.FORWARD, new Conntrack(0, null, "untracked")).build();
    assertThat(evidence.read(trail)).isEqualTo(NONE);
  }

  @Test
  void aKernelThatNeverToldLeavesItOpen() {
    assertThat(evidence.read(trail().hop(Hook.FORWARD).build())).isEqualTo(OPEN);
    Trail dropped = trail().hop(Hook.FORWARD).verdict(Verdict.DROP).build();
    assertThat(evidence.read(dropped)).isEqualTo(OPEN);
  }

  @ParameterizedTest
  @EnumSource(names = {"INPUT", "FORWARD", "POSTROUTING"})
  void oneThatTellsAndIsSilentBehindConntrackSaysThatThereIsNone(Hook hook) {
    learn();
    assertThat(evidence.read(trail().hop(hook).build())).isEqualTo(NONE);
  }

  @ParameterizedTest
  @EnumSource(names = {"INGRESS", "PREROUTING", "OUTPUT"})
  void aheadOfConntrackThatIsOpenAsLongAsThePacketGoesOn(Hook hook) {
    learn();
    assertThat(evidence.read(trail().hop(hook).build())).isEqualTo(OPEN);
    assertThat(evidence.read(trail().hop(hook).verdict(Verdict.DROP).build())).isEqualTo(NONE);
  }

  @Test
  void bridgesAreSilentWithoutTheirOwnConntrack() {
    learn();
    Trail trail = trail().family(NfFamily.BRIDGE).hop(Hook.FORWARD).build();
    assertThat(evidence.read(trail)).isEqualTo(OPEN);
  }

  @Test
  void eachSourceTellsForItself() {
    learn();
    Trail legacy = trail().by(Hop.Source.NFLOG).hop(Hook.FORWARD).build();
    assertThat(evidence.read(legacy)).isEqualTo(OPEN);
  }

  @Test
  void inAnotherNamespaceItIsAnotherConnection() {
    Trail trail = trail().netns("a").hop(Hook.FORWARD).netns("b").hop(Hook.FORWARD, NEW).build();
    assertThat(evidence.read(trail)).isEqualTo(OPEN);
    assertThat(evidence.told()).isNull();
  }
}
