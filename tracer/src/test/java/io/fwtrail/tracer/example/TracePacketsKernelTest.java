package io.fwtrail.tracer.example;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.tracer.live.LiveTrace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The README's example is this code, and works. */
@NeedsKernel
class TracePacketsKernelTest {
  @Test
  void aPacketIsTold() throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    try (Lab lab = new Lab()) {
      lab.nft(
          Host.GATEWAY,
          "table inet t { chain c { type filter hook forward priority 0; udp dport 53 drop; }; }");
      try (LiveTrace trace = TracePackets.start(lab.namespace(Host.GATEWAY), lines::add)) {
        try (UdpSender sender = lab.udpSender(Host.CLIENT, "10.12.0.2", 53)) {
          sender.send(1, 1000);
        }
        trace.stop();
      }
    }
    assertThat(lines).contains("udp to 10.12.0.2: drop by t c rule 1");
  }

  @Test
  void theReadmeShowsThisCode() throws Exception {
    String code =
        Files.readString(Path.of("src/test/java/io/fwtrail/tracer/example/TracePackets.java"));
    assertThat(Files.readString(Path.of("README.md"))).contains("```java\n" + code + "```\n");
  }
}
