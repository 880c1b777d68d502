package io.fwtrail.tracer.origin;

import java.util.Set;

/** Words of nft's language (src/scanner.l) that name what a rule looks at and does. */
final class NftWords {
  private static final Set<String> KNOWN =
      Set.of(
          ("accept add ah arp bridge bypass ckdaddr counter cpu ct daddr day dccp delete destroy dnat"
                  + " dport drop dscp dup ecn esp ether exthdr fanout fib flags flow flowlabel"
                  + " frag-off fwd goto hbh helper hour hoplimit ibrname icmp icmpv6 icmpx id igmp"
                  + " iif iifgroup iifname iiftype ip ip6 jhash jump l3proto l4proto label last"
                  + " length limit log map mark masquerade meta meter nat netdev nexthdr nfproto"
                  + " nftrace notrack numgen obrname oif oifgroup oifname oiftype option osf over"
                  + " payload pkttype policy prefix protocol proto queue quota random rate redirect"
                  + " reject reset return rt saddr sctp secmark sequence set skgid skuid snat socket"
                  + " sport state status symhash synproxy tcp th time timeout tproxy ttl type udp"
                  + " udplite until update version vlan vmap vrf window zone != < > <= >= { } [ ] :"
                  + " . , & | ^ / -")
              .split(" ", -1));

  /** Keys of {@code meta} that may stand without that word, and are listed so or so. */
  private static final Set<String> META_KEYS =
      Set.of(
          "mark",
          "iif",
          "iifname",
          "iiftype",
          "iifgroup",
          "oif",
          "oifname",
          "oiftype",
          "oifgroup",
          "skuid",
          "skgid",
          "nftrace",
          "rtclassid",
          "ibriport",
          "obriport",
          "ibrname",
          "obrname",
          "pkttype",
          "cpu",
          "cgroup");

  private NftWords() {}

  static boolean isKnown(String word) {
    return KNOWN.contains(word);
  }

  static boolean isMetaKey(String word) {
    return META_KEYS.contains(word);
  }
}
