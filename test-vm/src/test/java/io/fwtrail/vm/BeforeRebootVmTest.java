package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.Lab;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Begins a trace that the machine's reboot ends; see {@link AfterRebootVmTest}. */
class BeforeRebootVmTest {
  @Test
  void aTraceIsRunning() throws Exception {
    Rules.clear();
    Rules.iptables("legacy");
    List<String> unused = Machine.sh("rm -rf " + Reboot.FOLDER + "; mkdir " + Reboot.FOLDER);
    unused =
        Machine.run(
            "systemd-run",
            "--unit=fwtrail-days",
            "fwtrail",
            "trace",
            "-s",
            Lab.CLIENT_V4,
            "--output",
            "json",
            "--write",
            Reboot.TRAILS.toString());
    await()
        .atMost(Machine.PATIENCE)
        .until(() -> Machine.nfLog().equals("nfnetlink_log") && Files.exists(Reboot.TRAILS));
    await()
        .atMost(Machine.PATIENCE)
        .until(
            () ->
                Machine.run("journalctl", "-u", "fwtrail-days").stream()
                    .anyMatch(line -> line.contains("fwtrail: ready")));
    try (Lab lab = Lab.onThisHost()) {
      for (int i = 0; i < Reboot.PACKETS; i++) {
        Traffic.packetTo(lab, Reboot.FIRST_PORT + i);
      }
      await()
          .atMost(Machine.PATIENCE)
          .until(() -> Files.readAllLines(Reboot.TRAILS).size() == Reboot.PACKETS);
    }
    assertThat(Machine.run("systemctl", "is-active", "fwtrail-days")).containsExactly("active");
  }
}
