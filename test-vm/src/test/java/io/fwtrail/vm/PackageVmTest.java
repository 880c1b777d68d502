package io.fwtrail.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The package as such. */
class PackageVmTest {
  /** Where the provisioning script keeps it. */
  private static final String PACKAGE = "/opt/fwtrail.deb";

  @Test
  void installsAndUninstallsCleanly() throws Exception {
    List<String> files =
        Machine.run("dpkg", "-L", "fwtrail").stream().filter(Machine::isOnlyOurs).toList();
    assertThat(files).isNotEmpty().allMatch(file -> Files.exists(Path.of(file)));

    List<String> unused = Machine.run("dpkg", "--purge", "fwtrail");
    assertThat(files).noneMatch(file -> Files.exists(Path.of(file)));
    assertThat(Machine.attempt("dpkg", "-s", "fwtrail").code()).isNotZero();
    assertThat(Machine.sh("find / -xdev -name '*fwtrail*' -not -path '/tmp/*' -not -path '/var/*'"))
        .as("files that no package owns")
        .filteredOn(file -> !file.contains("/test-vm/target") && !file.startsWith("/root/"))
        .isEmpty();

    Machine.Said installed = Machine.attempt("dpkg", "-i", PACKAGE);
    assertThat(installed.code()).as("%s", installed).isZero();
    assertThat(installed.err()).noneMatch(line -> line.contains("warning"));
    assertThat(files).allMatch(file -> Files.exists(Path.of(file)));
    assertThat(Machine.run("fwtrail", "--version")).first().asString().contains("fwtrail");
  }
}
