package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Rules of iptables-legacy whose traces come by the kernel log, read from /dev/kmsg and from a file
 * that a real rsyslogd wrote. The log is the whole machine's: its setting is in the first network
 * namespace, which the process that started this test's is in.
 */
@NeedsKernel
class KernelLogKernelTest {
  private static final Path ALL_NAMESPACES = Path.of("/proc/sys/net/netfilter/nf_log_all_netns");
  private static final Path KERNEL_LOG = Path.of("/dev/kmsg");

  @TempDir private Path folder;
  private NetworkNamespace first;
  private String before;

  @BeforeEach
  void logAllNamespaces() throws IOException {
    long parent = ProcessHandle.current().parent().orElseThrow().pid();
    try {
      first = NetworkNamespace.at(Path.of("/proc/" + parent + "/ns/net"));
      before = first.call(() -> Files.readString(ALL_NAMESPACES).strip());
      set("1");
    } catch (IOException e) {
      assumeTrue(false, "only root of the whole machine may have it log other namespaces");
    }
    assumeTrue(Files.isReadable(KERNEL_LOG), "the kernel log may not be read here");
  }

  @AfterEach
  void putBack() throws IOException {
    if (before != null) {
      set(before);
    }
  }

  private void set(String value) throws IOException {
    Path unused = first.call(() -> Files.writeString(ALL_NAMESPACES, value));
  }

  private static List<JsonNode> records(Running running) {
    return running.out().stream().map(Records::read).toList();
  }

  private static void awaitLast(Running trace) {
    await()
        .atMost(Fwtrail.PATIENCE)
        .until(() -> trace.out().stream().anyMatch(line -> line.contains("icmp6-adm-prohibited")));
  }

  private static List<JsonNode> overNetlink() throws Exception {
    try (Lab lab = new Lab()) {
      IptablesGateway gateway = new IptablesGateway(lab, "legacy");
      Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "--output", "json-hops");
      gateway.traffic();
      awaitLast(trace);
      assertThat(Fwtrail.terminate(trace)).isZero();
      return records(trace);
    }
  }

  @Test
  void theKernelLogAndTheFileOfRsyslogdTellTheSameAsNetlink() throws Exception {
    List<String> netlink = SameHops.comparable(overNetlink());
    Path file = folder.resolve("firewall_trace.log");
    try (Lab lab = new Lab()) {
      IptablesGateway gateway = new IptablesGateway(lab, "legacy");
      Running rsyslogd = rsyslogd(lab, file);
      // rsyslogd begins with what nobody has read of the kernel's log yet.
      String begin = "TRACE: begin " + System.nanoTime();
      Path unused = Files.writeString(KERNEL_LOG, begin + "\n");
      await().atMost(Fwtrail.PATIENCE).until(() -> has(file, begin));
      Running trace =
          Fwtrail.ready(lab, Host.GATEWAY, "trace", "--source", "kmsg", "--output", "json-hops");
      gateway.traffic();
      awaitLast(trace);
      await()
          .atMost(Fwtrail.PATIENCE)
          .until(() -> linesBehind(file, begin).size() >= trace.out().size());
      assertThat(Fwtrail.terminate(trace)).isZero();
      rsyslogd.close();
      List<JsonNode> kmsg = records(trace);
      assertThat(kmsg).extracting(hop -> hop.get("source").asString()).containsOnly("kmsg");
      assertThat(kmsg).extracting(hop -> hop.get("clock").asString()).containsOnly("kernel");
      assertThat(SameHops.comparable(kmsg)).isEqualTo(netlink);

      List<JsonNode> syslog = read(lab, linesBehind(file, begin));
      assertThat(syslog).extracting(hop -> hop.get("source").asString()).containsOnly("syslog");
      assertThat(SameHops.comparable(syslog)).isEqualTo(netlink);
    }
  }

  private Running rsyslogd(Lab lab, Path file) throws IOException {
    Path configuration = folder.resolve("rsyslog.conf");
    Files.writeString(
        configuration,
        """
        module(load="imklog" permitNonKernelFacility="on")
        global(workDirectory="%s")
        if $msg contains 'TRACE: ' then {
          action(type="omfile" file="%s" template="RSYSLOG_FileFormat")
        }
        """
            .formatted(folder, file));
    return lab.start(
        Host.CLIENT,
        "rsyslogd",
        "-n",
        "-i",
        folder.resolve("pid").toString(),
        "-f",
        configuration.toString());
  }

  private static boolean has(Path file, String text) throws IOException {
    return Files.exists(file) && Files.readString(file).contains(text);
  }

  private static List<String> linesBehind(Path file, String text) throws IOException {
    List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    int begin = 0;
    while (!lines.get(begin).contains(text)) {
      begin++;
    }
    return lines.subList(begin + 1, lines.size());
  }

  private List<JsonNode> read(Lab lab, List<String> lines) throws Exception {
    Path log = Files.write(folder.resolve("lines"), lines);
    Path v4 = folder.resolve("rules.v4");
    Path v6 = folder.resolve("rules.v6");
    Files.writeString(v4, lab.run(Host.GATEWAY, "iptables-legacy-save"));
    Files.writeString(v6, lab.run(Host.GATEWAY, "ip6tables-legacy-save"));
    Running read =
        Fwtrail.start(
            lab,
            Host.CLIENT,
            "read",
            log.toString(),
            "--ruleset",
            v4.toString(),
            "--ruleset",
            v6.toString(),
            "--strict",
            "--output",
            "json-hops");
    assertThat(read.awaitEnd(Fwtrail.PATIENCE)).isZero();
    return records(read);
  }
}
