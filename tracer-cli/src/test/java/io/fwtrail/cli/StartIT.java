package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.UdpSender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The start script and the archive that it starts from, as the build has put them together. */
@NeedsKernel
class StartIT {
  private static final String DIST = "target/dist/";

  /** Newer ones take no classes into an archive that are as old as picocli's. */
  private static final int ARCHIVES_ALL = 17;

  @TempDir private Path folder;

  /** A class that is not in the archive has jars opened, and the first hop waits for that. */
  @Test
  void allThatIsLoadedUntilTheFirstHopIsInTheArchive() throws Exception {
    assumeTrue(Runtime.version().feature() == ARCHIVES_ALL, "archives of JDK 17 only have all");
    Path dist = Files.createDirectory(folder.resolve("dist"));
    Path loaded = folder.resolve("loaded");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    try (Lab lab = new Lab()) {
      // Without an archive that may be there already, which is of another path.
      Running copy =
          lab.start(
              Host.GATEWAY,
              "cp",
              "-a",
              DIST + "fwtrail",
              DIST + "train",
              DIST + "lib",
              DIST + "native",
              dist.toString());
      assertThat(copy.awaitEnd(Fwtrail.PATIENCE)).isZero();
      Running train = lab.start(Host.GATEWAY, dist.resolve("train").toString(), java);
      assertThat(train.awaitEnd(Fwtrail.PATIENCE)).isZero();
      assertThat(dist.resolve("cache")).isDirectoryContaining("glob:**/fwtrail.jsa");

      lab.nft(
          Host.GATEWAY,
          "table inet t {\n chain c { type filter hook input priority 0; counter accept; }\n}\n");
      Running trace =
          lab.start(
              Host.GATEWAY,
              "env",
              "_JAVA_OPTIONS=-Xlog:class+load:file=" + loaded,
              dist.resolve("fwtrail").toString(),
              "trace",
              "--output",
              "hops");
      String unused = trace.awaitLine(line -> line.contains("fwtrail: ready"), Fwtrail.PATIENCE);
      try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.GATEWAY_LAN_V4, 5000)) {
        sender.send(1, 1000);
      }
      unused = trace.awaitLine(line -> line.contains(Lab.GATEWAY_LAN_V4), Fwtrail.PATIENCE);
      List<String> classes = Files.readAllLines(loaded);
      assertThat(Fwtrail.terminate(trace)).isZero();

      assertThat(classes)
          .anyMatch(line -> line.contains(" io.fwtrail.tracer.trail.TrailAssembler "));
      assertThat(classes.stream().filter(line -> line.contains("source: file:"))).isEmpty();
      assertThat(classes.stream().filter(line -> line.contains("URLClassPath$JarLoader ")))
          .isEmpty();
    }
  }
}
