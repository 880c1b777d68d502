package io.fwtrail.netlink.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each module's tests do with its fuzz targets: a module has one class that extends this. It
 * is no search for what is new, which is what bin/fuzz is for: the inputs are the same each time.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class FuzzTargetChecks {
  private static final int MUTATIONS = 2_000;
  private static final long SEED = 1;

  /** As long as the longest line that is read, and more than a netlink message is. */
  private static final int LONG = 16 * 1024;

  /** The names of the module's targets. */
  Stream<String> targets() throws IOException, URISyntaxException {
    Path root = Path.of(getClass().getProtectionDomain().getCodeSource().getLocation().toURI());
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .map(file -> root.relativize(file).toString())
          .filter(file -> file.endsWith("Fuzz.class"))
          .map(file -> file.replace(".class", "").replace('/', '.'))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void whatWasCapturedPasses(String target) throws Exception {
    FuzzRun run = new FuzzRun(target);
    assertThat(run.seeds()).isNotEmpty();
    for (byte[] seed : run.seeds()) {
      run.run(seed);
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void mutationsPass(String target) throws Exception {
    FuzzRun run = new FuzzRun(target);
    Mutations mutations = new Mutations(run.seeds(), SEED);
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] input = mutations.next();
      try {
        run.run(input);
      } catch (Exception | Error e) {
        throw new AssertionError(
            "mutation " + i + " of " + SEED + ": " + HexFormat.of().formatHex(input), e);
      }
    }
  }

  /** What somebody would send who wants this program to be slow; steps are counted. */
  @ParameterizedTest
  @MethodSource("targets")
  void longInputsCostNoMoreForEachByte(String target) throws Exception {
    FuzzRun run = new FuzzRun(target);
    for (byte[] input : run.longInputs(LONG)) {
      run.run(input);
    }
  }

  /**
   * What once failed: files in the folder of the target's own name, beside its class, each named
   * for what was wrong.
   */
  @ParameterizedTest
  @MethodSource("targets")
  void findingsPass(String target) throws Exception {
    URL folder = getClass().getResource('/' + target.replace('.', '/'));
    if (folder != null) {
      FuzzRun run = new FuzzRun(target);
      try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
        for (Path file : files.sorted().toList()) {
          run.run(Files.readAllBytes(file));
        }
      }
    }
  }
}
