package io.fwtrail.vm;

import static org.awaitility.Awaitility.await;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.UdpSender;
import io.fwtrail.netlink.lab.UdpServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Packets from the client through this machine. */
final class Traffic {
  /** All that the two hosts send, and what the gateway answers in their name; nothing of ssh. */
  static final String SOURCES = "10.11.0.0/16,10.12.0.0/16,2001:db8::/32";

  private Traffic() {}

  /** One packet, or a refused connection, for each thing that {@link Rules} do. */
  static void throughAllRules(Lab lab) throws IOException {
    // Open to the end: an answer that comes to a closed socket is answered itself.
    List<UdpSender> senders = new ArrayList<>();
    try (UdpServer server = lab.udpEcho(Host.SERVER, 53)) {
      for (String address : List.of(Lab.SERVER_V4, Lab.SERVER_V6)) {
        long before = server.received();
        senders.add(udp(lab, address, 53));
        awaitMore(server, before);
        senders.add(udp(lab, address, 5353));
        awaitMore(server, before + 1);
        senders.add(udp(lab, address, 66));
        senders.add(udp(lab, address, 99));
        refused(lab, address);
      }
    } finally {
      for (UdpSender sender : senders) {
        sender.close();
      }
    }
  }

  private static void awaitMore(UdpServer server, long than) {
    await().atMost(Machine.PATIENCE).until(() -> server.received() > than);
  }

  private static UdpSender udp(Lab lab, String address, int port) throws IOException {
    UdpSender sender = lab.udpSender(Host.CLIENT, address, port);
    sender.send(1, 1000);
    return sender;
  }

  private static void refused(Lab lab, String address) {
    try {
      String answer = lab.tcp(Host.CLIENT, address, 80, "");
      throw new AssertionError("connected, and got " + answer);
    } catch (IOException e) {
      // As it should be.
    }
  }

  /** One packet to the server, and to a port of its own, by which its trail is known. */
  static void packetTo(Lab lab, int port) throws IOException {
    udp(lab, Lab.SERVER_V4, port).close();
  }
}
