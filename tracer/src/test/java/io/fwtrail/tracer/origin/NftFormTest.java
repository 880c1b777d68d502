package io.fwtrail.tracer.origin;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NftFormTest {
  private static final Names NAMES = Names.ofHost();

  private static Form form(String text, NfFamily family) {
    return NftForm.of(text, null, family, NAMES);
  }

  private static Form inet(String text) {
    return form(text, NfFamily.INET);
  }

  /** On the left what was given to nft 1.0.6, on the right what it lists. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "ip saddr { 1.2.3.4 } drop ~ ip saddr 1.2.3.4 drop",
        "ip saddr 10.0.0.5/8 drop ~ ip saddr 10.0.0.0/8 drop",
        "ip saddr {10.0.0.1,10.0.0.2,172.16.0.1} drop ~ ip saddr { 10.0.0.1-10.0.0.2, 172.16.0.1 } drop",
        "ip6 daddr 2001:DB8:0:0:0:0:0:5 accept ~ ip6 daddr 2001:db8::5 accept",
        "ip6 saddr fe80::1/10 accept ~ ip6 saddr fe80::/10 accept",
        "ether saddr 0a:b:C:d:e:f drop ~ ether saddr 0a:0b:0c:0d:0e:0f drop",
        "tcp dport { 443, 22 } accept ~ tcp dport { 22, 443 } accept",
        "tcp dport {23,22,80-90} accept ~ tcp dport { 22-23, 80-90 } accept",
        "tcp dport == 22 accept ~ tcp dport 22 accept",
        "tcp dport ne 22 accept ~ tcp dport != 22 accept",
        "meta l4proto 6 tcp dport 22 ~ tcp dport 22",
        "meta l4proto { udp, tcp } ~ meta l4proto { tcp, udp }",
        "ip6 nexthdr icmpv6 accept ~ ip6 nexthdr ipv6-icmp accept",
        "icmp type 8 accept ~ icmp type echo-request accept",
        "icmpv6 type { 131, 130 } ~ icmpv6 type { mld-listener-query, mld-listener-report }",
        "igmp type membership-query ~ meta nfproto ipv4 igmp type membership-query",
        "ct state related,established accept ~ ct state established,related accept",
        "tcp flags & (fin|syn|rst|ack) == syn ~ tcp flags syn / fin,syn,rst,ack",
        "tcp flags & (syn|ack) != syn ~ tcp flags != syn / syn,ack",
        "tcp flags & (fin|syn) == fin|syn ~ tcp flags fin,syn / fin,syn",
        "iifname eth0 ~ iifname \"eth0\"",
        "meta iifname {eth1, \"eth2\"} ~ iifname { \"eth1\", \"eth2\" }",
        "mark set 16 ~ meta mark set 0x00000010",
        "counter packets 5 bytes 6 drop ~ counter drop",
        "log level warn prefix \"w \" ~ log prefix \"w \"",
        "log group 5 prefix \"g\" ~ log prefix \"g\" group 5",
        "limit rate 5/minute ~ limit rate 5/minute burst 5 packets",
        "queue num 1 bypass ~ queue flags bypass to 1",
        "queue ~ queue to 0",
        "reject with icmpx type port-unreachable ~ reject",
        "reject with icmp type host-unreachable ~ reject with icmp host-unreachable",
        "reject with tcp reset ~ meta l4proto tcp reject with tcp reset",
        "ip daddr 1.2.3.4 dnat to 10.0.0.2 ~ ip daddr 1.2.3.4 dnat ip to 10.0.0.2",
        "tcp dport 83 redirect to 8081 ~ tcp dport 83 redirect to :8081",
        "ip dscp 46 ~ ip dscp ef",
        "add @s { ip saddr timeout 90s } ~ add @s { ip saddr timeout 1m30s }",
        "ip saddr . tcp dport {1.2.3.4 . 80,1.2.3.4 . 22} ~ ip saddr . tcp dport { 1.2.3.4 . 22, 1.2.3.4 . 80 }",
        "ct state vmap {invalid:drop,new:accept} ~ ct state vmap { invalid : drop, new : accept }",
        "snat ip saddr map { 1.1.1.1 : 2.2.2.2 } ~ snat to ip saddr map { 1.1.1.1 : 2.2.2.2 }",
        "flow offload @f ~ flow add @f"
      })
  void whatWasWrittenIsWhatIsListed(String written, String listed) {
    assertThat(inet(written)).isEqualTo(inet(listed));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "ip saddr 1.2.3.4 drop ~ ip daddr 1.2.3.4 drop",
        "ip saddr 1.2.3.4 drop ~ ip saddr 1.2.3.5 drop",
        "ip saddr 10.0.0.0/8 drop ~ ip saddr 10.0.0.0/9 drop",
        "tcp dport 22 accept ~ udp dport 22 accept",
        "tcp dport { 22, 80 } accept ~ tcp dport 22-80 accept",
        "tcp dport { 22, 80 } accept ~ tcp dport != { 22, 80 } accept",
        "tcp dport 22 accept ~ tcp dport 22 drop",
        "tcp dport 22 accept ~ tcp dport 22 counter accept",
        "ct state new ~ ct state != new",
        "tcp dport vmap { 22 : accept } ~ tcp dport vmap { 22 : drop }",
        "jump a ~ goto a",
        "ip protocol tcp tcp dport 22 ~ tcp dport 22",
        "@th,16,32 5 ~ @th,32,16 5",
        "meta mark set meta mark & 16 | 255 ~ meta mark set meta mark & 255 | 16",
        "reject with icmp port-unreachable ~ reject",
        "icmp type 8 ~ icmpv6 type 8",
        "iifname \"a b\" ~ iifname a b"
      })
  void otherRulesAreOther(String one, String other) {
    assertThat(inet(one)).isNotEqualTo(inet(other));
  }

  @Test
  void whatIsAssumedDependsOnTheFamily() {
    assertThat(form("ip protocol tcp tcp dport 22", NfFamily.IP))
        .isEqualTo(form("tcp dport 22", NfFamily.IP));
    assertThat(form("reject with icmp type port-unreachable", NfFamily.IP))
        .isEqualTo(form("reject", NfFamily.IP));
    assertThat(form("reject with icmpv6 port-unreachable", NfFamily.IP6))
        .isEqualTo(form("reject", NfFamily.IP6));
  }

  @Test
  void theCommentCounts() {
    Form apart = NftForm.of("tcp dport 22 drop", "why; #1", NfFamily.INET, NAMES);
    assertThat(inet("tcp dport 22 drop comment \"why; #1\"")).isEqualTo(apart);
    assertThat(inet("tcp dport 22 drop")).isNotEqualTo(apart);
    assertThat(inet("tcp dport 22 drop comment \"x\"")).isNotEqualTo(apart);
  }

  @Test
  void aNameThatNobodyKnowsMayBeWhatIsListed() {
    assertThat(
            inet("ip saddr some.host.invalid tcp dport 22 drop")
                .mayBe(inet("ip saddr 1.2.3.4 tcp dport 22 drop")))
        .isTrue();
    assertThat(inet("ip saddr $given drop").mayBe(inet("ip saddr 1.2.3.4 drop"))).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "ip saddr 1.2.3.4 drop ~ ip saddr 1.2.3.5 drop",
        "ip saddr 1.2.3.4 drop ~ ip daddr 1.2.3.4 drop",
        "ip saddr host.invalid drop ~ ip daddr 1.2.3.4 drop",
        "ip saddr host.invalid drop ~ ip saddr 1.2.3.4 accept",
        "ip saddr host.invalid drop ~ ip saddr @set drop",
        "ip saddr host.invalid drop ~ ip saddr 1.2.3.4 counter drop",
        "iifname lan0 drop ~ iifname wan0 drop",
        "jump one ~ jump two",
        "accept ~ drop"
      })
  void aRuleThatDiffersIsNotTheSameInOtherWords(String written, String listed) {
    assertThat(inet(written).mayBe(inet(listed))).isFalse();
  }

  @Test
  void aSetOfAnyOrderIsOne() {
    StringBuilder up = new StringBuilder("ip saddr { 9.9.9.9");
    StringBuilder down = new StringBuilder("ip saddr { ");
    for (int i = 0; i < 5_000; i++) {
      up.append(", 10.").append(i / 250).append('.').append(i % 250).append(".0/24");
      int k = 4_999 - i;
      down.append("10.").append(k / 250).append('.').append(k % 250).append(".0/24, ");
    }
    assertThat(inet(up + " } drop")).isEqualTo(inet(down + "9.9.9.9 } drop"));
  }
}
