package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The package on a host that has all it can use. */
class DoctorVmTest {
  @BeforeEach
  void clear() throws Exception {
    Rules.clear();
  }

  @Test
  void doctorIsAllGreen() throws Exception {
    List<String> said = Machine.run("fwtrail", "doctor");
    List<String> findings = said.subList(0, said.indexOf(""));
    assertThat(findings).hasSizeGreaterThan(5).allMatch(line -> line.startsWith("ok "));
    assertThat(said).last().asString().startsWith("Tracing works here");
  }

  @Test
  void demoShowsPackets() throws Exception {
    List<String> said = Machine.run("fwtrail", "demo");
    assertThat(said).anyMatch(line -> line.contains("ACCEPTED"));
    assertThat(said).anyMatch(line -> line.contains("DROPPED"));
    Machine.assertNothingIsLeft();
  }
}
