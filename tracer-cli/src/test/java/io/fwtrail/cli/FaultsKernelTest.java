package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import io.fwtrail.netlink.lab.Running;
import io.fwtrail.netlink.lab.UdpSender;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What goes wrong around fwtrail: what it shows then, what it counts as lost, what it leaves. */
@NeedsKernel
class FaultsKernelTest {
  private static final Duration LONG = Duration.ofMinutes(3);
  private static final int PORT = 5000;

  private static final String RULES =
      """
      table inet t {
        chain through {
          type filter hook forward priority 0; policy drop;
          udp dport 5000 accept comment "let through"
        }
      }
      """;

  @TempDir Path folder;
  private Lab lab;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab();
    lab.nft(Host.GATEWAY, RULES);
  }

  @AfterEach
  void clear() {
    lab.close();
  }

  private void send(int packets) throws Exception {
    try (UdpSender sender = lab.udpSender(Host.CLIENT, Lab.SERVER_V4, PORT)) {
      sender.send(packets, Double.POSITIVE_INFINITY);
    }
  }

  private void sendUntilShown(Running running, String text) {
    await()
        .atMost(Fwtrail.PATIENCE)
        .until(
            () -> {
              send(1);
              return running.out().stream().anyMatch(line -> line.contains(text));
            });
  }

  private String tables() throws Exception {
    return lab.run(Host.GATEWAY, "nft", "list", "tables");
  }

  private String logger() throws IOException {
    return lab.in(
        Host.GATEWAY, () -> Files.readString(Path.of("/proc/sys/net/netfilter/nf_log/2")));
  }

  /** What runs of fwtrail have written down below /run. */
  private static List<String> notes() throws IOException {
    Path notes = Path.of("/run/fwtrail");
    if (!Files.isDirectory(notes)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(notes)) {
      return files.map(Path::toString).toList();
    }
  }

  /** Processes that a process has started, and those have. */
  private static List<ProcessHandle> descendants(Running running) {
    return running.process().descendants().toList();
  }

  private void kill(Running running) throws Exception {
    List<ProcessHandle> children = new ArrayList<>(descendants(running));
    running.process().destroyForcibly();
    assertThat(running.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    await()
        .atMost(Fwtrail.PATIENCE)
        .until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
  }

  /**
   * kill -9 at ten moments: five while it starts, and five while it ends. The setting of the
   * kernel's loggers has no owner, and is put back by the next run.
   */
  @Test
  void killedAtAnyMomentItLeavesNothing() throws Exception {
    lab.run(Host.GATEWAY, "iptables-legacy", "-A", "FORWARD", "-p", "tcp", "-j", "ACCEPT");
    String loggerBefore = logger();
    long began = System.nanoTime();
    Running whole = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp");
    long start = System.nanoTime() - began;
    began = System.nanoTime();
    assertThat(Fwtrail.terminate(whole)).isZero();
    long end = System.nanoTime() - began;

    for (int moment = 1; moment <= 5; moment++) {
      Running starting = Fwtrail.start(lab, Host.GATEWAY, "trace", "-p", "udp");
      boolean unused =
          starting.process().waitFor(start * moment / 6, TimeUnit.NANOSECONDS); // the fault's time
      kill(starting);
      await().atMost(Fwtrail.PATIENCE).until(() -> tables().equals("table inet t"));
    }
    for (int moment = 0; moment < 5; moment++) {
      Running ending = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp");
      assertThat(ending.process().toHandle().destroy()).isTrue();
      boolean unused = ending.process().waitFor(end * moment / 6, TimeUnit.NANOSECONDS);
      kill(ending);
      await().atMost(Fwtrail.PATIENCE).until(() -> tables().equals("table inet t"));
    }

    Running last = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp");
    sendUntilShown(last, "let through");
    assertThat(Fwtrail.terminate(last)).isZero();
    assertThat(logger()).isEqualTo(loggerBefore);
    assertThat(notes()).isEmpty();
  }

  /** Without and with compression by this process and by another. */
  @ParameterizedTest
  @ValueSource(strings = {"", ".gz", ".zst"})
  void aFullDiskIsToldOfAndTheFileEndsWithAWholeRecord(String suffix) throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    lab.run(Host.GATEWAY, "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString());
    Running trace = null;
    try {
      Path file = disk.resolve("trace.jsonl" + suffix);
      trace = Fwtrail.ready(lab, Host.GATEWAY, writing(file));
      await()
          .atMost(LONG)
          .until(sendingUntil(trace, line -> line.contains(file + " cannot be written: No space")));
      assertThat(Fwtrail.terminate(trace)).isEqualTo(1);
      assertThat(trace.err())
          .anySatisfy(line -> assertThat(line).contains("the end of " + file + " is missing"));
      assertThat(trace.err()).anySatisfy(line -> assertThat(line).contains("0 messages lost"));
      if (suffix.isEmpty()) {
        // What did not fit is counted, to the record.
        String packets = trace.awaitLine(line -> line.contains(" dropped, "), Fwtrail.PATIENCE);
        String lost = trace.awaitLine(line -> line.contains("records were lost"), Fwtrail.PATIENCE);
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).allSatisfy(Records::read);
        assertThat(lines.size() + number(lost)).isEqualTo(number(packets));
      }
      assertThat(tables()).isEqualTo("table inet t");
      assertThat(descendants(trace)).isEmpty();
    } finally {
      lab.run(Host.GATEWAY, "umount", "--lazy", disk.toString());
    }
  }

  /** The first one in a line. */
  private static long number(String line) {
    return Long.parseLong(line.replaceFirst("[^0-9]*([0-9]+).*", "$1"));
  }

  private Callable<Boolean> sendingUntil(Running running, Predicate<String> said) {
    return () -> {
      send(500);
      return running.err().stream().anyMatch(said);
    };
  }

  /** As a service or a job without one has it: what is opened first would be descriptor 0. */
  @Test
  void withoutStandardInputItWorksAsEver() throws Exception {
    List<String> closed = List.of("sh", "-c", "exec \"$@\" <&-", "sh");
    Running trace =
        Fwtrail.startBy(lab, Host.GATEWAY, closed, "trace", "-p", "udp", "--count", "1");
    String unused = trace.awaitLine(line -> line.contains("fwtrail: ready"), Fwtrail.PATIENCE);
    send(1);
    assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();
    assertThat(trace.out()).anySatisfy(line -> assertThat(line).contains("let through"));
    assertThat(tables()).isEqualTo("table inet t");
  }

  @Test
  void anInterfaceThatGoesAndComesAgainIsKnownByItsNameEachTime() throws Exception {
    Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "--output", "json");
    send(1);
    String unused = trace.awaitLine(line -> line.contains("\"dport\":5000"), Fwtrail.PATIENCE);
    lab.run(Host.GATEWAY, "ip", "link", "delete", "wan0");
    lab.run(Host.GATEWAY, "ip", "link", "add", "wan1", "type", "veth", "peer", "name", "other");
    lab.run(Host.GATEWAY, "ip", "link", "set", "other", "up");
    lab.run(Host.GATEWAY, "ip", "addr", "add", "10.12.0.1/24", "dev", "wan1");
    lab.run(Host.GATEWAY, "ip", "link", "set", "wan1", "up");
    lab.run(
        Host.GATEWAY,
        "ip",
        "neigh",
        "add",
        Lab.SERVER_V4,
        "lladdr",
        "02:00:00:00:00:09",
        "dev",
        "wan1");
    sendUntilShown(trace, "\"out\":\"wan1\"");
    assertThat(Fwtrail.terminate(trace)).isZero();
    assertThat(tables()).isEqualTo("table inet t");
  }

  /** Its name is gone at once, the namespace when the last that uses it is: fwtrail. */
  @Test
  void aNamespaceThatIsDeletedEndsWithTheTrace() throws Exception {
    Path unused = Files.createDirectories(Path.of("/run/netns"));
    lab.run(Host.CLIENT, "ip", "netns", "add", "doomed");
    lab.run(Host.CLIENT, "ip", "-n", "doomed", "link", "set", "lo", "up");
    Running trace = Fwtrail.ready(lab, Host.CLIENT, "trace", "--netns", "doomed", "-p", "udp");
    lab.run(Host.CLIENT, "ip", "netns", "delete", "doomed");
    assertThat(Fwtrail.terminate(trace)).isZero();
    assertThat(trace.err()).noneSatisfy(line -> assertThat(line).contains("Exception"));
  }

  /** What fwtrail has made belongs to its socket, and nobody else can flush it. */
  @Test
  void aRuleSetThatSomebodyFlushesIsFollowed() throws Exception {
    Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp");
    sendUntilShown(trace, "let through");
    lab.nft(Host.GATEWAY, "flush ruleset\n");
    lab.nft(Host.GATEWAY, RULES.replace("let through", "after the flush"));
    sendUntilShown(trace, "after the flush");
    assertThat(Fwtrail.terminate(trace)).isZero();
    assertThat(trace.err()).last().asString().contains("0 messages lost, 0 held back");
    assertThat(tables()).isEqualTo("table inet t");
  }

  /**
   * The kernel drops the packet of a new connection where it looks connections up, ahead of the
   * chain that would let it through, and no trace message tells of it. How many connections there
   * may be is one setting for all namespaces, but each counts its own.
   */
  @Test
  void aFullConnectionTableIsNotTakenForARule() throws Exception {
    lab.nft(
        Host.GATEWAY,
        """
        table inet aside {
          chain early { type filter hook prerouting priority -300; udp dport 5000 counter; }
          chain late { type filter hook forward priority 1; ct state new counter; }
        }
        """);
    long most =
        Long.parseLong(
            lab.run(Host.GATEWAY, "sysctl", "-n", "net.netfilter.nf_conntrack_max").strip());
    lab.run(Host.GATEWAY, "conntrack", "--load-file", connections(most).toString());
    Running trace = Fwtrail.ready(lab, Host.GATEWAY, "trace", "-p", "udp", "--output", "json");
    send(1);
    await().atMost(Fwtrail.PATIENCE).until(() -> trace.out().size() == 1);
    lab.run(Host.GATEWAY, "conntrack", "--flush");
    send(1);
    await().atMost(Fwtrail.PATIENCE).until(() -> trace.out().size() == 2);
    assertThat(Fwtrail.terminate(trace)).isZero();

    JsonNode dropped = Records.read(trace.out().get(0));
    assertThat(dropped.get("hops").size()).isEqualTo(2);
    assertThat(dropped.at("/hops/1/chain").asString()).isEqualTo("early");
    assertThat(dropped.at("/ending/kind").asString()).isEqualTo("lost");
    assertThat(dropped.at("/hints/0").asString())
        .startsWith("the table of connections is full (%,d;".formatted(most));
    JsonNode passed = Records.read(trace.out().get(1));
    assertThat(passed.get("verdict").asString()).isEqualTo("accept");
    assertThat(passed.at("/ending/kind").asString()).isEqualTo("forwarded");
    assertThat(passed.has("hints")).isFalse();
    assertThat(trace.err()).last().asString().contains("0 messages lost");
  }

  /** Commands for that many connections which the kernel does not give up for a newer one. */
  private Path connections(long count) throws IOException {
    Path file = folder.resolve("connections");
    try (BufferedWriter to = Files.newBufferedWriter(file)) {
      for (long i = 0; i < count; i++) {
        to.write("-I -p udp -s 10.99.%d.%d".formatted(i >> 24, i >> 16 & 0xFF));
        to.write(" -d 10.98.0.1 --sport %d --dport 9".formatted(i & 0xFFFF));
        to.write(" -t 3600 -u SEEN_REPLY,ASSURED\n");
      }
    }
    return file;
  }

  /**
   * Trails are told apart and ended by a clock that nobody can set. The process has a time of day
   * of its own here, as that of the host is no test's to set.
   */
  @Test
  void aClockThatIsSetBackHoldsNothingUp() throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path clock = Files.writeString(folder.resolve("clock"), "+0\n");
    List<String> byThatClock =
        List.of(
            "env",
            "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1",
            "FAKETIME_TIMESTAMP_FILE=" + clock,
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1");
    Running trace =
        Fwtrail.startBy(
            lab,
            Host.GATEWAY,
            byThatClock,
            "trace",
            "-p",
            "udp",
            "--output",
            "json",
            "--count",
            "2");
    String unused = trace.awaitLine(line -> line.contains("fwtrail: ready"), Fwtrail.PATIENCE);
    send(1);
    await().atMost(Fwtrail.PATIENCE).until(() -> trace.out().size() == 1);
    Path set = Files.writeString(clock, "-1h\n");
    assertThat(set).isEqualTo(clock);
    send(1);
    assertThat(trace.awaitEnd(Fwtrail.PATIENCE)).isZero();

    List<JsonNode> trails = trace.out().stream().map(Records::read).toList();
    assertThat(trails).allSatisfy(trail -> assertThat(trail.get("complete").asBoolean()).isTrue());
    assertThat(trails)
        .allSatisfy(trail -> assertThat(time(trail, "end")).isAfterOrEqualTo(time(trail, "begin")));
    assertThat(Duration.between(time(trails.get(1), "begin"), time(trails.get(0), "begin")))
        .isBetween(Duration.ofMinutes(50), Duration.ofHours(1));
    assertThat(tables()).isEqualTo("table inet t");
  }

  private static Instant time(JsonNode trail, String name) {
    return Instant.parse(trail.get(name).asString());
  }

  @Test
  void aHundredThousandRulesAreReadAndThePacketsOneIsFound() throws Exception {
    StringBuilder rules = new StringBuilder("table inet big {\n chain many {\n");
    for (int i = 0; i < 100_000; i++) {
      rules.append("ip saddr 10.").append(i >> 16).append('.').append(i >> 8 & 0xFF);
      rules.append('.').append(i & 0xFF).append(" counter drop comment \"").append(i);
      rules.append("\"\n");
    }
    rules.append(" udp dport 5000 counter accept comment \"found\"\n }\n");
    rules.append(" chain first { type filter hook forward priority -10; jump many; }\n}\n");
    Path file = Files.writeString(folder.resolve("big.nft"), rules);
    lab.run(Host.GATEWAY, "nft", "-f", file.toString());
    Running trace =
        Fwtrail.start(lab, Host.GATEWAY, "trace", "-p", "udp", "--output", "json", "--count", "1");
    String unused = trace.awaitLine(line -> line.contains("fwtrail: ready"), LONG);
    send(1);
    assertThat(trace.awaitEnd(LONG)).isZero();
    assertThat(trace.err().get(0)).startsWith("fwtrail: not ready yet");
    JsonNode trail = Records.read(trace.out().get(0));
    JsonNode rule = trail.at("/hops/1/rule");
    assertThat(rule.get("number").asInt()).isEqualTo(100_001);
    assertThat(rule.get("text").asString()).startsWith("udp dport 5000 counter").endsWith("accept");
    assertThat(rule.get("comment").asString()).isEqualTo("found");
  }

  /** A service with a limit of 128 MB: messages that wait are the kernel's, not the process's. */
  @Test
  void amongOthersInAGroupOf128MegabytesItStaysWithinThem() throws Exception {
    Path memory = Path.of("/sys/fs/cgroup/memory");
    assumeTrue(
        Files.isWritable(memory) && Files.exists(memory.resolve("memory.limit_in_bytes")),
        "this host has no memory cgroup of version 1 that may be written");
    Path group = memory.resolve("fwtrail-test-" + ProcessHandle.current().pid());
    Files.createDirectory(group);
    try {
      Path unused = Files.writeString(group.resolve("memory.limit_in_bytes"), "128M");
      List<String> inGroup =
          List.of("sh", "-c", "echo $$ >" + group + "/cgroup.procs && exec \"$@\"", "sh");
      Running trace =
          Fwtrail.startBy(lab, Host.GATEWAY, inGroup, writing(folder.resolve("out.jsonl")));
      String ready = trace.awaitLine(line -> line.contains("fwtrail: ready"), Fwtrail.PATIENCE);
      assertThat(ready).isNotNull();
      for (int round = 0; round < 20; round++) {
        send(10_000);
      }
      await().atMost(LONG).until(() -> lab.allIsRead(Host.GATEWAY));
      assertThat(Fwtrail.terminate(trace)).isZero();
      assertThat(Files.readString(group.resolve("memory.oom_control"))).contains("oom_kill 0");
    } finally {
      Files.delete(group);
    }
    assertThat(tables()).isEqualTo("table inet t");
  }

  /** Traces all that is sent, as fast as it comes, into a file. */
  private static String[] writing(Path file) {
    return new String[] {
      "trace", "-p", "udp", "--rate", "unlimited", "--output", "json", "--write", file.toString()
    };
  }
}
