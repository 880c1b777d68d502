package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The recipe for other people's firewalls works as it is written (test-vm/example). */
class ExampleVmTest {
  private static final Path EXAMPLE = Path.of("target", "test-classes", "example");

  @AfterEach
  void clear() throws Exception {
    Rules.clear();
  }

  @Test
  void itsExpectationsAreMet() throws Exception {
    Machine.Said said = Machine.attempt("sh", EXAMPLE.resolve("check").toString());
    assertThat(said.code()).as("%s", said).isZero();
    assertThat(said.out()).last().asString().startsWith("all expectations are met");
  }

  @Test
  void anExpectationThatIsNotMetIsToldAndFails() throws Exception {
    Path changed = Rules.folder().resolve("example");
    Machine.run("cp", "-rT", EXAMPLE.toString(), changed.toString());
    Machine.run("sed", "-i", "/administrators/d", changed.resolve("nftables.conf").toString());

    Machine.Said said = Machine.attempt("sh", changed.resolve("check").toString());

    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out()).contains("NOT MET: ssh from an administrator is let in, by that rule");
  }
}
