package io.fwtrail.netlink.lab;

import io.fwtrail.netlink.channel.NetworkNamespace;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Three hosts on the real kernel, each a named network namespace:
 *
 * <pre>
 *  client                        gateway                         server
 *  10.11.0.2/24      eth0 - lan0 10.11.0.1     10.12.0.1 wan0 - eth0 10.12.0.2/24
 *  2001:db8:11::2/64             2001:db8:11::1  2001:db8:12::1      2001:db8:12::2/64
 * </pre>
 *
 * <p>The gateway forwards. No host says anything of its own accord: neighbours are set by hand, and
 * there is no router solicitation, no duplicate address detection and no multicast listener report.
 * So what is counted is what the test sent.
 *
 * <p>Everything is gone when the lab is closed, also where it could not be built to its end. It
 * needs root and a /run of its own; see {@link NeedsKernel}.
 */
public final class Lab implements AutoCloseable {
  public static final String CLIENT_V4 = "10.11.0.2";
  public static final String CLIENT_V6 = "2001:db8:11::2";
  public static final String GATEWAY_LAN_V4 = "10.11.0.1";
  public static final String GATEWAY_LAN_V6 = "2001:db8:11::1";
  public static final String GATEWAY_WAN_V4 = "10.12.0.1";
  public static final String GATEWAY_WAN_V6 = "2001:db8:12::1";
  public static final String SERVER_V4 = "10.12.0.2";
  public static final String SERVER_V6 = "2001:db8:12::2";

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final AtomicInteger LABS = new AtomicInteger();

  private final String prefix =
      "lab" + ProcessHandle.current().pid() + "-" + LABS.incrementAndGet() + "-";
  private final Map<Host, NetworkNamespace> namespaces = new EnumMap<>(Host.class);
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** Builds one. */
  public Lab() throws IOException, InterruptedException {
    this(false);
  }

  /**
   * Builds one whose gateway is the namespace of the test itself, with all that it has already: for
   * a machine that may be thrown away, as the kernel's settings are not put back.
   */
  public static Lab onThisHost() throws IOException, InterruptedException {
    return new Lab(true);
  }

  private Lab(boolean gatewayHere) throws IOException, InterruptedException {
    try {
      for (Host host : Host.values()) {
        if (gatewayHere && host == Host.GATEWAY) {
          String self = Long.toString(ProcessHandle.current().pid());
          runHere("", "ip", "netns", "attach", name(host), self);
        } else {
          runHere("", "ip", "netns", "add", name(host));
        }
        namespaces.put(host, NetworkNamespace.named(name(host)));
        sysctl(host, "net/ipv6/conf/default/accept_dad", "0");
        sysctl(host, "net/ipv6/conf/default/router_solicitations", "0");
        run(host, "ip", "link", "set", "lo", "up");
      }
      join(Host.CLIENT, "lan0", 11);
      join(Host.SERVER, "wan0", 12);
      // Not before its devices are without multicast: they would join the group of all routers.
      sysctl(Host.GATEWAY, "net/ipv4/ip_forward", "1");
      sysctl(Host.GATEWAY, "net/ipv6/conf/all/forwarding", "1");
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Joins a host's eth0 to a device of the gateway. */
  private void join(Host host, String device, int network)
      throws IOException, InterruptedException {
    String near = "02:00:00:00:" + network + ":01";
    String far = "02:00:00:00:" + network + ":02";
    runHere(
        "",
        "ip",
        "-n",
        name(Host.GATEWAY),
        "link",
        "add",
        device,
        "address",
        near,
        "type",
        "veth",
        "peer",
        "name",
        "eth0",
        "address",
        far,
        "netns",
        name(host));
    side(Host.GATEWAY, device, network, 1, 2, far);
    side(host, "eth0", network, 2, 1, near);
    ip(
        host,
        "route add default via 10." + network + ".0.1",
        "route add default via 2001:db8:" + network + "::1");
  }

  /** One end of such a pair: addresses, and the other end's. */
  private void side(Host host, String device, int network, int own, int other, String otherMac)
      throws IOException, InterruptedException {
    String v4 = "10." + network + ".0.";
    String v6 = "2001:db8:" + network + "::";
    ip(
        host,
        // Without ARP and multicast no groups are joined, and so none are reported.
        "link set " + device + " arp off multicast off",
        "addr add " + v4 + own + "/24 dev " + device,
        "addr add " + v6 + own + "/64 dev " + device + " nodad",
        "link set " + device + " up",
        "neigh replace " + v4 + other + " lladdr " + otherMac + " dev " + device,
        "neigh replace " + v6 + other + " lladdr " + otherMac + " dev " + device);
  }

  private void ip(Host host, String... lines) throws IOException, InterruptedException {
    runHere(String.join("\n", lines) + "\n", "ip", "-n", name(host), "-batch", "-");
  }

  /** The name that {@code ip netns} knows a host by. */
  public String name(Host host) {
    return prefix + host;
  }

  /** A host's namespace. */
  public NetworkNamespace namespace(Host host) {
    return namespaces.get(host);
  }

  /**
   * Gives a host's namespace an id in the test's own one, so that messages of it can be heard there
   * (ip-netns(8), {@code ip netns set}).
   */
  public void identify(Host host, int id) throws IOException, InterruptedException {
    String unused = runHere("", "ip", "netns", "set", name(host), Integer.toString(id));
  }

  /** Runs a task on a host, on a thread of its own. */
  public <T> T in(Host host, Callable<T> task) throws IOException {
    return namespace(host).call(task);
  }

  /** Sets a sysctl of a host: {@code net/ipv4/ip_forward}. */
  public void sysctl(Host host, String name, String value) throws IOException {
    Path unused = in(host, () -> Files.writeString(Path.of("/proc/sys/" + name), value));
  }

  /**
   * Has one processor handle all that comes in by the host's devices (RPS, in the kernel's
   * Documentation/networking/scaling.rst), so that its packets pass the hooks one after the other:
   * where two processors tell of packets at once, two listeners may hear of them in different
   * order.
   */
  public void handleOnOneProcessor(Host host) throws IOException, InterruptedException {
    String unused =
        runHere(
            "",
            "ip",
            "netns",
            "exec",
            name(host),
            "sh",
            "-c",
            "for queue in /sys/class/net/*/queues/rx-*/rps_cpus; do echo 1 >$queue || exit; done");
  }

  /**
   * Whether everything that nf_tables and NFLOG had to tell on a host was read: no socket of theirs
   * has anything waiting.
   */
  public boolean allIsRead(Host host) throws IOException {
    return netlinkSockets(host).stream()
        .filter(SocketState::isNetfilter)
        .allMatch(socket -> socket.waiting() == 0);
  }

  /** The netlink sockets in a host's namespace. */
  public List<SocketState> netlinkSockets(Host host) throws IOException {
    return in(
        host, () -> SocketState.of(Files.readAllLines(Path.of("/proc/thread-self/net/netlink"))));
  }

  /**
   * Runs a command on a host.
   *
   * @return its stdout
   * @throws AssertionError if it does not end with 0 within 30 s
   */
  public String run(Host host, String... command) throws IOException, InterruptedException {
    return finish(start(host, command), "");
  }

  /** As {@link #run}, in the namespace of the test itself, with that stdin. */
  private String runHere(String input, String... command) throws IOException, InterruptedException {
    return finish(launch(command), input);
  }

  private String finish(Running running, String input) throws InterruptedException {
    try {
      if (!input.isEmpty()) {
        running.input(input);
      }
      running.endInput();
      int code = running.awaitEnd(PATIENCE);
      if (code != 0) {
        throw new AssertionError("exit code " + code + running.describe());
      }
      return String.join("\n", running.out());
    } finally {
      running.close();
      open.remove(running);
    }
  }

  /** Starts a command on a host; it is stopped when the lab is closed, if not before. */
  public Running start(Host host, String... command) throws IOException {
    return in(host, () -> launch(command));
  }

  private Running launch(String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C");
    return keep(new Running(builder.start(), Arrays.asList(command)));
  }

  /**
   * Loads nftables rules on a host, as {@code nft -f} does.
   *
   * @return what nft printed
   */
  public String nft(Host host, String rules) throws IOException, InterruptedException {
    return finish(start(host, "nft", "-f", "-"), rules);
  }

  /** A sender of UDP datagrams on a host. */
  public UdpSender udpSender(Host host, String address, int port) throws IOException {
    return keep(in(host, () -> new UdpSender(new InetSocketAddress(address, port))));
  }

  /** A UDP server on a host that sends nothing back. */
  public UdpServer udpSink(Host host, int port) throws IOException {
    return keep(in(host, () -> new UdpServer(port, false)));
  }

  /** A UDP server on a host that sends everything back. */
  public UdpServer udpEcho(Host host, int port) throws IOException {
    return keep(in(host, () -> new UdpServer(port, true)));
  }

  /** A TCP server on a host that sends everything back. */
  public TcpServer tcpEcho(Host host, int port) throws IOException {
    return keep(in(host, () -> new TcpServer(port)));
  }

  /**
   * Connects to a TCP server, sends a text, ends its own side and reads to the other's end.
   *
   * @return what came back
   * @throws IOException if there is no connection or no answer within 5 s
   */
  public String tcp(Host host, String address, int port, String text) throws IOException {
    return in(
        host,
        () -> {
          try (Socket socket = new Socket()) {
            socket.setSoTimeout(5_000);
            socket.connect(new InetSocketAddress(InetAddress.getByName(address), port), 5_000);
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            try (InputStream in = socket.getInputStream()) {
              return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
          }
        });
  }

  /** One ICMP echo request that has to be answered. */
  public void ping(Host host, String address) throws IOException, InterruptedException {
    String unused = run(host, "ping", "-n", "-c", "1", "-W", "5", address);
  }

  private <T extends AutoCloseable> T keep(T closeable) {
    open.push(closeable);
    return closeable;
  }

  @Override
  public void close() {
    List<Throwable> failures = new ArrayList<>();
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        failures.add(e);
      }
    }
    for (Host host : List.copyOf(namespaces.keySet())) {
      try {
        runHere("", "ip", "netns", "del", name(host));
      } catch (IOException | InterruptedException | AssertionError e) {
        failures.add(e);
      }
      namespaces.remove(host);
    }
    if (!failures.isEmpty()) {
      AssertionError error = new AssertionError("the lab was not cleared away");
      failures.forEach(error::addSuppressed);
      throw error;
    }
  }
}
