package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.netlink.nflog.Nflog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Rules of iptables-legacy, whose traces come by NFLOG. */
@NeedsKernel
class LegacyKernelTest {
  private static final Path SETTING = Path.of("/proc/sys/net/netfilter/nf_log/2");

  private static String setting(Lab lab) throws Exception {
    return lab.in(Host.GATEWAY, () -> Files.readString(SETTING).strip());
  }

  private static List<JsonNode> records(Running running) {
    return running.out().stream().map(Records::read).toList();
  }

  private static List<JsonNode> hopsOf(String flavour) throws Exception {
    try (Lab lab = new Lab()) {
      IptablesGateway gateway = new IptablesGateway(lab, flavour);
      Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "--output", "json-hops");
      gateway.traffic();
      await()
          .atMost(Fwtrail.PATIENCE)
          .until(() -> trace.out().stream().anyMatch(line -> line.contains("\"ip6\"")));
      assertThat(Fwtrail.terminate(trace)).isZero();
      assertThat(trace.err()).last().asString().contains("0 incomplete; 0 messages lost");
      return records(trace);
    }
  }

  @Test
  void bothFlavoursGiveTheSameHops() throws Exception {
    List<JsonNode> nft = hopsOf("nft");
    List<JsonNode> legacy = hopsOf("legacy");
    assertThat(nft).extracting(hop -> hop.get("source").asString()).containsOnly("nftrace");
    assertThat(legacy).extracting(hop -> hop.get("source").asString()).containsOnly("nflog");
    assertThat(legacy)
        .extracting(hop -> hop.path("verdictFrom").asString())
        .containsOnly("ruleset");
    assertThat(SameHops.comparable(legacy)).isEqualTo(SameHops.comparable(nft));
  }

  /** As a service manager's sandbox has it. */
  private static Running withReadOnlySettings(Lab lab, String... arguments) throws Exception {
    List<String> sandbox =
        List.of(
            "unshare",
            "--mount",
            "sh",
            "-c",
            "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys"
                + " && exec \"$@\"",
            "sh");
    return Fwtrail.startBy(lab, Host.GATEWAY, sandbox, arguments);
  }

  @Test
  void whereTheLoggerCannotBeSetTheRulesOfNftablesAreShownAllTheSame() throws Exception {
    try (Lab lab = new Lab()) {
      lab.run(Host.GATEWAY, "iptables-legacy", "-P", "FORWARD", "ACCEPT");
      lab.nft(
          Host.GATEWAY,
          "table inet t { chain c { type filter hook forward priority 0; udp dport 66 drop; }; }");
      Running trace = withReadOnlySettings(lab, "trace", "-p", "udp", "--count", "1");
      String unused = trace.awaitLine(line -> line.contains("fwtrail: ready"), Fwtrail.PATIENCE);
      try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 66)) {
        sender.send(1, 1000);
      }
      assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();
      assertThat(trace.out()).anySatisfy(line -> assertThat(line).contains("udp dport 66 drop"));
      assertThat(trace.err())
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains("the rules of iptables-legacy are not shown")
                      .contains("net.netfilter.nf_log.2 cannot be changed")
                      .contains("Read-only file system"));
    }
  }

  @Test
  void whereTheLoggerCannotBeSetAMarkOfIptablesIsAnErrorAndLeavesNothing() throws Exception {
    try (Lab lab = new Lab()) {
      Running trace = withReadOnlySettings(lab, "trace", "-p", "udp", "--mark", "iptables");
      assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isEqualTo(1);
      assertThat(trace.err())
          .anySatisfy(line -> assertThat(line).contains("net.netfilter.nf_log.2 cannot be"));
      assertThat(lab.run(Host.GATEWAY, "iptables-legacy-save")).doesNotContain("TRACE");
    }
  }

  @Test
  void hopsOfBothEnginesAreOneTrailInTheKernelsOrder() throws Exception {
    try (Lab lab = new Lab()) {
      lab.run(Host.GATEWAY, "iptables-legacy", "-t", "mangle", "-P", "FORWARD", "ACCEPT");
      lab.run(
          Host.GATEWAY,
          "iptables-legacy",
          "-A",
          "FORWARD",
          "-p",
          "udp",
          "--dport",
          "66",
          "-j",
          "DROP");
      lab.nft(
          Host.GATEWAY,
          """
          table inet t {
            chain early {
              type filter hook forward priority -200; policy accept;
              udp dport 66 counter
            }
            chain between {
              type filter hook forward priority -10; policy accept;
            }
          }
          """);
      Running trace =
          Fwtrail.ready(
              lab, Host.GATEWAY, "trace", "-p", "udp", "--output", "json", "--count", "1");
      try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 66)) {
        sender.send(1, 1000);
      }
      assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();
      JsonNode trail = records(trace).get(0);
      assertThat(trail.get("verdict").asString()).isEqualTo("drop");
      assertThat(trail.at("/decidedBy/rule/text").asString())
          .isEqualTo("-A FORWARD -p udp -m udp --dport 66 -j DROP");
      List<String> places = new ArrayList<>();
      trail
          .get("hops")
          .forEach(
              hop -> places.add(hop.get("source").asString() + " " + hop.get("chain").asString()));
      assertThat(places)
          .containsExactly(
              "nflog PREROUTING",
              "nftrace early",
              "nftrace early",
              "nflog FORWARD",
              "nftrace between",
              "nflog FORWARD");
    }
  }

  @Test
  void theKernelsSettingIsPutBack() throws Exception {
    try (Lab lab = new Lab()) {
      lab.run(Host.GATEWAY, "iptables-legacy", "-P", "FORWARD", "ACCEPT");
      String before = setting(lab);
      Running listen = Fwtrail.ready(lab, Host.GATEWAY, "listen");
      assertThat(setting(lab)).isEqualTo("nfnetlink_log");
      assertThat(Fwtrail.terminate(listen)).isZero();
      assertThat(setting(lab)).isEqualTo(before);
    }
  }

  @Test
  void whatAKilledRunLeftIsPutRightByTheNext() throws Exception {
    try (Lab lab = new Lab()) {
      lab.run(Host.GATEWAY, "iptables-legacy", "-P", "FORWARD", "ACCEPT");
      String before = setting(lab);
      Running killed = Fwtrail.ready(lab, Host.GATEWAY, "listen");
      killed.process().destroyForcibly().waitFor();
      assertThat(setting(lab)).isEqualTo("nfnetlink_log");

      Running next = Fwtrail.ready(lab, Host.GATEWAY, "listen");
      assertThat(Fwtrail.terminate(next)).isZero();
      assertThat(next.err())
          .anyMatch(line -> line.contains("net.netfilter.nf_log.2 put back to " + before));
      assertThat(setting(lab)).isEqualTo(before);
    }
  }

  @Test
  void oneThatComesSecondSaysThatItHearsNoLegacyRules() throws Exception {
    try (Lab lab = new Lab()) {
      lab.run(Host.GATEWAY, "iptables-legacy", "-P", "FORWARD", "ACCEPT");
      Running first = Fwtrail.ready(lab, Host.GATEWAY, "listen");
      Running second = Fwtrail.ready(lab, Host.GATEWAY, "listen");
      assertThat(second.err())
          .anyMatch(line -> line.contains("rules of iptables-legacy are not shown"));
      assertThat(Fwtrail.terminate(second)).isZero();
      assertThat(setting(lab)).isEqualTo("nfnetlink_log");
      assertThat(Fwtrail.terminate(first)).isZero();
    }
  }

  @Test
  void rulesThatAreChangedUnderWayAreShownAsTheyAre() throws Exception {
    try (Lab lab = new Lab()) {
      lab.run(Host.GATEWAY, "iptables-legacy", "-P", "FORWARD", "ACCEPT");
      Running trace =
          Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp", "--output", "json-hops");
      lab.run(Host.GATEWAY, "iptables-legacy", "-A", "FORWARD", "-p", "udp", "-j", "ACCEPT");
      await()
          .atMost(Fwtrail.PATIENCE)
          .until(
              () -> {
                try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 53)) {
                  sender.send(1, 1000);
                }
                return trace.out().stream()
                    .anyMatch(line -> line.contains("\"text\":\"-A FORWARD -p udp -j ACCEPT\""));
              });
      assertThat(Fwtrail.terminate(trace)).isZero();
    }
  }

  private static String traceRules(Lab lab) throws Exception {
    return lab.run(Host.GATEWAY, "iptables-legacy-save", "-t", "raw")
        .lines()
        .filter(line -> line.contains("TRACE"))
        .toList()
        .toString();
  }

  @Test
  void rulesOfIptablesMarkWhereAskedToAndAreTakenOutAgain() throws Exception {
    try (Lab lab = new Lab()) {
      String[] command = {
        "trace", "--mark", "iptables", "-p", "udp", "--dport", "66,5000:6000", "--output", "json",
      };
      lab.run(Host.GATEWAY, "iptables-legacy", "-A", "FORWARD", "-p", "udp", "-j", "DROP");
      Running trace = Fwtrail.ready(lab, Host.GATEWAY, command);
      assertThat(traceRules(lab)).contains("-p udp -m multiport --dports 66,5000:6000");
      for (int port : new int[] {66, 67, 5500}) {
        try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, port)) {
          sender.send(1, 1000);
        }
      }
      await().atMost(Fwtrail.PATIENCE).until(() -> trace.out().size() == 2);
      assertThat(Fwtrail.terminate(trace)).isZero();
      assertThat(records(trace))
          .extracting(trail -> trail.at("/packet/dport").asInt())
          .containsExactly(66, 5500);
      assertThat(traceRules(lab)).isEqualTo("[]");

      Running killed = Fwtrail.ready(lab, Host.GATEWAY, command);
      killed.process().destroyForcibly().waitFor();
      assertThat(traceRules(lab)).contains("fwtrail " + killed.process().pid());
      Running next = Fwtrail.ready(lab, Host.GATEWAY, "listen");
      assertThat(next.err()).anyMatch(line -> line.contains("4 TRACE rules removed"));
      assertThat(traceRules(lab)).isEqualTo("[]");
      assertThat(Fwtrail.terminate(next)).isZero();
    }
  }

  @Test
  void whereAnotherProgramHasTheMessagesTheKernelLogIsTriedAndItIsSaid() throws Exception {
    try (Lab lab = new Lab()) {
      lab.run(Host.GATEWAY, "iptables-legacy", "-P", "FORWARD", "ACCEPT");
      try (NetlinkClient other =
          new NetlinkClient(
              NetlinkSocket.open(
                  NetlinkConstants.PROTOCOL_NETFILTER, lab.namespace(Host.GATEWAY)))) {
        other.query(
            "binding NFLOG",
            (w, n) -> Nflog.writeBind(w, n, Nflog.GROUP_TRACE, false),
            answer -> {});
        Running listen = Fwtrail.ready(lab, Host.GATEWAY, "listen");
        assertThat(listen.err())
            .anyMatch(
                line ->
                    line.contains("NFLOG group 0 belongs to another program")
                        && line.contains("kernel log"));
        assertThat(Fwtrail.terminate(listen)).isZero();
      }
    }
  }
}
