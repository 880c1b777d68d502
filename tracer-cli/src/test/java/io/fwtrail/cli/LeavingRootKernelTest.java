package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.UdpSender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As whom fwtrail runs once it is ready, and that it can do its work so. */
@NeedsKernel
class LeavingRootKernelTest {
  private static final String NO_CAPABILITY = "0000000000000000";
  private static final String NET_ADMIN = "0000000000001000";

  private static final String RULES =
      """
      table inet filter {
        chain forward {
          type filter hook forward priority 0;
          udp dport 53 accept comment "names"
        }
      }
      """;

  private static void assumeNobodyIsThere() throws IOException {
    String users = Files.readString(Path.of("/proc/self/uid_map"), StandardCharsets.UTF_8).strip();
    assumeTrue(users.endsWith("4294967295"), "this user namespace has no user nobody");
  }

  /** The lines of /proc/PID/status by that name, of each thread. */
  private static List<String> ofThreads(Running running, String name) throws IOException {
    List<String> found = new ArrayList<>();
    Path tasks = Path.of("/proc", Long.toString(running.process().pid()), "task");
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        Files.readAllLines(thread.resolve("status"), StandardCharsets.UTF_8).stream()
            .filter(line -> line.startsWith(name + ":"))
            .map(line -> line.substring(name.length() + 1).strip())
            .forEach(found::add);
      }
    } catch (NoSuchFileException e) {
      return ofThreads(running, name); // a thread has ended meanwhile
    }
    return found;
  }

  private static void traceAChange(Lab lab, Running trace) throws Exception {
    try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 53)) {
      sender.send(1, 1);
      String unused = trace.awaitLine(line -> line.contains("\"names\""), Fwtrail.PATIENCE);
      lab.nft(Host.GATEWAY, "insert rule inet filter forward udp dport 53 drop comment \"none\"\n");
      sender.send(1, 1);
      unused = trace.awaitLine(line -> line.contains("drop  \"none\""), Fwtrail.PATIENCE);
    }
    assertThat(Fwtrail.terminate(trace)).isZero();
    assertThat(trace.err())
        .anySatisfy(line -> assertThat(line).contains("2 packets").contains("0 held back"));
    assertThat(lab.run(Host.GATEWAY, "nft", "list", "tables")).isEqualTo("table inet filter");
  }

  @Test
  void rootBecomesNobodyInEveryThreadAndGoesOn() throws Exception {
    assumeNobodyIsThere();
    try (Lab lab = new Lab()) {
      lab.nft(Host.GATEWAY, RULES);
      Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp", "--dport", "53");

      assertThat(ofThreads(trace, "Uid")).containsOnly("65534\t65534\t65534\t65534");
      assertThat(ofThreads(trace, "Gid")).containsOnly("65534\t65534\t65534\t65534");
      assertThat(ofThreads(trace, "Groups")).containsOnly("");
      assertThat(ofThreads(trace, "CapPrm")).containsOnly(NO_CAPABILITY, NET_ADMIN);
      assertThat(ofThreads(trace, "CapEff")).containsOnly(NO_CAPABILITY, NET_ADMIN);
      traceAChange(lab, trace);
    }
  }

  /** What runs fwtrail as nobody with CAP_NET_ADMIN, from copies that nobody may read. */
  private static List<String> asNobody(Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> copies = new ArrayList<>();
    for (String each : System.getProperty("java.class.path").split(":", -1)) {
      Path from = Path.of(each);
      Path to = folder.resolve(copies.size() + "-" + from.getFileName());
      if (Files.exists(from)) {
        copy(from, to);
        copies.add(to.toString());
      }
    }
    List<String> words =
        Fwtrail.command(
            List.of(
                "setpriv",
                "--reuid",
                "65534",
                "--regid",
                "65534",
                "--clear-groups",
                "--inh-caps",
                "+net_admin",
                "--ambient-caps",
                "+net_admin"));
    words.set(words.indexOf("-cp") + 1, String.join(":", copies));
    return words;
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to);
    if (Files.isDirectory(from)) {
      Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
      try (DirectoryStream<Path> inside = Files.newDirectoryStream(from)) {
        for (Path each : inside) {
          copy(each, to.resolve(each.getFileName()));
        }
      }
    } else {
      Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-r--r--"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"trace", "listen"})
  void anOrdinaryUserWithNetAdminAloneTraces(String command, @TempDir Path folder)
      throws Exception {
    assumeNobodyIsThere();
    try (Lab lab = new Lab()) {
      lab.nft(Host.GATEWAY, RULES);
      if (command.equals("listen")) {
        lab.nft(Host.GATEWAY, "insert rule inet filter forward udp dport 53 meta nftrace set 1\n");
      }
      List<String> words = asNobody(folder);
      words.addAll(List.of(command, "--count", "1"));
      Running trace = lab.start(Host.GATEWAY, words.toArray(String[]::new));
      String unused = trace.awaitLine(line -> line.contains("fwtrail: ready"), Fwtrail.PATIENCE);

      assertThat(ofThreads(trace, "CapPrm")).containsOnly(NET_ADMIN);
      try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 53)) {
        sender.send(1, 1);
        unused = trace.awaitLine(line -> line.contains("\"names\""), Fwtrail.PATIENCE);
      }
      assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();
    }
  }

  private static Path nfLog(int family) {
    return Path.of("/proc/sys/net/netfilter/nf_log", Integer.toString(family));
  }

  private static ProcessHandle rootChildOf(Running running) {
    return running
        .process()
        .children()
        .filter(child -> child.info().command().orElse("").endsWith("sh"))
        .findFirst()
        .orElseThrow();
  }

  private static void dropByLegacy(Lab lab) throws Exception {
    lab.run(Host.GATEWAY, "iptables-legacy", "-A", "FORWARD", "-p", "udp", "-j", "DROP");
  }

  @Test
  void tablesOfIptablesLegacyThatAppearLaterAreShownAll() throws Exception {
    assumeNobodyIsThere();
    try (Lab lab = new Lab()) {
      String before = lab.in(Host.GATEWAY, () -> Files.readString(nfLog(2)));
      Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp");
      ProcessHandle child = rootChildOf(trace);
      dropByLegacy(lab);
      try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 53)) {
        await()
            .atMost(Fwtrail.PATIENCE)
            .until(
                () -> {
                  sender.send(1, 1);
                  return trace.out().stream().anyMatch(line -> line.contains("-p udp -j DROP"));
                });
      }
      assertThat(ofThreads(trace, "Uid")).containsOnly("65534\t65534\t65534\t65534");
      assertThat(Fwtrail.terminate(trace)).isZero();

      assertThat(lab.in(Host.GATEWAY, () -> Files.readString(nfLog(2)))).isEqualTo(before);
      assertThat(notesOf(trace)).isEmpty();
      assertThat(child.isAlive()).isFalse();
    }
  }

  /** What it has written down in /run/fwtrail. */
  private static List<Path> notesOf(Running running) throws IOException {
    List<Path> notes = new ArrayList<>();
    Path folder = Path.of("/run/fwtrail");
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(folder, "*-" + running.process().pid() + "-*")) {
        files.forEach(notes::add);
      }
    }
    return notes;
  }

  @Test
  void itsRootChildEndsWithItAndWhatThatWroteDownIsPutBackByTheNextRun() throws Exception {
    assumeNobodyIsThere();
    try (Lab lab = new Lab()) {
      String before = lab.in(Host.GATEWAY, () -> Files.readString(nfLog(2)));
      Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp");
      ProcessHandle child = rootChildOf(trace);
      dropByLegacy(lab);
      await().atMost(Fwtrail.PATIENCE).until(() -> notesOf(trace).size() == 1);
      trace.process().destroyForcibly();
      await().atMost(Fwtrail.PATIENCE).until(() -> !child.isAlive());

      Running next = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp");
      assertThat(next.err()).anySatisfy(line -> assertThat(line).contains("put back to"));
      assertThat(Fwtrail.terminate(next)).isZero();
      assertThat(lab.in(Host.GATEWAY, () -> Files.readString(nfLog(2)))).isEqualTo(before);
      assertThat(notesOf(trace)).isEmpty();
    }
  }

  @Test
  void rotatingFilesStaysRootAndSaysSo(@TempDir Path folder) throws Exception {
    assumeNobodyIsThere();
    try (Lab lab = new Lab()) {
      Running listen =
          Fwtrail.ready(
              lab, Host.GATEWAY, "listen", "--write", folder + "/trace.txt", "--rotate", "1M");

      assertThat(ofThreads(listen, "Uid")).containsOnly("0\t0\t0\t0");
      assertThat(listen.err()).anySatisfy(line -> assertThat(line).contains("stays root"));
      assertThat(Fwtrail.terminate(listen)).isZero();
    }
  }
}
