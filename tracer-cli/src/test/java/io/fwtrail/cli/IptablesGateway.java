package io.fwtrail.cli;

import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.netlink.lab.UdpServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One scenario for both flavours of iptables: a mark, a chain of its own with jump and return,
 * conntrack state, MASQUERADE, DNAT, a REJECT, drops by rule and by policy, over IPv4 and IPv6.
 */
final class IptablesGateway {
  private static final Map<String, List<String>> BUILT_IN =
      Map.of(
          "raw", List.of("PREROUTING", "OUTPUT"),
          "mangle", List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
          "nat", List.of("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
          "filter", List.of("INPUT", "FORWARD", "OUTPUT"));

  private final Lab lab;
  private final String flavour;

  /**
   * Loads the rules on a gateway.
   *
   * @param flavour nft or legacy
   */
  IptablesGateway(Lab lab, String flavour) throws IOException, InterruptedException {
    this.lab = lab;
    this.flavour = flavour;
    rules("iptables", "10.12.0.2", "tcp-reset");
    rules("ip6tables", "2001:db8:12::2", "icmp6-adm-prohibited");
  }

  private void rules(String program, String server, String reject)
      throws IOException, InterruptedException {
    for (Map.Entry<String, List<String>> table : BUILT_IN.entrySet()) {
      for (String chain : table.getValue()) {
        iptables(program, "-t " + table.getKey() + " -P " + chain + " ACCEPT");
      }
    }
    String to = server.indexOf(':') < 0 ? server + ":53" : "[" + server + "]:53";
    iptables(program, "-t mangle -A PREROUTING -p udp --dport 53 -j MARK --set-mark 7");
    iptables(program, "-t nat -A PREROUTING -p udp --dport 5353 -j DNAT --to-destination " + to);
    iptables(program, "-t nat -A POSTROUTING -o wan0 -j MASQUERADE");
    iptables(program, "-P FORWARD DROP");
    iptables(program, "-N dns");
    iptables(program, "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT");
    iptables(program, "-A FORWARD -p udp --dport 53 -m comment --comment names -j dns");
    iptables(program, "-A FORWARD -p udp --dport 53 -j ACCEPT");
    iptables(program, "-A FORWARD -p tcp --dport 80 -j REJECT --reject-with " + reject);
    iptables(program, "-A FORWARD -p udp --dport 66 -j DROP");
    iptables(program, "-A dns -m mark --mark 9 -j DROP");
    iptables(program, "-A dns -m length --length 0:500 -j RETURN");
    iptables(program, "-A dns -j DROP");
  }

  private void iptables(String program, String arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program + "-" + flavour));
    command.addAll(List.of(arguments.split(" ", -1)));
    String unused = lab.run(Host.GATEWAY, command.toArray(String[]::new));
  }

  /** Sends the scenario's packets, one after the other. */
  void traffic() throws IOException, InterruptedException {
    // Open to the end: an answer that comes to a closed socket is answered itself.
    List<UdpSender> senders = new ArrayList<>();
    try (UdpServer server = lab.udpEcho(Host.SERVER, 53)) {
      for (String address : List.of(Lab.SERVER_V4, Lab.SERVER_V6)) {
        long before = server.received();
        senders.add(udp(address, 53));
        awaitMore(server, before);
        senders.add(udp(address, 5353));
        awaitMore(server, before + 1);
        senders.add(udp(address, 66));
        senders.add(udp(address, 99));
        refused(address);
      }
    } finally {
      for (UdpSender sender : senders) {
        sender.close();
      }
    }
  }

  private static void awaitMore(UdpServer server, long than) {
    await().until(() -> server.received() > than);
  }

  private UdpSender udp(String address, int port) throws IOException {
    UdpSender sender = lab.udpSender(Host.CLIENT, address, port);
    sender.send(1, 1000);
    return sender;
  }

  private void refused(String address) {
    try {
      String answer = lab.tcp(Host.CLIENT, address, 80, "");
      throw new AssertionError("connected, and got " + answer);
    } catch (IOException e) {
      // As it should be.
    }
  }
}
