package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.TcpServer;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.netlink.nftables.Nfnetlink;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * The rule sets of Docker, firewalld and kube-proxy: each packet's trail names the rule that
 * decided and the one that translated, and says hop for hop what {@code nft monitor trace} says.
 */
@NeedsKernel
class RealRuleSetsKernelTest {

  private static final String BRIDGE = "br-16c19f85c327";

  private Lab lab;

  /** Sends one packet, or the first of several. */
  private interface Sending {
    void send() throws Exception;
  }

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(RealRuleSetsKernelTest.class.getResource("rulesets/" + name))
            .toURI());
  }

  /** Traces the first packet that matches, beside nft, which has to say the same. */
  private JsonNode trace(boolean inNftsWords, Sending sending, String... match) throws Exception {
    Running monitor = lab.start(Host.GATEWAY, "nft", "monitor", "trace");
    long pid = monitor.process().pid();
    await().atMost(Fwtrail.PATIENCE).until(() -> listens(pid));
    List<String> words = new ArrayList<>(List.of("trace", "--count", "1", "--output", "json"));
    words.addAll(List.of(match));
    Running trace = Fwtrail.ready(lab, Host.GATEWAY, words.toArray(String[]::new));
    sending.send();
    assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).as(() -> trace.err().toString()).isZero();
    assertThat(trace.out()).as(() -> trace.err().toString()).hasSize(1);
    JsonNode trail = Records.read(trace.out().get(0));

    List<Said> ours = words(Said.ofHops(trail.get("hops")), inNftsWords);
    await().atMost(Fwtrail.PATIENCE).until(() -> nfts(monitor, inNftsWords).size() >= ours.size());
    assertThat(nfts(monitor, inNftsWords).subList(0, ours.size())).isEqualTo(ours);
    assertThat(monitor.process().toHandle().destroy()).isTrue();
    assertThat(trail.path("why").asString("")).isEmpty();
    return trail;
  }

  /** Without the tracer's own table, which nft does not know. */
  private static List<Said> nfts(Running monitor, boolean inNftsWords) {
    return words(
        Said.ofNft(
            monitor.out().stream().filter(line -> !line.contains(" inet fwtrail-")).toList()),
        inNftsWords);
  }

  /** Without texts, where the rules are iptables's and nft prints them in its own words. */
  private static List<Said> words(List<Said> said, boolean inNftsWords) {
    return inNftsWords ? said : said.stream().map(Said::withoutText).toList();
  }

  private boolean listens(long pid) throws Exception {
    return lab.netlinkSockets(Host.GATEWAY).stream()
        .anyMatch(
            socket ->
                socket.isNetfilter()
                    && socket.portid() == pid
                    && socket.hears(Nfnetlink.GROUP_NFTRACE));
  }

  private Sending udp(Host from, String to, int port) {
    return () -> {
      try (UdpSender sender = lab.udpSender(from, to, port)) {
        sender.send(1, 1000);
      }
    };
  }

  private Sending tcp(Host from, String to, int port) {
    return () -> {
      Running connection =
          lab.start(from, "timeout", "0.3", "bash", "-c", "echo >/dev/tcp/" + to + "/" + port);
      assertThat(connection.awaitEnd(Fwtrail.PATIENCE)).isNotNegative();
    };
  }

  private static String decider(JsonNode trail) {
    JsonNode decider = trail.get("decidedBy");
    String place =
        decider.get("family").asString()
            + " "
            + decider.get("table").asString()
            + " "
            + decider.get("chain").asString();
    return place
        + ": "
        + decider.path("rule").path("text").asString(decider.get("kind").asString());
  }

  private static List<String> texts(JsonNode trail) {
    return StreamSupport.stream(trail.get("hops").spliterator(), false)
        .map(hop -> hop.path("rule").path("text").asString(""))
        .toList();
  }

  private static List<String> changes(JsonNode trail) {
    return StreamSupport.stream(trail.get("changes").spliterator(), false)
        .map(change -> change.get("field").asString() + " " + change.get("to").asString())
        .toList();
  }

  private static String ending(JsonNode trail) {
    JsonNode ending = trail.get("ending");
    return ending.get("kind").asString()
        + (ending.has("detail") ? " " + ending.get("detail").asString() : "");
  }

  private void shell(Host host, String script) throws Exception {
    String unused = lab.run(host, "sh", "-ec", script);
  }

  /** The gateway is the host with its containers' bridge, the server a container on it. */
  private void docker() throws Exception {
    shell(
        Host.GATEWAY,
        """
        ip link set wan0 down
        ip link set wan0 name %1$s
        ip addr add 172.18.0.1/16 dev %1$s
        ip link set %1$s up
        ip neigh replace 172.18.0.2 lladdr 02:00:00:00:12:02 dev %1$s
        ip link add docker0 type veth peer name docker0-port
        ip addr add 172.17.0.1/16 dev docker0
        ip link set docker0 up
        iptables-nft-restore %2$s
        """
            .formatted(BRIDGE, resource("docker.rules")));
    shell(
        Host.SERVER,
        """
        ip addr add 172.18.0.2/16 dev eth0
        ip neigh replace 172.18.0.1 lladdr 02:00:00:00:12:01 dev eth0
        ip route replace default via 172.18.0.1
        """);
  }

  @Test
  void dockersPublishedPort() throws Exception {
    docker();
    JsonNode trail =
        trace(false, tcp(Host.CLIENT, "10.11.0.1", 8080), "-p", "tcp", "--dport", "8080");
    assertThat(trail.get("verdict").asString()).isEqualTo("accept");
    assertThat(decider(trail))
        .isEqualTo(
            "ip filter DOCKER: -A DOCKER -d 172.18.0.2/32 ! -i %1$s -o %1$s -p tcp -m tcp --dport 80"
                    .formatted(BRIDGE)
                + " -j ACCEPT");
    assertThat(texts(trail))
        .contains(
            "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
            "-A DOCKER ! -i %s -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:80"
                .formatted(BRIDGE));
    assertThat(changes(trail)).contains("dst 172.18.0.2", "dport 80");
    assertThat(ending(trail)).isEqualTo("forwarded");
  }

  @Test
  void dockersPortThatIsNotPublished() throws Exception {
    docker();
    JsonNode trail = trace(false, tcp(Host.CLIENT, "172.18.0.2", 81), "-p", "tcp", "--dport", "81");
    assertThat(trail.get("verdict").asString()).isEqualTo("drop");
    assertThat(decider(trail)).isEqualTo("ip filter FORWARD: policy");
  }

  @Test
  void dockersWayOut() throws Exception {
    docker();
    JsonNode trail = trace(false, udp(Host.SERVER, "10.11.0.2", 9), "-p", "udp", "--dport", "9");
    assertThat(decider(trail))
        .isEqualTo("ip filter FORWARD: -A FORWARD -i %1$s ! -o %1$s -j ACCEPT".formatted(BRIDGE));
    assertThat(texts(trail))
        .contains("-A POSTROUTING -s 172.18.0.0/16 ! -o " + BRIDGE + " -j MASQUERADE");
    JsonNode connection = trail.get("connection");
    assertThat(connection.get("original").get("src").asString()).isEqualTo("172.18.0.2");
    assertThat(connection.get("reply").get("dst").asString()).isEqualTo("10.11.0.1");
  }

  @Test
  void dockersIsolationOfItsNetworks() throws Exception {
    docker();
    JsonNode trail = trace(false, udp(Host.SERVER, "172.17.0.2", 53), "-p", "udp", "--dport", "53");
    assertThat(trail.get("verdict").asString()).isEqualTo("drop");
    assertThat(decider(trail))
        .isEqualTo(
            "ip filter DOCKER-ISOLATION-STAGE-2: -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP");
  }

  private void firewalld() throws Exception {
    lab.nft(Host.GATEWAY, Files.readString(resource("firewalld.nft")));
  }

  @Test
  void firewalldsService() throws Exception {
    firewalld();
    JsonNode trail = trace(true, tcp(Host.SERVER, "10.12.0.1", 443), "-p", "tcp", "--dport", "443");
    assertThat(trail.get("verdict").asString()).isEqualTo("accept");
    assertThat(decider(trail))
        .isEqualTo("inet firewalld filter_IN_public_allow: tcp dport 443 accept");
    assertThat(ending(trail)).isEqualTo("delivered");
  }

  @Test
  void firewalldsZoneRejects() throws Exception {
    firewalld();
    JsonNode trail = trace(true, tcp(Host.SERVER, "10.12.0.1", 23), "-p", "tcp", "--dport", "23");
    assertThat(decider(trail))
        .isEqualTo("inet firewalld filter_IN_public: reject with icmpx admin-prohibited");
    assertThat(ending(trail)).isEqualTo("rejected icmpx admin-prohibited");
  }

  @Test
  void firewalldsRichRuleRejects() throws Exception {
    firewalld();
    shell(Host.SERVER, "ip addr add 198.51.100.9/32 dev eth0");
    JsonNode trail =
        trace(
            true,
            () -> {
              Running ping =
                  lab.start(
                      Host.SERVER,
                      "ping",
                      "-n",
                      "-c",
                      "1",
                      "-W",
                      "0.2",
                      "-I",
                      "198.51.100.9",
                      "10.12.0.1");
              assertThat(ping.awaitEnd(Fwtrail.PATIENCE)).isNotNegative();
            },
            "-s",
            "198.51.100.9");
    assertThat(decider(trail))
        .isEqualTo(
            "inet firewalld filter_IN_public_deny: ip saddr 198.51.100.0/24 reject with icmp"
                + " port-unreachable");
    assertThat(ending(trail)).isEqualTo("rejected icmp port-unreachable");
  }

  @Test
  void firewalldsForwardPort() throws Exception {
    firewalld();
    JsonNode trail =
        trace(true, tcp(Host.SERVER, "10.12.0.1", 8080), "-p", "tcp", "--dport", "8080");
    assertThat(trail.get("verdict").asString()).isEqualTo("accept");
    assertThat(decider(trail)).isEqualTo("inet firewalld filter_FORWARD: ct status dnat accept");
    assertThat(texts(trail)).contains("meta nfproto ipv4 tcp dport 8080 dnat ip to 10.11.0.2:80");
    assertThat(changes(trail)).contains("dst 10.11.0.2", "dport 80");
  }

  @Test
  void firewalldsPolicyBetweenZones() throws Exception {
    firewalld();
    JsonNode trail = trace(true, udp(Host.CLIENT, Lab.SERVER_V4, 9), "-p", "udp", "--dport", "9");
    assertThat(trail.get("verdict").asString()).isEqualTo("accept");
    assertThat(decider(trail)).isEqualTo("inet firewalld filter_FWD_policy_lan2wan: accept");
    assertThat(texts(trail)).contains("meta nfproto ipv4 oifname != \"lo\" masquerade");
    assertThat(trail.get("connection").get("reply").get("dst").asString()).isEqualTo("10.12.0.1");
  }

  private static final String WEB = "shop/web/tcp/http";
  private static final String NAMES = "kube-system/dns/udp/dns";

  /** The gateway is the node, the server has the pods, the client is outside the cluster. */
  private void kubeProxy() throws Exception {
    KubeProxyRules rules =
        new KubeProxyRules("10.12.0.0/16")
            .add(WEB, "tcp", "172.30.0.41", 80, 30080, List.of("10.12.0.2:8081"))
            .add(
                NAMES,
                "udp",
                "172.30.0.10",
                53,
                0,
                List.of("10.12.0.2:5301", "10.12.0.2:5302", "10.12.0.2:5303"))
            .add("shop/gone/tcp/http", "tcp", "172.30.0.46", 80, 0, List.of())
            .add("shop/lb/tcp/http", "tcp", "203.0.113.50", 80, 0, List.of("10.12.0.2:8082"))
            .allowOnly("198.51.100.0/24", "shop/lb/tcp/http", "tcp", "203.0.113.50", 80);
    for (int i = 0; i < 100; i++) {
      rules.add(
          "many/svc" + i + "/tcp/p80",
          "tcp",
          "172.30.1." + i,
          80,
          31000 + i,
          List.of("10.12.1." + i + ":80", "10.12.2." + i + ":80"));
    }
    lab.nft(Host.GATEWAY, rules.text("10.11.0.1"));
    // As a node has one: without, routing would refuse what no rule has translated.
    shell(Host.GATEWAY, "ip route add default via 10.12.0.2");
  }

  @Test
  void kubesServiceIsLedToItsEndpoint() throws Exception {
    kubeProxy();
    TcpServer pod = lab.tcpEcho(Host.SERVER, 8081); // so that the connection stays for a while
    JsonNode trail = trace(true, tcp(Host.CLIENT, "172.30.0.41", 80), "-d", "172.30.0.41");
    pod.close();
    assertThat(trail.get("verdict").asString()).isEqualTo("accept");
    assertThat(texts(trail))
        .contains(
            "ip daddr . meta l4proto . th dport vmap @service-ips",
            "ip daddr 172.30.0.41 ip saddr != 10.12.0.0/16 jump mark-for-masquerade",
            "numgen random mod 1 vmap { 0 : goto %s }"
                .formatted(KubeProxyRules.endpoint(WEB, "10.12.0.2:8081")),
            "meta l4proto tcp dnat to 10.12.0.2:8081",
            "masquerade fully-random");
    assertThat(changes(trail)).contains("dst 10.12.0.2", "dport 8081", "mark 16384");
    assertThat(trail.get("connection").get("reply").get("dst").asString()).isEqualTo("10.12.0.1");
  }

  @Test
  void kubesNodePort() throws Exception {
    kubeProxy();
    JsonNode trail = trace(true, tcp(Host.CLIENT, "10.11.0.1", 30080), "--dport", "30080");
    assertThat(trail.get("verdict").asString()).isEqualTo("accept");
    assertThat(texts(trail))
        .contains("ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports");
    assertThat(changes(trail)).contains("dst 10.12.0.2", "dport 8081");
  }

  @Test
  void kubesServiceWithoutEndpointsRejects() throws Exception {
    kubeProxy();
    JsonNode trail = trace(true, tcp(Host.CLIENT, "172.30.0.46", 80), "-d", "172.30.0.46");
    assertThat(decider(trail)).isEqualTo("ip kube-proxy reject-chain: reject");
    assertThat(ending(trail)).startsWith("rejected icmp");
    assertThat(texts(trail))
        .contains("ip daddr . meta l4proto . th dport vmap @no-endpoint-services");
  }

  @Test
  void kubesAddressWithoutAServiceDrops() throws Exception {
    kubeProxy();
    JsonNode trail = trace(true, tcp(Host.CLIENT, "172.30.9.9", 80), "-d", "172.30.9.9");
    assertThat(trail.get("verdict").asString()).isEqualTo("drop");
    assertThat(decider(trail))
        .isEqualTo("ip kube-proxy cluster-ips-check: ip daddr 172.30.0.0/16 drop");
    assertThat(trail.get("decidedBy").get("rule").get("comment").asString())
        .isEqualTo("no such service");
  }

  @Test
  void kubesLoadBalancerKeepsStrangersOut() throws Exception {
    kubeProxy();
    JsonNode trail = trace(true, tcp(Host.CLIENT, "203.0.113.50", 80), "-d", "203.0.113.50");
    assertThat(trail.get("verdict").asString()).isEqualTo("drop");
    assertThat(decider(trail)).contains("firewall-").endsWith(": ip saddr != 198.51.100.0/24 drop");
  }

  @Test
  void kubesLoadIsBalanced() throws Exception {
    kubeProxy();
    Running trace =
        Fwtrail.ready(
            lab, Host.GATEWAY, "trace", "-d", "172.30.0.10", "--count", "60", "--output", "json");
    for (int i = 0; i < 60; i++) {
      udp(Host.CLIENT, "172.30.0.10", 53).send();
    }
    assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();
    Set<String> met = new HashSet<>();
    for (String line : trace.out()) {
      JsonNode trail = Records.read(line);
      List<String> texts = texts(trail);
      String dnat =
          texts.stream().filter(text -> text.contains("dnat to")).findFirst().orElseThrow();
      String endpoint = dnat.substring(dnat.lastIndexOf(' ') + 1);
      String port = endpoint.substring(endpoint.indexOf(':') + 1);
      assertThat(changes(trail)).contains("dst 10.12.0.2", "dport " + port);
      JsonNode choice =
          StreamSupport.stream(trail.get("hops").spliterator(), false)
              .filter(hop -> hop.path("rule").path("text").asString("").startsWith("numgen random"))
              .findFirst()
              .orElseThrow();
      assertThat(choice.get("target").asString())
          .isEqualTo(KubeProxyRules.endpoint(NAMES, endpoint));
      met.add(endpoint);
    }
    assertThat(met).containsExactlyInAnyOrder("10.12.0.2:5301", "10.12.0.2:5302", "10.12.0.2:5303");
  }
}
