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

  private static final Path CACHE = Path.of("/var/cache/fwtrail");

  @Test
  void installsAndUninstallsCleanly() throws Exception {
    List<String> files =
        Machine.run("dpkg", "-L", "fwtrail").stream().filter(Machine::isOnlyOurs).toList();
    assertThat(files).isNotEmpty().allMatch(file -> Files.exists(Path.of(file)));
    // The archive that fwtrail starts from; kept, as to make it takes minutes where the processor
    // is emulated.
    assertThat(CACHE).isDirectoryContaining("glob:**/fwtrail.jsa");
    Path kept = Rules.folder().resolve("cache");
    List<String> unused = Machine.run("cp", "-aT", CACHE.toString(), kept.toString());

    Machine.Said installed;
    try {
      unused = Machine.run("dpkg", "--purge", "fwtrail");
      assertThat(files).noneMatch(file -> Files.exists(Path.of(file)));
      assertThat(Machine.attempt("dpkg", "-s", "fwtrail").code()).isNotZero();
      assertThat(filesByName()).as("files that no package owns").isEmpty();
    } finally {
      installed = Machine.attempt("env", "FWTRAIL_TRAIN=no", "dpkg", "-i", PACKAGE);
    }
    assertThat(installed.code()).as("%s", installed).isZero();
    assertThat(installed.err()).noneMatch(line -> line.contains("warning"));
    assertThat(files).allMatch(file -> Files.exists(Path.of(file)));
    assertThat(CACHE).isEmptyDirectory();
    unused = Machine.run("cp", "-aT", kept.toString(), CACHE.toString());
    assertThat(Machine.run("fwtrail", "--version")).first().asString().contains("fwtrail");
  }

  /** What a package may leave, by its name, rather than the tests. */
  private static List<String> filesByName() throws Exception {
    return Machine.sh("find /etc /run /usr /var -name '*fwtrail*'").stream()
        .filter(file -> !file.startsWith("/var/tmp/"))
        .filter(file -> !Path.of(file).startsWith(Reboot.FOLDER))
        .filter(file -> !Path.of(file).startsWith(Path.of("").toAbsolutePath().getParent()))
        .toList();
  }
}
