package io.fwtrail.netlink.nftables;

/** Families of netfilter, {@code enum} in include/uapi/linux/netfilter.h (NFPROTO_*). */
public enum NfFamily {
  /** Every family at once; in dump requests. */
  UNSPECIFIED(0, "unspec"),
  INET(1, "inet"),
  IP(2, "ip"),
  ARP(3, "arp"),
  NETDEV(5, "netdev"),
  BRIDGE(7, "bridge"),
  IP6(10, "ip6"),
  /** A number that this program does not know; the number itself is with whoever decoded it. */
  OTHER(-1, "other");

  private static final NfFamily[] BY_NUMBER = new NfFamily[16];

  static {
    java.util.Arrays.fill(BY_NUMBER, OTHER);
    for (NfFamily family : values()) {
      if (family.number >= 0) {
        BY_NUMBER[family.number] = family;
      }
    }
  }

  private final int number;
  private final String keyword;

  NfFamily(int number, String keyword) {
    this.number = number;
    this.keyword = keyword;
  }

  /** The kernel's number; -1 for {@link #OTHER}. */
  public int number() {
    return number;
  }

  /** The word that nft uses. */
  public String keyword() {
    return keyword;
  }

  /** The family of a number, {@link #OTHER} where it is unknown. */
  public static NfFamily of(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : OTHER;
  }
}
