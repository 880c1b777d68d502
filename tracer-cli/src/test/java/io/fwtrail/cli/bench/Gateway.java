package io.fwtrail.cli.bench;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.Running;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * A gateway between a client and a server. It lets pass what the client sends to {@link
 * #FIRST_PORT} and the ports behind it; the server throws it away.
 */
final class Gateway implements AutoCloseable {
  /** The first of the 1,000 ports that are let pass. */
  static final int FIRST_PORT = 5000;

  static final int PORTS = 1000;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String SINK =
      """
      table ip sink {
        chain pre { type filter hook prerouting priority -300; meta l4proto udp drop; }
      }
      """;

  private final Lab lab;

  /** One whose rules trace all that the client sends. */
  Gateway(Firewall firewall) throws IOException, InterruptedException {
    this(firewall.loader(), firewall.rules());
  }

  /**
   * Makes one.
   *
   * @param loader the command that reads {@code rules}
   */
  Gateway(List<String> loader, String rules) throws IOException, InterruptedException {
    lab = new Lab();
    try {
      String unused = lab.nft(Host.SERVER, SINK);
      load(loader, rules);
      // A connection that ends between two measurements would be a new one in the next, and a new
      // connection's first packet meets more rules than the others.
      lab.sysctl(Host.GATEWAY, "net/netfilter/nf_conntrack_udp_timeout", "86400");
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      lab.close();
      throw e;
    }
  }

  private void load(List<String> loader, String rules) throws IOException, InterruptedException {
    Running running = lab.start(Host.GATEWAY, loader.toArray(String[]::new));
    running.input(rules);
    running.endInput();
    if (running.awaitEnd(PATIENCE) != 0) {
      throw new IOException(loader + " failed: " + running.err());
    }
  }

  /**
   * Has the rules of iptables-legacy tell by that logger, as /proc/net/netfilter/nf_log names it.
   */
  void setLogger(String name) throws IOException {
    lab.sysctl(Host.GATEWAY, "net/netfilter/nf_log/2", name);
  }

  /** Does something on a host, on a thread of its own: a process that it starts runs there. */
  <T> T in(Host host, Callable<T> task) throws IOException {
    return lab.in(host, task);
  }

  @Override
  public void close() {
    lab.close();
  }
}
