package io.fwtrail.cli.summary;

import io.fwtrail.cli.output.Wording;
import io.fwtrail.tracer.hop.Conntrack;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.IpAddress;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.trail.Trail;
import org.jspecify.annotations.Nullable;

/** Who sends most, to whom, and what: of packets as they came. */
final class Talkers {
  /** Some 100 KB for each of the three. */
  private static final int COUNTED = 1024;

  final TopTalkers<IpAddress> sources = new TopTalkers<>(COUNTED);
  final TopTalkers<IpAddress> destinations = new TopTalkers<>(COUNTED);
  final TopTalkers<Service> services = new TopTalkers<>(COUNTED);

  /**
   * What is talked.
   *
   * @param port of the side that is asked; {@link Packet#ABSENT} where there is none
   * @param message of ICMP and ARP; else null
   */
  record Service(String protocol, int port, @Nullable String message) {
    @Override
    public String toString() {
      String name = Character.isDigit(protocol.charAt(0)) ? "protocol " + protocol : protocol;
      return message != null ? name + " " + message : port < 0 ? name : name + "/" + port;
    }
  }

  void add(Trail trail) {
    Packet packet = trail.packet();
    if (packet == null) {
      return;
    }
    if (packet.src() != null) {
      sources.add(packet.src());
    }
    if (packet.dst() != null) {
      destinations.add(packet.dst());
    }
    Service service = service(trail, packet);
    if (service != null) {
      services.add(service);
    }
  }

  private static @Nullable Service service(Trail trail, Packet packet) {
    String protocol = packet.protocol();
    if (protocol == null || protocol.isEmpty()) {
      return null;
    }
    if (packet.icmp() != null) {
      StringBuilder name = new StringBuilder();
      Wording.icmpName(name, packet, packet.icmp());
      return new Service(protocol, Packet.ABSENT, name.toString());
    }
    if (packet.arpOperation() != null) {
      return new Service(protocol, Packet.ABSENT, packet.arpOperation());
    }
    return new Service(protocol, isAnswer(trail) ? packet.sport() : packet.dport(), null);
  }

  /** Whether the packet comes from the side that was asked; by default it does not. */
  private static boolean isAnswer(Trail trail) {
    for (Hop hop : trail.hops()) {
      Conntrack conntrack = hop.conntrack();
      if (conntrack != null && conntrack.direction() != null) {
        return conntrack.direction().equals("reply");
      }
    }
    return false;
  }
}
