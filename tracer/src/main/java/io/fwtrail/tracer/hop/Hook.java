package io.fwtrail.tracer.hop;

import io.fwtrail.netlink.nftables.NfFamily;
import org.jspecify.annotations.Nullable;

/** The places on a packet's way through the kernel where base chains are run, in that order. */
public enum Hook {
  INGRESS("ingress"),
  PREROUTING("prerouting"),
  INPUT("input"),
  FORWARD("forward"),
  OUTPUT("output"),
  POSTROUTING("postrouting"),
  EGRESS("egress");

  private static final Hook[] INET = {PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING, INGRESS};
  private static final Hook[] IP = {PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING};
  private static final Hook[] ARP = {INPUT, OUTPUT, FORWARD};
  private static final Hook[] NETDEV = {INGRESS, EGRESS};

  private final String keyword;

  Hook(String keyword) {
    this.keyword = keyword;
  }

  /** The word in the hop record and in nft. */
  public String keyword() {
    return keyword;
  }

  /**
   * The hook of a number, which means something else in each family: {@code enum nf_inet_hooks} and
   * {@code nf_dev_hooks} of linux/netfilter.h, linux/netfilter_arp.h; bridge has the numbers of
   * inet (linux/netfilter_bridge.h).
   *
   * @return null for a number that the family does not have
   */
  public static @Nullable Hook of(NfFamily family, int number) {
    Hook[] hooks = table(family);
    return number >= 0 && number < hooks.length ? hooks[number] : null;
  }

  /** The number of this hook in a family, -1 where the family does not have it. */
  public int number(NfFamily family) {
    Hook[] hooks = table(family);
    for (int number = 0; number < hooks.length; number++) {
      if (hooks[number] == this) {
        return number;
      }
    }
    return -1;
  }

  private static Hook[] table(NfFamily family) {
    return switch (family) {
      case ARP -> ARP;
      case NETDEV -> NETDEV;
      case INET -> INET;
      default -> IP;
    };
  }
}
