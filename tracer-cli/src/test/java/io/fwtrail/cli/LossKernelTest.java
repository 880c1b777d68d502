package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.SocketState;
import io.fwtrail.netlink.lab.UdpSender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is lost is counted to the last, told of where it is missing, and no trail hides it. */
@NeedsKernel
class LossKernelTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final int PORT = 5000;

  /** The last packets go to addresses of their own: when one is told of, all before it were. */
  private static final List<String> LAST = List.of("10.12.0.8", "10.12.0.9");

  /** So many packets' messages always have room in the receive buffer. */
  private static final int BATCH = 1_000;

  @TempDir Path folder;
  private Lab lab;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    lab.nft(
        Host.GATEWAY,
        """
        table inet t {
          chain pre { type filter hook prerouting priority 0; udp dport 5000 counter; }
          chain through { type filter hook forward priority 0; policy drop; counter; counter; counter; counter; }
        }
        """);
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  private void send(String to, int packets) throws Exception {
    try (UdpSender sender = lab.udpSender(Host.CLIENT, to, PORT)) {
      sender.send(packets, Double.POSITIVE_INFINITY);
    }
  }

  /** Of the one socket in the gateway's namespace that hears multicasts of netfilter. */
  private long sum(ToLongFunction<SocketState> column) throws Exception {
    return lab.netlinkSockets(Host.GATEWAY).stream()
        .filter(socket -> socket.isNetfilter() && socket.groups() != 0)
        .mapToLong(column)
        .sum();
  }

  private long drops() throws Exception {
    return sum(SocketState::dropped);
  }

  /** As long as something is full, the packet that is to be the last may be lost as well. */
  private void awaitLast(Running trace, String last) {
    await()
        .atMost(LONG)
        .until(
            () -> {
              send(last, 1);
              return trace.out().stream().anyMatch(line -> line.contains(last));
            });
  }

  private static List<JsonNode> records(Running trace) {
    return trace.out().stream().map(Records::read).toList();
  }

  private static long lost(List<JsonNode> records, String cause) {
    return records.stream()
        .filter(record -> record.path("cause").asString("").equals(cause))
        .mapToLong(record -> record.get("lost").asLong())
        .sum();
  }

  /** A program that gets no processor for a while loses what its receive buffer has no room for. */
  @Test
  void lossesAddUpToTheSocketsOwnCount() throws Exception {
    Running trace =
        Fwtrail.ready(
            lab,
            Host.GATEWAY,
            "trace",
            "--dport",
            "5000",
            "--rate",
            "unlimited",
            "--output",
            "json");
    for (String last : LAST) {
      long before = drops();
      lab.run(Host.GATEWAY, "kill", "-STOP", Long.toString(trace.process().pid()));
      await()
          .atMost(LONG)
          .until(
              () -> {
                send(Lab.SERVER_V4, 2_000);
                return drops() > before + 1_000;
              });
      lab.run(Host.GATEWAY, "kill", "-CONT", Long.toString(trace.process().pid()));
      awaitLast(trace, last);
    }
    // Of the output's losses another line may tell before.
    String unused =
        trace.awaitLine(
            line ->
                line.startsWith("fwtrail: just lost:")
                    && line.contains(" messages (the receive buffer was full)"),
            LONG);
    long drops = drops();

    assertThat(Fwtrail.terminate(trace)).isZero();
    List<JsonNode> records = records(trace);
    assertThat(lost(records, "receive-buffer")).isEqualTo(drops);
    assertThat(trace.err())
        .anyMatch(line -> line.startsWith("fwtrail: " + drops + " messages were lost: "));
    // A trail that is said to be complete has the hops that each packet has.
    List<JsonNode> trails = records.stream().filter(record -> record.has("trail")).toList();
    assertThat(trails)
        .filteredOn(trail -> trail.get("complete").asBoolean())
        .isNotEmpty()
        .allMatch(trail -> trail.get("hops").size() == 7);
    assertThat(trails)
        .filteredOn(trail -> !trail.get("complete").asBoolean())
        .isNotEmpty()
        .allMatch(trail -> trail.get("why").asString().contains("lost"));
  }

  /** Whoever reads standard output stops, and goes on: nothing is lost on the socket. */
  @Test
  void aReaderThatStopsHoldsNothingUp() throws Exception {
    Path goOn = folder.resolve("go-on");
    lab.run(Host.GATEWAY, "mkfifo", goOn.toString());
    int packets = 12_000;
    Running pipe =
        lab.start(
            Host.GATEWAY,
            "sh",
            "-c",
            String.join(" ", Fwtrail.command())
                + " trace --dport 5000 --rate unlimited --output json | { cat "
                + goOn
                + " >/dev/null; cat; }");
    String unused = pipe.awaitLine(line -> line.contains("fwtrail: ready"), Fwtrail.PATIENCE);
    for (int sent = 0; sent < packets; sent += BATCH) {
      send(Lab.SERVER_V4, BATCH);
      await().atMost(LONG).until(() -> sum(SocketState::waiting) == 0);
    }
    String news = pipe.awaitLine(line -> line.startsWith("fwtrail: just lost:"), LONG);
    assertThat(news).contains(" records (the output could not be written in time)");
    Files.writeString(goOn, "now");
    awaitLast(pipe, LAST.get(0));
    pipe.process().children().forEach(child -> assertThat(child.destroy()).isTrue());

    pipe.awaitEnd(Fwtrail.PATIENCE);
    List<JsonNode> records = records(pipe);
    long shown =
        records.stream()
            .filter(record -> record.has("trail"))
            .filter(record -> !record.toString().contains(LAST.get(0)))
            .count();
    assertThat(lost(records, "receive-buffer")).isZero();
    assertThat(lost(records, "output")).isPositive();
    assertThat(shown + lost(records, "output")).isEqualTo(packets);
    // In its place: what was dropped stands between what fitted in and what came after.
    int gap =
        records.indexOf(records.stream().filter(r -> r.has("lost")).findFirst().orElseThrow());
    assertThat(gap).isBetween(1, records.size() - 2);
  }
}
