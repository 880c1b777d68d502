package io.fwtrail.tracer.origin;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.nftables.NfFamily;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IptablesFormTest {
  private static final Names NAMES = Names.ofHost();

  private static Form ip(String options) {
    return IptablesForm.of("-A C " + options, null, NfFamily.IP, NAMES);
  }

  /**
   * On the left what was given to iptables-restore 1.8.9, on the right what iptables-save prints.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "-p tcp --dport 22 -j DROP ~ -p tcp -m tcp --dport 22 -j DROP",
        "--protocol tcp --destination-port 1:443 --jump X ~ -p tcp -m tcp --dport 1:443 -j X",
        "-p tcp --dport 1024: ~ -p tcp -m tcp --dport 1024:65535",
        "-p 47 -j ACCEPT ~ -p gre -j ACCEPT",
        "-p all -j ACCEPT ~ -j ACCEPT",
        "-s 10.0.0.1 -j DROP ~ -s 10.0.0.1/32 -j DROP",
        "-s 10.0.0.0/255.0.0.0 -j DROP ~ -s 10.0.0.0/8 -j DROP",
        "-s 0/0 -j DROP ~ -s 0/0 -j DROP",
        "-d 0.0.0.0/0 -j DROP ~ -j DROP",
        "-s ! 10.0.0.1 -j DROP ~ ! -s 10.0.0.1/32 -j DROP",
        "-m tcp -p tcp --dport 9 -i eth+ ~ -i eth+ -p tcp -m tcp --dport 9",
        "-m conntrack --ctstate ESTABLISHED,RELATED ~ -m conntrack --ctstate RELATED,ESTABLISHED",
        "-p icmp --icmp-type echo-request ~ -p icmp -m icmp --icmp-type 8",
        "-p tcp --syn -j REJECT ~ -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with icmp-port-unreachable",
        "-p tcp --tcp-flags ALL NONE ~ -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE",
        "-m limit --limit 3600/hour ~ -m limit --limit 1/sec --limit-burst 5",
        "-j LOG --log-level debug ~ -j LOG --log-level 7",
        "-j LOG --log-level warning ~ -j LOG",
        "-j MARK --set-mark 0x1 ~ -j MARK --set-xmark 0x1/0xffffffff",
        "-j MARK --set-mark 1/0xf0 ~ -j MARK --set-xmark 0x1/0xf1",
        "-j CONNMARK --restore-mark --mask 0xff ~ -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff",
        "-j DSCP --set-dscp-class EF ~ -j DSCP --set-dscp 0x2e",
        "-m string --algo bm --string \"a b\" ~ -m string --string \"a b\" --algo bm",
        "-c 5 6 -j DROP ~ -j DROP"
      })
  void whatWasWrittenIsWhatIsPrinted(String written, String printed) {
    assertThat(ip(written)).isEqualTo(ip(printed));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "-s 10.0.0.1 ~ -d 10.0.0.1",
        "-s 10.0.0.1 ~ ! -s 10.0.0.1",
        "-p tcp --dport 22 ~ -p udp --dport 22",
        "-p tcp --dport 22 ~ -p tcp --sport 22",
        "-j X ~ -g X",
        "-j DROP ~ -j ACCEPT",
        "-j LOG --log-prefix a ~ -j LOG --log-prefix b",
        "-j LOG --log-prefix -j ~ -j LOG",
        "-m limit --limit 5/min ~ -m limit --limit 5/sec",
        "-m mark --mark 1 ~ -m connmark --mark 1",
        "-m multiport --dports 80,443 ~ -m multiport --dports 80:443",
        "-j LOG --log-prefix \"! x\" ~ ! -j LOG --log-prefix x"
      })
  void otherRulesAreOther(String one, String other) {
    assertThat(ip(one)).isNotEqualTo(ip(other));
  }

  @Test
  void theCommentCounts() {
    Form apart = IptablesForm.of("-A C -j DROP", "say \"why\"", NfFamily.IP, NAMES);
    assertThat(ip("-m comment --comment \"say \\\"why\\\"\" -j DROP")).isEqualTo(apart);
    assertThat(ip("-j DROP")).isNotEqualTo(apart);
  }

  @Test
  void ruleOfNftIsNoneOfIptables() {
    assertThat(NftForm.of("-j DROP", null, NfFamily.IP, NAMES)).isNotEqualTo(ip("-j DROP"));
  }
}
