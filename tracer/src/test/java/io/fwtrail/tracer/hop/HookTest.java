package io.fwtrail.tracer.hop;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HookTest {
  /** enum nf_inet_hooks and nf_dev_hooks of linux/netfilter.h, NF_ARP_* of netfilter_arp.h. */
  @ParameterizedTest
  @CsvSource({
    "IP, 0, PREROUTING",
    "IP, 1, INPUT",
    "IP, 2, FORWARD",
    "IP, 3, OUTPUT",
    "IP, 4, POSTROUTING",
    "IP6, 0, PREROUTING",
    "IP6, 4, POSTROUTING",
    "BRIDGE, 0, PREROUTING",
    "BRIDGE, 1, INPUT",
    "BRIDGE, 2, FORWARD",
    "BRIDGE, 3, OUTPUT",
    "BRIDGE, 4, POSTROUTING",
    "INET, 0, PREROUTING",
    "INET, 4, POSTROUTING",
    "INET, 5, INGRESS",
    "ARP, 0, INPUT",
    "ARP, 1, OUTPUT",
    "ARP, 2, FORWARD",
    "NETDEV, 0, INGRESS",
    "NETDEV, 1, EGRESS",
  })
  void hasTheNumbersOfTheHeaders(NfFamily family, int number, Hook hook) {
    assertThat(Hook.of(family, number)).isEqualTo(hook);
    assertThat(hook.number(family)).isEqualTo(number);
  }

  @ParameterizedTest
  @CsvSource({"INET, 6", "INET, -1", "IP, 5", "IP6, 5", "BRIDGE, 5", "ARP, 3", "NETDEV, 2"})
  void aNumberThatTheFamilyDoesNotHaveIsNoHook(NfFamily family, int number) {
    assertThat(Hook.of(family, number)).isNull();
  }

  @ParameterizedTest
  @CsvSource({"ARP, PREROUTING", "NETDEV, INPUT", "INET, EGRESS", "IP, INGRESS", "BRIDGE, INGRESS"})
  void aHookThatTheFamilyDoesNotHaveHasNoNumber(NfFamily family, Hook hook) {
    assertThat(hook.number(family)).isEqualTo(-1);
  }

  @ParameterizedTest
  @EnumSource
  void theWordIsNftsOwn(Hook hook) {
    assertThat(hook.keyword()).isEqualTo(hook.name().toLowerCase(java.util.Locale.ROOT));
  }

  @Test
  void hooksStandInTheOrderOfAPacketsWay() {
    assertThat(Hook.values())
        .containsExactly(
            Hook.INGRESS,
            Hook.PREROUTING,
            Hook.INPUT,
            Hook.FORWARD,
            Hook.OUTPUT,
            Hook.POSTROUTING,
            Hook.EGRESS);
  }
}
