package io.fwtrail.cli;

import io.fwtrail.netlink.channel.NetworkNamespace;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * A client, a gateway and a server. The gateway is the namespace that this process is in, which
 * {@link Sandbox} made; the others are made here and end with it.
 */
final class DemoGateway implements AutoCloseable {
  static final String CLIENT_V4 = "10.11.0.2";
  static final String CLIENT_V6 = "2001:db8:11::2";
  private static final String SERVER_V4 = "10.12.0.2";
  private static final String SERVER_V6 = "2001:db8:12::2";
  private static final int CONNECT_MILLIS = 300;

  private final NetworkNamespace client;
  private final NetworkNamespace gateway;
  private final NetworkNamespace server;
  private final ServerSocket webServer;
  private final String ruleSet;

  /**
   * One thing that the client does.
   *
   * @param what for a person
   */
  record Step(String what, Action action) {
    /** What to do, in the client's namespace. */
    interface Action {
      void run() throws IOException;
    }

    void send() throws IOException {
      action.run();
    }
  }

  private DemoGateway(
      NetworkNamespace client,
      NetworkNamespace gateway,
      NetworkNamespace server,
      ServerSocket webServer,
      String ruleSet) {
    this.client = client;
    this.gateway = gateway;
    this.server = server;
    this.webServer = webServer;
    this.ruleSet = ruleSet;
  }

  static DemoGateway build() throws IOException, InterruptedException {
    NetworkNamespace gateway = NetworkNamespace.current();
    NetworkNamespace client = NetworkNamespace.create();
    NetworkNamespace server = NetworkNamespace.create();
    Sandbox.command(gateway, "ip", "link", "set", "lo", "up");
    join(gateway, "lan0", client, 11);
    join(gateway, "wan0", server, 12);
    Sandbox.setting(gateway, "net/ipv4/ip_forward", "1");
    Sandbox.setting(gateway, "net/ipv6/conf/all/forwarding", "1");
    String ruleSet;
    try (InputStream resource =
        Objects.requireNonNull(DemoGateway.class.getResourceAsStream("demo.nft"))) {
      ruleSet = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    }
    Path file = Files.createTempFile("fwtrail-demo", ".nft");
    try {
      Files.writeString(file, ruleSet);
      Sandbox.command(gateway, "nft", "-f", file.toString());
    } finally {
      Files.delete(file);
    }
    ServerSocket webServer = server.call(() -> new ServerSocket(8080));
    return new DemoGateway(client, gateway, server, webServer, ruleSet);
  }

  /**
   * Joins a host to the gateway by a pair of devices. Hardware addresses are given, and told to
   * both ends, so that no neighbour has to be looked for: that would be traffic of its own.
   */
  private static void join(
      NetworkNamespace gateway, String device, NetworkNamespace host, int network)
      throws IOException, InterruptedException {
    String near = String.format("02:00:00:00:%02x:01", network);
    String far = String.format("02:00:00:00:%02x:02", network);
    Sandbox.command(
        gateway,
        "ip",
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
        host.path().toString());
    side(gateway, device, network, 1, 2, far);
    side(host, "eth0", network, 2, 1, near);
    String v4 = "10." + network + ".0.1";
    String v6 = "2001:db8:" + network + "::1";
    Sandbox.command(host, "ip", "route", "add", "default", "via", v4);
    Sandbox.command(host, "ip", "-6", "route", "add", "default", "via", v6);
  }

  private static void side(
      NetworkNamespace where, String device, int network, int own, int other, String otherMac)
      throws IOException, InterruptedException {
    String v4 = "10." + network + ".0.";
    String v6 = "2001:db8:" + network + "::";
    Sandbox.command(where, "ip", "addr", "add", v4 + own + "/24", "dev", device);
    Sandbox.command(where, "ip", "addr", "add", v6 + own + "/64", "dev", device, "nodad");
    Sandbox.command(where, "ip", "link", "set", device, "up");
    for (String neighbour : List.of(v4 + other, v6 + other)) {
      Sandbox.command(
          where, "ip", "neigh", "replace", neighbour, "lladdr", otherMac, "dev", device);
    }
  }

  String ruleSet() {
    return ruleSet;
  }

  /** What the client does, one after the other. */
  List<Step> steps() {
    return List.of(
        new Step("client asks a name server (UDP)", () -> udp(SERVER_V4, 53)),
        new Step("client asks it over IPv6", () -> udp(SERVER_V6, 53)),
        new Step("client sends multicast DNS, which nobody wants", () -> udp(SERVER_V4, 5353)),
        new Step("client opens the published web server (TCP, NAT)", () -> tcp("10.11.0.1", 80)),
        new Step("client sends mail past the relay (TCP)", () -> tcp(SERVER_V4, 25)),
        new Step("client tries telnet over IPv6 (TCP)", () -> tcp(SERVER_V6, 23)),
        new Step("client pings the server", () -> ping(SERVER_V4)),
        new Step("client pings it over IPv6", () -> ping(SERVER_V6)));
  }

  private void udp(String host, int port) throws IOException {
    client.call(
        () -> {
          try (DatagramSocket socket = new DatagramSocket()) {
            byte[] question = "?".getBytes(StandardCharsets.US_ASCII);
            socket.send(
                new DatagramPacket(question, question.length, InetAddress.getByName(host), port));
          }
          return true;
        });
  }

  private void tcp(String host, int port) throws IOException {
    client.call(
        () -> {
          try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
            return true;
          } catch (IOException e) {
            // Dropped or rejected, as the rule set has it.
            return false;
          }
        });
  }

  private void ping(String host) throws IOException {
    // As root of the namespace, Java sends a real echo request.
    client.call(() -> InetAddress.getByName(host).isReachable(CONNECT_MILLIS));
  }

  @Override
  public void close() throws IOException {
    webServer.close();
    client.close();
    gateway.close();
    server.close();
  }
}
