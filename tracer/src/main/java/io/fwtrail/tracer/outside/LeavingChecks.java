package io.fwtrail.tracer.outside;

import io.fwtrail.netlink.route.DeviceState;
import io.fwtrail.netlink.route.NeighbourMessage;
import io.fwtrail.netlink.route.RouteAddress;
import io.fwtrail.netlink.route.RouteMessage;
import io.fwtrail.tracer.hop.IpAddress;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can stop a packet on its way out: its route, the device, the next router. */
final class LeavingChecks {
  /**
   * How long a neighbour may take to answer, in hundredths of a second, before it is told that it
   * has not: on a link that works it takes a few thousandths.
   */
  private static final int PATIENCE_TICKS = 50;

  private final Kernel kernel;

  LeavingChecks(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Asks.
   *
   * @param in the device that the packet came in by; null for one made here
   * @param out the device that it was to leave by
   * @param hints takes what is found
   * @throws IOException if a question fails; what was found before stays true
   */
  void check(Passenger packet, @Nullable String in, String out, List<String> hints)
      throws IOException {
    DeviceState device = kernel.device(out);
    if (device == null) {
      hints.add("there is no device " + out + " any more");
      return;
    }
    if (device(device, hints)) {
      return;
    }
    DeviceState from = in == null ? null : kernel.device(in);
    if (in != null && from == null) {
      return;
    }
    RouteAnswer answer = kernel.route(packet.question(from == null ? 0 : from.index()));
    RouteMessage route = answer.route();
    if (route != null && answer.is(RouteMessage.UNICAST) && route.outIndex() == device.index()) {
      RouteAddress gateway = route.gateway();
      neighbour(device, gateway == null ? Passenger.address(packet.dst()) : gateway, hints);
    }
  }

  /**
   * The route of a packet made here, after a chain at output has changed it.
   *
   * @throws IOException if a question fails
   */
  void reroute(Passenger packet, List<String> hints) throws IOException {
    switch (kernel.route(packet.question(0)).errno()) {
      case RouteAnswer.ENETUNREACH -> hints.add("no route to " + packet.dst());
      case RouteAnswer.EACCES -> hints.add(ofType(packet, "prohibit"));
      case RouteAnswer.EINVAL -> hints.add(ofType(packet, "blackhole"));
      case RouteAnswer.EHOSTUNREACH -> hints.add(ofType(packet, "unreachable"));
      default -> {
        // It has one.
      }
    }
  }

  private static String ofType(Passenger packet, String type) {
    return "the route to " + packet.dst() + " is of type " + type;
  }

  /** Says what is wrong with a device; whether anything is. */
  static boolean device(DeviceState device, List<String> hints) {
    if (!device.up()) {
      hints.add(device.name() + " is down");
    } else if (!device.carrier()) {
      hints.add(device.name() + " has no carrier");
    } else {
      return false;
    }
    return true;
  }

  private void neighbour(DeviceState device, RouteAddress next, List<String> hints)
      throws IOException {
    NeighbourMessage neighbour = kernel.neighbour(device.index(), next);
    if (neighbour == null) {
      return;
    }
    String name = new IpAddress(next.version(), next.high(), next.low()).toString();
    if (neighbour.state() == NeighbourMessage.FAILED) {
      hints.add(name + " does not answer on " + device.name() + " (neighbour FAILED)");
    } else if (neighbour.state() == NeighbourMessage.INCOMPLETE
        && neighbour.sinceTicks() >= PATIENCE_TICKS) {
      hints.add(
          name
              + (" has not answered on " + device.name() + " for ")
              + (neighbour.sinceTicks() / 100 + "." + neighbour.sinceTicks() % 100 / 10)
              + " s (neighbour INCOMPLETE)");
    }
  }
}
