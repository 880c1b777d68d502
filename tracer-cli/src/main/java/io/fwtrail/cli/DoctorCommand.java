package io.fwtrail.cli;

import io.fwtrail.cli.output.SafeText;
import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetlinkSocketException;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.nftables.RuleMessage;
import io.fwtrail.netlink.nftables.TableMessage;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.live.LiveTrace;
import io.fwtrail.tracer.live.NfLogSetting;
import io.fwtrail.tracer.mark.Mark;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.ruleset.LibNftables;
import io.fwtrail.tracer.ruleset.TraceRules;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Says in plain words what works on this host and what is in the way. */
final class DoctorCommand extends Command {
  /** Bit of NFNLGRP_NFTRACE in the Groups column of /proc/net/netlink. */
  private static final long TRACE_GROUP_BIT = 1L << 8;

  private static final int TRIAL_SECONDS = 5;

  private final Option.Flag inside = Option.Flag.hidden("--inside");
  private boolean works = true;

  DoctorCommand() {
    super(
        "doctor",
        "Say what works on this host, what else is tracing, and what is in the way, with the "
            + "command that mends it. It tries a real trace in a throw-away namespace.",
        "Exit code 0 where tracing works here, 1 where it does not.");
    add(inside);
  }

  @Override
  public Integer call() throws Exception {
    if (inside.isGiven()) {
      tryTrace();
      return works ? 0 : 1;
    }
    kernel();
    boolean allowed = rights();
    boolean nfTables = nfTables(allowed);
    printing();
    iptables();
    trial();
    if (nfTables && allowed) {
      others();
    }
    System.out.println();
    System.out.println(
        works
            ? "Tracing works here: sudo fwtrail trace --help"
            : "Tracing does not work here yet; see what is marked NO above.");
    return works ? 0 : 1;
  }

  private static void good(String line) {
    System.out.println("ok    " + SafeText.of(line));
  }

  private static void note(String line) {
    System.out.println("note  " + SafeText.of(line));
  }

  private void bad(String line) {
    works = false;
    System.out.println("NO    " + SafeText.of(line));
  }

  private static void kernel() throws IOException {
    String release = read("/proc/sys/kernel/osrelease");
    good(
        "Linux "
            + release
            + ", Java "
            + System.getProperty("java.version")
            + ", "
            + System.getProperty("os.arch"));
    String[] numbers = release.split("[^0-9]+", -1);
    int version =
        numbers.length < 2 ? 0 : Integer.parseInt(numbers[0]) * 100 + Integer.parseInt(numbers[1]);
    if (version < 512) {
      note(
          "before Linux 5.12 the mark is an ordinary table: if fwtrail is killed, it has to be"
              + " deleted by hand (nft delete table inet fwtrail-…)");
    }
  }

  private static String read(String file) throws IOException {
    return Files.readString(Path.of(file), StandardCharsets.UTF_8).strip();
  }

  /** CAP_NET_ADMIN, bit 12 of the effective set. */
  private boolean rights() throws IOException {
    String effective =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("CapEff:"))
            .map(line -> line.substring("CapEff:".length()).strip())
            .findFirst()
            .orElse("0");
    boolean admin = (Long.parseUnsignedLong(effective, 16) >>> 12 & 1) == 1;
    if (admin) {
      good("this process may trace (CAP_NET_ADMIN)");
    } else {
      note("this process may not trace on this host (no CAP_NET_ADMIN): run it with sudo");
    }
    return admin;
  }

  private boolean nfTables(boolean allowed) {
    try (NetlinkClient client =
        new NetlinkClient(
            NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, NetworkNamespace.current()))) {
      if (!allowed) {
        return false;
      }
      List<TableMessage> tables = new ArrayList<>();
      client.dump(
          "listing tables",
          TableMessage::writeDump,
          message -> tables.add(TableMessage.decode(message)));
      good("nf_tables answers: " + tables.size() + (tables.size() == 1 ? " table" : " tables"));
      return true;
    } catch (NetlinkSocketException e) {
      bad("no netfilter netlink: " + e.getMessage() + "; modprobe nfnetlink");
    } catch (KernelRefusedException e) {
      bad("nf_tables does not answer: " + e.getMessage() + "; modprobe nf_tables");
    } catch (IOException e) {
      bad("nf_tables does not answer: " + e.getMessage());
    }
    return false;
  }

  private static void printing() {
    LibNftables nft = LibNftables.open();
    if (nft == null) {
      note(
          "libnftables is not installed: rules are shown by number and handle, without their text,"
              + " and --match does not work: apt install nftables");
      return;
    }
    nft.close();
    good("libnftables is there: rules are shown as nft prints them");
  }

  private static void iptables() throws InterruptedException {
    String version = firstLine("iptables", "-V");
    if (version == null) {
      note("iptables is not installed");
    } else if (version.contains("nf_tables")) {
      good(version + ": its rules are nf_tables rules, and traced as such");
    } else {
      good(version + ": its legacy rules are shown by way of NFLOG");
    }
    Path legacy = Path.of("/proc/net/ip_tables_names");
    try {
      if (NfLogSetting.isLeftBehind(NetworkNamespace.current())) {
        note(
            "a fwtrail that was killed left net.netfilter.nf_log changed: the next 'fwtrail listen"
                + " --for 1s' puts it back");
      }
      if (Files.exists(legacy) && !Files.readString(legacy).isBlank()) {
        note(
            "legacy iptables tables are in use ("
                + String.join(", ", Files.readString(legacy).strip().split("\\s+"))
                + "): their hops come by NFLOG, in one trail with the others");
      }
    } catch (IOException e) {
      note(
          "whether there are tables of iptables-legacy can be seen by root only: run it with sudo");
    }
  }

  private static @org.jspecify.annotations.Nullable String firstLine(String... command)
      throws InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return said.lines().findFirst().orElse(null);
    } catch (IOException e) {
      return null;
    }
  }

  private void trial() throws InterruptedException {
    try {
      if (Sandbox.run("doctor", "--inside") != 0) {
        works = false;
      }
    } catch (UserException | IOException e) {
      note("a trial trace was not possible: " + e.getMessage());
    }
  }

  /** Traces one packet over the loopback device of the namespace that this runs in. */
  private void tryTrace() throws IOException, InterruptedException {
    NetworkNamespace here = NetworkNamespace.current();
    try {
      Sandbox.command(here, "ip", "link", "set", "lo", "up");
    } catch (IOException | UserException e) {
      note("a trial trace was not possible: 'ip' is needed (apt install iproute2)");
      return;
    }
    CompletableFuture<Trail> seen = new CompletableFuture<>();
    LiveTrace.Options options =
        new LiveTrace.Options(
            here,
            PacketMatch.ALL,
            LiveTrace.MarkBy.NF_TABLES,
            LiveTrace.LegacyBy.NETLINK,
            LiveTrace.Options.defaultReceiveBuffer(),
            TrailAssembler.Limits.DEFAULT);
    try (NetlinkClient chainOwner =
            new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, here));
        LiveTrace trace = startTrial(chainOwner, options, seen)) {
      InetAddress self = InetAddress.getLoopbackAddress();
      try (DatagramSocket socket = new DatagramSocket(0, self)) {
        socket.send(new DatagramPacket(new byte[] {'?'}, 1, self, socket.getLocalPort()));
        Trail unused = seen.get(TRIAL_SECONDS, TimeUnit.SECONDS);
        good("a packet was marked, traced and shown in a throw-away namespace");
      }
      if (trace.marks().stream().allMatch(Mark::owned)) {
        good("the mark belongs to its socket: the kernel removes it even after kill -9");
      }
    } catch (TimeoutException e) {
      bad("no trace event came of a packet that was marked; modprobe nf_tables nfnetlink_log");
    } catch (ExecutionException | IOException e) {
      bad("tracing in a throw-away namespace failed: " + e.getMessage());
    }
  }

  /** With a chain for the packet to meet: where there is none, there is nothing to tell. */
  private static LiveTrace startTrial(
      NetlinkClient chainOwner, LiveTrace.Options options, CompletableFuture<Trail> seen)
      throws IOException {
    Mark.makeTrialChain(chainOwner);
    return LiveTrace.start(
        options,
        new TrailListener() {
          @Override
          public void hop(Hop hop) {
            // The trail has it.
          }

          @Override
          public void trail(Trail trail) {
            seen.complete(trail);
          }
        },
        () -> {});
  }

  private void others() throws IOException {
    long tracers =
        Files.readAllLines(Path.of("/proc/net/netlink")).stream()
            .skip(1)
            .map(line -> line.strip().split("\\s+"))
            .filter(words -> words.length > 3 && words[1].equals("12"))
            .filter(words -> (Long.parseUnsignedLong(words[3], 16) & TRACE_GROUP_BIT) != 0)
            .count();
    if (tracers > 0) {
      note(
          tracers
              + (tracers == 1 ? " other program listens" : " other programs listen")
              + " to trace events here");
    }
    try (NetlinkClient client =
        new NetlinkClient(
            NetlinkSocket.open(NetlinkConstants.PROTOCOL_NETFILTER, NetworkNamespace.current()))) {
      List<String> owned = new ArrayList<>();
      client.dump(
          "listing tables",
          TableMessage::writeDump,
          message -> {
            TableMessage table = TableMessage.decode(message);
            if (table.name().startsWith(Mark.TABLE_PREFIX)) {
              owned.add(table.name());
              if (table.owner() == 0) {
                note(
                    "a mark was left behind by a killed fwtrail: nft delete table inet "
                        + table.name());
              }
            }
          });
      client.dump(
          "listing rules",
          RuleMessage::writeDump,
          message -> {
            RuleMessage rule = RuleMessage.decode(message);
            if (!owned.contains(rule.table()) && TraceRules.trace(rule)) {
              note(
                  "a rule in "
                      + io.fwtrail.netlink.nftables.NfFamily.of(rule.family()).keyword()
                      + " "
                      + rule.table()
                      + " "
                      + rule.chain()
                      + " (handle "
                      + rule.handle()
                      + ") traces packets: 'fwtrail listen' shows them, 'fwtrail rules' lists them");
            }
          });
    }
  }
}
