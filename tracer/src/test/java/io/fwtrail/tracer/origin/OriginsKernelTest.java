package io.fwtrail.tracer.origin;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.IptablesPrograms;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.ruleset.RuleSetReader;
import io.fwtrail.tracer.ruleset.RuleTexts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel's rules are found in the very lines that nft and iptables loaded them from. */
@NeedsKernel
class OriginsKernelTest {
  /** Behind each rule there is a comment that says which chain it is in. */
  private static final String MAIN =
      """
      #!/usr/sbin/nft -f
      flush ruleset
      define WAN = "lo"
      define lan_net = 192.168.0.0/16
      define ports_web = { http, https, 8080-8090 }
      define admins = { 10.0.0.1, 10.0.0.2/32, \\
                        10.1.0.0/24 }
      define all_adm = { $admins, 172.16.0.1 }
      include "./parts/*.nft"

      table inet filter {
        set blocked { type ipv4_addr; flags interval; elements = { 1.2.3.4, 5.6.0.0/16 }; }
        counter c1 { packets 0 bytes 0; }
        chain web { # { no brace
          counter packets 10 bytes 20 accept comment "it's { here" # =web
        }
        chain input {
          type filter hook input priority filter; policy drop;
          ct state related,established accept # =input
          ct state { new, established } counter # =input
          ct state vmap { established : accept, related : accept, invalid : drop } # =input
          iif lo accept # =input
          iifname $WAN ip saddr @blocked drop # =input
          iifname { eth1, "eth2" } accept # =input
          ip saddr $lan_net tcp dport $ports_web accept comment "web from lan" # =input
          ip saddr $all_adm tcp dport ssh accept # =input
          ip saddr { 1.2.3.4 } drop # =input
          ip saddr 10.0.0.5/8 counter # =input
          counter drop # =input
          ip6 saddr fe80::/10 icmpv6 type { 130, 131, 132, 143 } accept # =input
          counter drop # =input
          meta l4proto 6 tcp dport 25 accept # =input
          igmp type membership-query counter # =input
          tcp dport { # =input
            22, 80-90,
            23, 443 } counter
          tcp flags & (fin|syn|rst|ack) == syn counter # =input
          log level warn prefix "w " # =input
          limit rate 5/minute counter # =input
          meta mark set mark & 0xff | 0x10 # =input
          ip dscp 46 counter # =input
          ip saddr . tcp dport { 1.2.3.4 . ssh, 1.2.3.5 . 80 } accept # =input
          meta skuid root counter # =input
          counter name c1 # =input
          reject with icmpx type port-unreachable # =input
          reject with tcp reset # =input
          counter drop # =input
          tcp sport 1-1023 tcp dport {ftp-data,ftp} drop # =input
          ip protocol vmap { tcp : jump web, udp : goto web } # =input
        }
        chain twice {
          accept # =twice
          drop # =twice
          accept # =twice
        }
      }
      table ip nat {
        chain pre {
          type nat hook prerouting priority dstnat; policy accept;
          tcp dport 83 redirect to 8081 # =pre
          dnat tcp dport map { 1000 : 1.1.1.1, 2000 : 2.2.2.2} \\
             : tcp dport map { 1000 : 1234, 2000 : 2345 } # the rule begins a line above
          ip protocol tcp dnat to 192.168.1.100 : numgen inc mod 2 map { 0 : 4040, 1 : 4050 } # =pre
        }
      }
      table inet filter { chain input { accept; } # =input
      }
      add rule inet filter web tcp dport 99 drop comment "added" # =web
      """;

  private static final String PART =
      """
      table inet part {
        chain c {

          ip saddr 10.9.9.9 drop # =c
        }
      }
      """;

  private static final String SAVE =
      """
      *filter
      :INPUT ACCEPT [0:0]
      :web - [0:0]
      -A INPUT -i lo -j ACCEPT
      -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
      -A INPUT -p tcp --dport ssh -m comment --comment "it's \\"ours\\"" -j ACCEPT

      -A INPUT --protocol tcp --destination-port http:443 --jump web
      -A INPUT -s 10.0.0.0/255.0.0.0 -d 1.2.3.4,1.2.3.5 -j DROP
      -A INPUT -p icmp --icmp-type echo-request -m limit --limit 5/minute -j ACCEPT
      -A INPUT -p tcp --syn -j REJECT
      -A INPUT -m limit --limit 3600/hour -j LOG --log-prefix "IN: " --log-level debug
      # a comment
      -A web -j MARK --set-mark 0x1
      COMMIT
      """;

  @TempDir Path directory;
  private NetworkNamespace namespace;
  private NetlinkClient client;
  private LibNftables nft;

  @BeforeEach
  void open() throws IOException {
    namespace = NetworkNamespace.create();
    client = new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, namespace));
    nft = namespace.call(LibNftables::open);
  }

  @AfterEach
  void close() throws IOException {
    nft.close();
    client.close();
    namespace.close();
  }

  private void run(Path input, String... command) throws IOException {
    String said =
        namespace.call(
            () -> {
              Process process =
                  new ProcessBuilder(command)
                      .directory(directory.toFile())
                      .redirectErrorStream(true)
                      .redirectInput(input.toFile())
                      .start();
              String output =
                  new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
              return process.waitFor() == 0 ? "" : "failed: " + output;
            });
    assertThat(said).isEmpty();
  }

  private void nft(String rules) throws IOException {
    run(Files.writeString(directory.resolve("change"), rules), "nft", "-f", "-");
  }

  private RuleSet read() throws IOException {
    RuleTexts inside =
        () -> {
          try {
            return namespace.call(nft::read);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    return new RuleSetReader(client, inside, new IptablesPrograms(namespace::call)).read();
  }

  private static List<Integer> lines(Origins origins, Chain chain) {
    return origins.of(chain.family(), chain.table(), chain.name(), chain.rules()).stream()
        .map(origin -> origin == null ? 0 : origin.line())
        .toList();
  }

  /** The lines that say they have a rule of a chain, in order. */
  private static List<Integer> marked(String text, String chain) {
    List<Integer> lines = new ArrayList<>();
    String[] all = text.split("\n", -1);
    for (int i = 0; i < all.length; i++) {
      if (all[i].endsWith("# =" + chain)) {
        lines.add(i + 1);
      }
    }
    return lines;
  }

  private Origins load() throws IOException {
    Path main = Files.writeString(directory.resolve("main.nft"), MAIN);
    Files.createDirectories(directory.resolve("parts"));
    Files.writeString(directory.resolve("parts/one.nft"), PART);
    run(main, "nft", "-f", "main.nft");
    return Origins.read(List.of(main));
  }

  @Test
  void eachRuleOfNftIsInItsLine() throws IOException {
    Origins origins = load();
    RuleSet rules = read();
    for (String name : List.of("web", "input", "twice")) {
      assertThat(lines(origins, rules.chain(NfFamily.INET, "filter", name)))
          .as(name)
          .isEqualTo(marked(MAIN, name));
    }
    List<Integer> nat = new ArrayList<>(marked(MAIN, "pre"));
    nat.add(1, nat.get(0) + 1);
    assertThat(lines(origins, rules.chain(NfFamily.IP, "nat", "pre"))).isEqualTo(nat);
    Chain part = rules.chain(NfFamily.INET, "part", "c");
    assertThat(origins.of(NfFamily.INET, "part", "c", part.rules()))
        .containsExactly(
            new Rule.Origin(
                directory.resolve("parts/one.nft").toString(), marked(PART, "c").get(0)));
  }

  @Test
  void eachRuleOfIptablesIsInItsLine() throws IOException {
    Path save = Files.writeString(directory.resolve("rules.v4"), SAVE);
    run(save, "iptables-nft-restore");
    Origins origins = Origins.read(List.of(save));
    RuleSet rules = read();
    assertThat(lines(origins, rules.chain(NfFamily.IP, "filter", "INPUT")))
        .containsExactly(4, 5, 6, 8, 9, 9, 10, 11, 12);
    assertThat(lines(origins, rules.chain(NfFamily.IP, "filter", "web"))).containsExactly(14);
  }

  @Test
  void rulesPutInAndTakenOutMoveNoOtherRule() throws IOException {
    Origins origins = load();
    Chain before = read().chain(NfFamily.INET, "filter", "input");
    Map<Long, Integer> lineOf = new HashMap<>();
    List<Integer> lines = lines(origins, before);
    for (int i = 0; i < lines.size(); i++) {
      lineOf.put(before.rules().get(i).handle(), lines.get(i));
    }
    Random random = new Random(20261123);
    Chain now = before;
    int told = 0;
    int loaded = 0;
    for (int round = 0; round < 25; round++) {
      Rule at = now.rules().get(random.nextInt(now.rules().size() - 1));
      Rule other = now.rules().get(random.nextInt(now.rules().size()));
      String place = "rule inet filter input handle " + at.handle() + " ";
      nft(
          switch (round % 5) {
            case 0, 3 -> "delete " + place;
            case 1 -> "insert " + place + "ip saddr 10.77.0." + round + " counter drop";
            case 2 -> "insert " + place + "counter drop";
            default -> "insert " + place + other.text();
          });
      now = read().chain(NfFamily.INET, "filter", "input");
      List<Integer> found = lines(origins, now);
      for (int i = 0; i < found.size(); i++) {
        Rule rule = now.rules().get(i);
        Integer own = lineOf.get(rule.handle());
        if (own != null) {
          assertThat(found.get(i)).as("round %d: %s", round, rule).isIn(0, own);
          loaded++;
          told += found.get(i) == 0 ? 0 : 1;
        } else if (found.get(i) != 0) {
          // Put in again what was taken out: the same words as in that line.
          assertThat(lineOf.values()).contains(found.get(i));
          assertThat(textOf(before, lineOf, found.get(i))).isEqualTo(rule.text());
        }
      }
    }
    assertThat(told).isGreaterThan(loaded * 8 / 10);
  }

  private static String textOf(Chain chain, Map<Long, Integer> lineOf, int line) {
    return chain.rules().stream()
        .filter(rule -> lineOf.get(rule.handle()) == line)
        .findFirst()
        .orElseThrow()
        .text();
  }
}
