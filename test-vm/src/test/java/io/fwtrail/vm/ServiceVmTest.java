package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The unit of docs/fwtrail.service, as an administrator installs it, under systemd itself. */
class ServiceVmTest {
  private static final Path UNIT = Path.of("/etc/systemd/system/fwtrail.service");
  private static final String SERVICE = "fwtrail.service";

  @BeforeEach
  void install() throws Exception {
    Rules.clear();
    Rules.nftables();
    Files.copy(Rules.file(SERVICE), UNIT);
    List<String> unused = Machine.run("systemctl", "daemon-reload");
  }

  @AfterEach
  void remove() throws Exception {
    List<String> unused = Machine.sh("systemctl stop " + SERVICE + "; rm -f " + UNIT);
    unused = Machine.run("systemctl", "daemon-reload");
    unused = Machine.sh("rm -rf /var/lib/fwtrail /var/lib/private/fwtrail");
    Rules.clear();
  }

  private static boolean isReady() throws IOException, InterruptedException {
    return Machine.run("journalctl", "-b", "-o", "cat", "-u", SERVICE).stream()
        .anyMatch(line -> line.contains("fwtrail: ready"));
  }

  private static String status(String name) throws IOException, InterruptedException {
    String pid = Machine.run("systemctl", "show", "-P", "MainPID", SERVICE).get(0);
    return Files.readAllLines(Path.of("/proc", pid, "status")).stream()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void itTracesWithinItsSandbox() throws Exception {
    List<String> unused = Machine.run("systemctl", "start", SERVICE);
    await().atMost(Machine.PATIENCE).until(ServiceVmTest::isReady);
    assertThat(status("Uid")).doesNotStartWith("0\t");
    assertThat(status("CapEff")).isEqualTo("0000000000001000");
    try (Lab lab = Lab.onThisHost()) {
      assertThatThrownBy(() -> lab.tcp(Host.CLIENT, Lab.SERVER_V4, 22, ""))
          .isInstanceOf(IOException.class);
      unused = Machine.run("systemctl", "stop", SERVICE);
    }
    assertThat(Machine.run("systemctl", "show", "-P", "Result", SERVICE))
        .containsExactly("success");
    List<String> lines = Machine.sh("zcat /var/lib/private/fwtrail/trace-*.jsonl.gz");
    assertThat(Machine.records(lines))
        .isNotEmpty()
        .allSatisfy(trail -> assertThat(trail.at("/packet/dport").asInt()).isEqualTo(22));
    Machine.assertNothingIsLeft();
  }
}
