package io.fwtrail.cli.bench;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import java.io.IOException;
import java.util.concurrent.Callable;

/**
 * A gateway between a client and a server. Its rule set traces every datagram that the client sends
 * to {@link #FIRST_PORT} and the ports behind it, and lets it pass; the server throws it away.
 */
final class Gateway implements AutoCloseable {
  /** The first of the 1,000 ports that are let pass. */
  static final int FIRST_PORT = 5000;

  static final int PORTS = 1000;

  /** Of a kind with what stands on real gateways: called chains, sets, connections, NAT, a mark. */
  private static final String RULES =
      """
      flush ruleset
      table inet filter {
        chain pre { type filter hook prerouting priority -150; policy accept;
          meta nftrace set 1
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
      """;

  private static final String SINK =
      """
      table ip sink {
        chain pre { type filter hook prerouting priority -300; meta l4proto udp drop; }
      }
      """;

  private final Lab lab;

  Gateway() throws IOException, InterruptedException {
    lab = new Lab();
    try {
      String unused = lab.nft(Host.SERVER, SINK);
      String unused1 = lab.nft(Host.GATEWAY, RULES);
      // A connection that ends between two measurements would be a new one in the next, and a new
      // connection's first packet meets more rules than the others.
      lab.sysctl(Host.GATEWAY, "net/netfilter/nf_conntrack_udp_timeout", "86400");
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      lab.close();
      throw e;
    }
  }

  /** Does something on a host, on a thread of its own: a process that it starts runs there. */
  <T> T in(Host host, Callable<T> task) throws IOException {
    return lab.in(host, task);
  }

  @Override
  public void close() {
    lab.close();
  }
}
