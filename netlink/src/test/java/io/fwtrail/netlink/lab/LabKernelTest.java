package io.fwtrail.netlink.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NeedsKernel
class LabKernelTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @ParameterizedTest
  @ValueSource(strings = {Lab.GATEWAY_LAN_V4, Lab.GATEWAY_LAN_V6, Lab.SERVER_V4, Lab.SERVER_V6})
  void clientReaches(String address) throws Exception {
    try (Lab lab = new Lab()) {
      lab.ping(Host.CLIENT, address);
    }
  }

  @Test
  void tcpThereAndBack() throws Exception {
    try (Lab lab = new Lab()) {
      lab.tcpEcho(Host.SERVER, 80);

      assertThat(lab.tcp(Host.CLIENT, Lab.SERVER_V6, 80, "hello")).isEqualTo("hello");
    }
  }

  @Test
  void everyDatagramArrives() throws Exception {
    try (Lab lab = new Lab()) {
      UdpServer sink = lab.udpSink(Host.SERVER, 5000);
      lab.udpSender(Host.CLIENT, Lab.SERVER_V4, 5000).send(100, 10_000);

      await().atMost(PATIENCE).until(() -> sink.received() == 100);
    }
  }

  /** Neither a reader of counters nor a test of trails may find a packet that no test sent. */
  @Test
  void nothingIsSentThatNoTestSent() throws Exception {
    try (Lab lab = new Lab()) {
      String echo = "icmpv6 type { echo-request, echo-reply } accept; counter name strays; };";
      lab.nft(
          Host.GATEWAY,
          "table inet t { counter strays { };"
              + " chain i { type filter hook prerouting priority -500; "
              + echo
              + " chain o { type filter hook output priority -500; "
              + echo
              + " };");

      // More than the kernel takes to say all that it says of new devices and addresses.
      lab.run(Host.CLIENT, "ping", "-n", "-c", "3", "-i", "1", Lab.SERVER_V6);

      assertThat(lab.run(Host.GATEWAY, "nft", "list", "counters")).contains("packets 0 bytes 0");
    }
  }

  @Test
  void rulesAreLoaded() throws Exception {
    try (Lab lab = new Lab()) {
      lab.nft(Host.GATEWAY, "table ip mine { }");

      assertThat(lab.run(Host.GATEWAY, "nft", "list", "tables")).isEqualTo("table ip mine");
      assertThat(lab.run(Host.CLIENT, "nft", "list", "tables")).isEmpty();
    }
  }

  @Test
  void failedCommandIsToldWithWhatItSaid() throws Exception {
    try (Lab lab = new Lab()) {
      assertThatThrownBy(() -> lab.run(Host.CLIENT, "sh", "-c", "echo oh no >&2; exit 3"))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("exit code 3")
          .hasMessageContaining("oh no");
    }
  }

  @Test
  void lineThatCannotComeAnyMoreIsNotWaitedFor() throws Exception {
    try (Lab lab = new Lab()) {
      Running running = lab.start(Host.CLIENT, "echo", "something else");

      assertThatThrownBy(() -> running.awaitLine("this"::equals, Duration.ofHours(1)))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("something else");
    }
  }

  @Test
  void lineIsAwaited() throws Exception {
    try (Lab lab = new Lab()) {
      Running running = lab.start(Host.CLIENT, "cat");
      running.input("first\nsecond\n");

      assertThat(running.awaitLine(line -> line.startsWith("s"), PATIENCE)).isEqualTo("second");
      running.endInput();
      assertThat(running.awaitEnd(PATIENCE)).isZero();
    }
  }

  @Test
  void nothingIsLeft() throws Exception {
    Process process;
    String name;
    try (Lab lab = new Lab()) {
      process = lab.start(Host.SERVER, "sleep", "1000").process();
      name = lab.name(Host.SERVER);
      assertThat(Files.exists(Path.of("/run/netns", name))).isTrue();
    }

    assertThat(process.onExit().get(20, java.util.concurrent.TimeUnit.SECONDS).isAlive()).isFalse();
    assertThat(Files.exists(Path.of("/run/netns", name))).isFalse();
  }
}
