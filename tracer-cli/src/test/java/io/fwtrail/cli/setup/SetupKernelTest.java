package io.fwtrail.cli.setup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.NeedsKernel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command itself, on a host whose configuration and logs are folders of the test: each process
 * sees them at their places, in a mount namespace of its own. A real rsyslogd runs with what the
 * command wrote, and a real logrotate.
 */
@NeedsKernel
@Timeout(120)
class SetupKernelTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String LOG = "/var/log/firewall_trace.log";
  private static final Path PORT = Path.of("/run/fwtrail-test-port");

  /** The test's JVM has a /run of its own. */
  private static final Path PID = Path.of("/run/rsyslogd.pid");

  private static final List<String> OF_THE_TEST =
      List.of(
          "/etc/rsyslog.conf",
          "/etc/rsyslog.d",
          "/etc/logrotate.conf",
          "/etc/logrotate.d",
          "/etc/init.d",
          "/var/log");

  @TempDir private Path folder;
  private FakeHost host;
  private final List<Process> started = new ArrayList<>();

  @BeforeEach
  void makeHost() throws IOException {
    Programs programs = Programs.ofThisHost();
    assertThat(programs.has("rsyslogd")).as("needs rsyslogd: apt install rsyslog").isTrue();
    assertThat(programs.has("logrotate")).as("needs logrotate: apt install logrotate").isTrue();
    host = new FakeHost(folder);
    Files.createDirectories(host.at("/etc/init.d"));
    // The kernel's lines come by way of TCP here, under the name of the module that reads them.
    host.write(
        "/etc/rsyslog.conf",
        """
        module(load="imtcp")
        input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="%s" name="imklog")
        $FileOwner root
        $FileGroup adm
        $FileCreateMode 0640
        $IncludeConfig /etc/rsyslog.d/*.conf
        *.* action(type="omfile" file="/var/log/syslog")
        kern.* action(type="omfile" file="/var/log/kern.log")
        """
            .formatted(PORT));
  }

  @AfterEach
  void end() throws Exception {
    for (Process process : started) {
      process.destroy();
      assertThat(process.onExit().get()).isNotNull();
    }
    Files.deleteIfExists(PORT);
    Files.deleteIfExists(PID);
  }

  /** Runs a program where the test's files are at their places. */
  private Process start(List<String> words) throws IOException {
    StringBuilder script = new StringBuilder();
    for (String path : OF_THE_TEST) {
      script.append("mount --rbind '").append(host.at(path)).append("' ").append(path);
      // A host may have no such place; then nothing is found there, which is as well.
      script.append(path.equals("/etc/init.d") ? " 2>/dev/null; " : " && ");
    }
    script.append("exec \"$@\"");
    List<String> command =
        new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", script.toString(), "sh"));
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    return builder.start();
  }

  private List<String> run(String... words) throws IOException, InterruptedException {
    Process process = start(List.of(words));
    process.getOutputStream().close();
    List<String> said = new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
    assertThat(process.waitFor()).as(String.join("\n", said)).isZero();
    return said;
  }

  private List<String> fwtrail(String... arguments) throws IOException, InterruptedException {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "io.fwtrail.cli.Main",
                "setup"));
    words.addAll(List.of(arguments));
    return run(words.toArray(String[]::new));
  }

  /** A private rsyslogd with that configuration, ready. */
  private Process startRsyslogd() throws IOException {
    List<String> words = List.of("rsyslogd", "-n", "-i", PID.toString());
    Process process = start(words);
    started.add(process);
    await().atMost(PATIENCE).until(() -> Files.exists(PORT) && Files.size(PORT) > 0);
    return process;
  }

  private static Socket connect() throws IOException {
    return new Socket(
        InetAddress.getLoopbackAddress(), Integer.parseInt(Files.readString(PORT).strip()));
  }

  private static void send(Socket socket, int priority, String message) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(("<" + priority + ">Jul 18 18:33:27 gw kernel: " + message + "\n").getBytes(UTF_8));
    out.flush();
  }

  private static String trace(int number) {
    return "[68907.892027] TRACE: filter:INPUT:rule:1 IN=lan0 OUT= ID=" + number + " ";
  }

  private static int kernel(int severity) {
    return severity;
  }

  private static int user(int severity) {
    return 8 + severity;
  }

  private List<String> lines(String path) throws IOException {
    Path file = host.at(path);
    if (!Files.exists(file)) {
      return List.of();
    }
    try (InputStream in =
        path.endsWith(".gz")
            ? new GZIPInputStream(Files.newInputStream(file))
            : Files.newInputStream(file)) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }

  private void awaitLine(String path, String end) {
    await()
        .atMost(PATIENCE)
        .until(() -> lines(path).stream().anyMatch(line -> line.stripTrailing().endsWith(end)));
  }

  @Test
  void traceLinesOfTheKernelGoToTheirFileAndNowhereElse() throws Exception {
    try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout((int) PATIENCE.toMillis());
      fwtrail("rsyslog", "--forward", "127.0.0.1:" + server.getLocalPort());
      startRsyslogd();
      try (Socket socket = connect()) {
        send(socket, kernel(4), trace(1));
        send(socket, kernel(4), "[68907.892028] usb 1-1: Call Trace: none");
        send(socket, user(4), "TRACE: not the kernel's");
      }
      awaitLine("/var/log/syslog", "TRACE: not the kernel's");

      awaitLine(LOG, "ID=1");
      assertThat(lines(LOG))
          .singleElement()
          .asString()
          // In RFC 3339, to microseconds where the sender has them, and with a zone.
          .matches("\\d{4}-07-18T18:33:27[.0-9]*(Z|[+-]\\d\\d:\\d\\d) gw kernel: \\[689.*ID=1 ");
      assertThat(lines("/var/log/syslog")).hasSize(2).noneMatch(line -> line.contains("ID=1"));
      assertThat(lines("/var/log/kern.log")).hasSize(1).noneMatch(line -> line.contains("ID=1"));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(host.at(LOG))))
          .isEqualTo("rw-r-----");

      DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
      server.receive(packet);
      assertThat(new String(packet.getData(), 0, packet.getLength(), UTF_8))
          .startsWith("<4>")
          .contains(" gw kernel: [68907.892027] TRACE: ", "ID=1");
    }
  }

  @Test
  void logrotateTurnsTheLogOverAndNoLineIsLost() throws Exception {
    fwtrail("rsyslog", "--rotate", "size=1k,keep=3");
    startRsyslogd();
    AtomicInteger sent = new AtomicInteger();
    try (Socket socket = connect()) {
      for (int rotation = 0; rotation < 2; rotation++) {
        for (int i = 0; i < 50; i++) {
          send(socket, kernel(4), trace(sent.incrementAndGet()));
        }
        awaitLine(LOG, "ID=" + sent);
        run("logrotate", "--state", folder.resolve("state").toString(), "/etc/logrotate.conf");
        assertThat(lines(LOG)).isEmpty();
        // rsyslogd opens the new file in its own time after the signal; till then it writes on to
        // what is log.1 now.
        await()
            .atMost(PATIENCE)
            .until(
                () -> {
                  send(socket, kernel(4), trace(sent.incrementAndGet()));
                  return !lines(LOG).isEmpty();
                });
        awaitLine(LOG, "ID=" + sent);
      }
    }

    // All of them, in order, each once.
    assertThat(
            Stream.of(LOG + ".2.gz", LOG + ".1", LOG)
                .flatMap(
                    path -> {
                      try {
                        return lines(path).stream();
                      } catch (IOException e) {
                        throw new UncheckedIOException(e);
                      }
                    })
                .map(line -> line.replaceFirst(".* ID=(\\d+) ?$", "$1")))
        .isEqualTo(IntStream.rangeClosed(1, sent.get()).mapToObj(Integer::toString).toList());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(host.at(LOG))))
        .isEqualTo("rw-r-----");
  }

  @Test
  void removeLeavesTheHostAsItWas() throws Exception {
    fwtrail("rsyslog");
    Process rsyslogd = startRsyslogd();
    try (Socket socket = connect()) {
      send(socket, kernel(4), trace(1));
    }
    awaitLine(LOG, "ID=1");
    assertThat(fwtrail("remove", "--dry-run", "--logs"))
        .containsExactly(OwnFile.RULE, OwnFile.POLICY, LOG);

    List<String> said = fwtrail("remove", "--logs");

    assertThat(said)
        .containsExactly(
            "fwtrail: deleted " + OwnFile.RULE,
            "fwtrail: deleted " + OwnFile.POLICY,
            "fwtrail: no service manager runs here: end rsyslogd (process "
                + rsyslogd.pid()
                + ") and start it again, or it goes on as before",
            "fwtrail: deleted " + LOG);
    assertThat(Disk.list(host.at("/etc/rsyslog.d"))).isEmpty();
    assertThat(Disk.list(host.at("/etc/logrotate.d"))).isEmpty();
    assertThat(host.at(LOG)).doesNotExist();
    assertThat(rsyslogd.isAlive()).isTrue();
  }
}
