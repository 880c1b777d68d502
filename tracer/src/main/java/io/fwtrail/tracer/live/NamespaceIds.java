package io.fwtrail.tracer.live;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.route.NamespaceIdMessage;
import java.io.Closeable;
import java.io.IOException;

/**
 * The numbers that a socket's namespace has for others (ip-netns(8), nsid): a socket that listens
 * to all hears those that have one.
 */
final class NamespaceIds implements Closeable {
  private static final int EEXIST = 17;

  private final NetworkNamespace home;
  private final NetlinkClient client;

  /**
   * Opens a socket to ask and to give numbers by.
   *
   * @param home the namespace of the socket that listens
   */
  NamespaceIds(NetworkNamespace home) throws IOException {
    this.home = home;
    this.client = new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_ROUTE, home));
  }

  /**
   * The number of a namespace: the one that it has, for whomever it was given, or a new one.
   *
   * @throws IOException if the namespace is gone, or the kernel refuses
   */
  int idOf(NetworkNamespace namespace) throws IOException {
    if (namespace.equals(home)) {
      return TracedNamespace.HOME;
    }
    try (NetworkNamespace.Descriptor descriptor = namespace.open()) {
      int id = ask(descriptor.number());
      if (id != NamespaceIdMessage.NOT_ASSIGNED) {
        return id;
      }
      give(descriptor.number());
      return ask(descriptor.number());
    }
  }

  private int ask(int descriptor) throws IOException {
    int[] id = {NamespaceIdMessage.NOT_ASSIGNED};
    client.query(
        "asking for a network namespace's number",
        (w, n) -> NamespaceIdMessage.writeGet(w, n, descriptor),
        message -> id[0] = NamespaceIdMessage.decode(message).id());
    return id[0];
  }

  private void give(int descriptor) throws IOException {
    try {
      client.query(
          "giving a network namespace a number",
          (w, n) -> NamespaceIdMessage.writeNew(w, n, descriptor),
          message -> {});
    } catch (KernelRefusedException e) {
      if (e.errno() != EEXIST) {
        throw e;
      }
      // Somebody else gave it one meanwhile.
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}
