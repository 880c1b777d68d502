package io.fwtrail.cli.bench;

import java.util.List;

/**
 * What the gateway's rules are made with. They are of a kind with what stands on real gateways:
 * called chains, sets, connections, NAT, a packet mark; as alike as the three allow. They trace all
 * that the client sends.
 */
enum Firewall {
  NFTABLES(
      "nftables",
      "nft -f -",
      """
      table inet filter {
        chain pre { type filter hook prerouting priority -150; policy accept;
          iifname "lan0" meta nftrace set 1
          meta l4proto udp counter comment "udp in"
        }
        chain forward { type filter hook forward priority 0; policy drop;
          ct state vmap { established : accept, related : accept, invalid : drop }
          iifname "lan0" jump lan comment "from the LAN"
        }
        chain lan {
          tcp dport { 22, 80, 443 } accept
          udp dport 53 counter accept comment "names"
          udp dport 5000-5999 counter accept comment "our service"
        }
      }
      table ip nat {
        chain post { type nat hook postrouting priority 100; policy accept;
          oifname "wan0" masquerade
        }
      }
      table ip mangle {
        chain post { type filter hook postrouting priority -150; policy accept;
          meta mark set 7
        }
      }
      """),
  IPTABLES_NFT("iptables-nft", "iptables-nft-restore", Firewall.IPTABLES),
  IPTABLES_LEGACY("iptables-legacy", "iptables-legacy-restore", Firewall.IPTABLES);

  private static final String TRACE_RULE = "iifname \"lan0\" meta nftrace set 1\n";

  private static final String IPTABLES =
      """
      *raw
      -A PREROUTING -i lan0 -j TRACE
      COMMIT
      *mangle
      -A PREROUTING -p udp -m comment --comment "udp in"
      -A POSTROUTING -j MARK --set-mark 7
      COMMIT
      *nat
      -A POSTROUTING -o wan0 -j MASQUERADE
      COMMIT
      *filter
      :FORWARD DROP
      :lan -
      -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
      -A FORWARD -i lan0 -m comment --comment "from the LAN" -j lan
      -A lan -p tcp -m multiport --dports 22,80,443 -j ACCEPT
      -A lan -p udp --dport 53 -m comment --comment names -j ACCEPT
      -A lan -p udp --dport 5000:5999 -m comment --comment "our service" -j ACCEPT
      COMMIT
      """;

  private final String title;
  private final String loader;
  private final String rules;

  Firewall(String title, String loader, String rules) {
    this.title = title;
    this.loader = loader;
    this.rules = rules;
  }

  /** As a heading has it. */
  String title() {
    return title;
  }

  /** The command that reads {@link #rules} from its standard input. */
  List<String> loader() {
    return List.of(loader.split(" ", -1));
  }

  /** The rules of nftables without the one that traces. */
  static String untracedRules() {
    return NFTABLES.rules.replace(TRACE_RULE, "");
  }

  /** The rules, in the loader's language. */
  String rules() {
    return rules;
  }
}
