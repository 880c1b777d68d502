package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is there after the machine was booted again under a trace. */
class AfterRebootVmTest {
  @Test
  void nothingIsLeftAndWhatWasWrittenIsThere() throws Exception {
    assertThat(Machine.attempt("systemctl", "is-active", "fwtrail-days").out())
        .as("it has not been booted again")
        .containsExactly("inactive");
    Machine.assertNothingIsLeft();
    assertThat(Machine.records(Files.readAllLines(Reboot.TRAILS)))
        .extracting(trail -> trail.at("/packet/dport").asInt())
        .containsExactlyElementsOf(
            IntStream.range(Reboot.FIRST_PORT, Reboot.FIRST_PORT + Reboot.PACKETS)
                .boxed()
                .toList());
    List<String> doctor = Machine.run("fwtrail", "doctor");
    assertThat(doctor).noneMatch(line -> line.startsWith("note") || line.startsWith("NO"));
  }
}
