package io.fwtrail.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Writes what kube-proxy's nftables mode (1.33) makes of services: the same base chains, maps, and
 * a chain for each service and endpoint, under the same names.
 */
final class KubeProxyRules {
  private final String podNetwork;
  private final StringBuilder chains = new StringBuilder();
  private final List<String> clusterIps = new ArrayList<>();
  private final List<String> serviceIps = new ArrayList<>();
  private final List<String> nodePorts = new ArrayList<>();
  private final List<String> withoutEndpoints = new ArrayList<>();
  private final List<String> firewalled = new ArrayList<>();

  /** For a node whose pods have addresses in this network. */
  KubeProxyRules(String podNetwork) {
    this.podNetwork = podNetwork;
  }

  /** The name of a service's chain; the eight characters are a hash of the rest in kube-proxy. */
  static String service(String service) {
    return "service-" + hash(service) + "-" + service;
  }

  /** The name of an endpoint's chain. */
  static String endpoint(String service, String endpoint) {
    return "endpoint-"
        + hash(service + endpoint)
        + "-"
        + service
        + "__"
        + endpoint.replace(':', '/');
  }

  private static String hash(String of) {
    StringBuilder text = new StringBuilder(Integer.toString(of.hashCode() & 0x7fffffff, 32));
    while (text.length() < 8) {
      text.append('a');
    }
    return text.toString().toUpperCase(java.util.Locale.ROOT).substring(0, 8);
  }

  /**
   * A service with endpoints, or with none.
   *
   * @param name namespace/service/protocol/port's name
   * @param nodePort a port of the node, 0 for none
   * @param endpoints each address:port
   */
  KubeProxyRules add(
      String name, String protocol, String ip, int port, int nodePort, List<String> endpoints) {
    String key = ip + " . " + protocol + " . " + port;
    clusterIps.add(ip);
    if (endpoints.isEmpty()) {
      withoutEndpoints.add(key + " : goto reject-chain");
      return this;
    }
    serviceIps.add(key + " : goto " + service(name));
    chains.append("  chain ").append(service(name)).append(" {\n");
    chains
        .append("    ip daddr ")
        .append(ip)
        .append(" ip saddr != ")
        .append(podNetwork)
        .append(" jump mark-for-masquerade\n");
    if (nodePort > 0) {
      nodePorts.add(protocol + " . " + nodePort + " : goto external-" + service(name).substring(8));
    }
    StringBuilder choices = new StringBuilder();
    StringBuilder ends = new StringBuilder();
    for (int i = 0; i < endpoints.size(); i++) {
      String chain = endpoint(name, endpoints.get(i));
      choices.append(i == 0 ? "" : ", ").append(i).append(" : goto ").append(chain);
      ends.append("  chain ")
          .append(chain)
          .append(" {\n")
          .append("    ip saddr ")
          .append(endpoints.get(i).split(":", 2)[0])
          .append(" jump mark-for-masquerade\n")
          .append("    meta l4proto ")
          .append(protocol)
          .append(" dnat to ")
          .append(endpoints.get(i))
          .append("\n  }\n");
    }
    chains
        .append("    numgen random mod ")
        .append(endpoints.size())
        .append(" vmap { ")
        .append(choices)
        .append(" }\n  }\n");
    if (nodePort > 0) {
      chains
          .append("  chain external-")
          .append(service(name).substring(8))
          .append(" {\n")
          .append("    jump mark-for-masquerade\n    goto ")
          .append(service(name))
          .append("\n  }\n");
    }
    chains.insert(0, ends);
    return this;
  }

  /** Lets only a network reach a load balancer's address, as loadBalancerSourceRanges does. */
  KubeProxyRules allowOnly(String network, String name, String protocol, String ip, int port) {
    String chain = "firewall-" + hash(name) + "-" + name;
    firewalled.add(ip + " . " + protocol + " . " + port + " : goto " + chain);
    chains
        .append("  chain ")
        .append(chain)
        .append(" {\n    ip saddr != { ")
        .append(network)
        .append(" } drop\n  }\n");
    return this;
  }

  /** The whole table, for a node with this address. */
  String text(String nodeIp) {
    return """
        table ip kube-proxy {
          set cluster-ips { type ipv4_addr; %s }
          set nodeport-ips { type ipv4_addr; elements = { %s }; }
          map firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict; %s }
          map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }
          map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; %s }
          map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; %s }
          map service-nodeports { type inet_proto . inet_service : verdict; %s }
          chain mark-for-masquerade { meta mark set mark or 0x4000; }
          chain masquerading {
            meta mark and 0x4000 == 0 return
            meta mark set mark xor 0x4000
            masquerade fully-random
          }
          chain reject-chain { reject; }
        %s  chain services {
            ip daddr . meta l4proto . th dport vmap @service-ips
            ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
          }
          chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
          chain nodeport-endpoints-check {
            ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
          }
          chain firewall-check { ip daddr . meta l4proto . th dport vmap @firewall-ips; }
          chain cluster-ips-check {
            ip daddr @cluster-ips reject comment "no such port"
            ip daddr { 172.30.0.0/16 } drop comment "no such service"
          }
          chain filter-prerouting-pre-dnat { type filter hook prerouting priority -110;
            ct state new jump firewall-check
          }
          chain filter-output-pre-dnat { type filter hook output priority -110;
            ct state new jump firewall-check
          }
          chain filter-input { type filter hook input priority 0;
            ct state new jump nodeport-endpoints-check
            ct state new jump service-endpoints-check
          }
          chain filter-forward { type filter hook forward priority 0;
            ct state new jump service-endpoints-check
            ct state new jump cluster-ips-check
          }
          chain filter-output { type filter hook output priority 0;
            ct state new jump service-endpoints-check
            ct state new jump cluster-ips-check
          }
          chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
          chain nat-output { type nat hook output priority -100; jump services; }
          chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }
        }
        """
        .formatted(
            elements(clusterIps),
            nodeIp,
            elements(firewalled),
            elements(withoutEndpoints),
            elements(serviceIps),
            elements(nodePorts),
            chains);
  }

  private static String elements(List<String> all) {
    return all.isEmpty() ? "" : "elements = { " + String.join(", ", all) + " };";
  }
}
