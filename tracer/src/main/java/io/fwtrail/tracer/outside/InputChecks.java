package io.fwtrail.tracer.outside;

import io.fwtrail.netlink.route.DeviceState;
import io.fwtrail.netlink.route.RouteMessage;
import io.fwtrail.tracer.hop.IpAddress;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can stop a packet between prerouting and the hook after it: the look-up of its route. */
final class InputChecks {
  private final Kernel kernel;

  InputChecks(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Asks.
   *
   * @param in the device that the packet came in by
   * @param hints takes what is found
   * @throws IOException if a question fails; what was found before stays true
   */
  void check(Passenger packet, String in, List<String> hints) throws IOException {
    DeviceState device = kernel.device(in);
    if (device == null) {
      return;
    }
    RouteAnswer answer = kernel.route(packet.question(device.index()));
    RouteMessage route = answer.route();
    if (route == null) {
      refused(packet, device, answer.errno(), hints);
    } else if (route.type() == RouteMessage.LOCAL) {
      if (packet.fragment()) {
        hints.add(
            "it is a fragment to " + packet.dst() + " of this host, which waits for the others");
      }
    } else if (route.type() == RouteMessage.UNICAST) {
      leadsOn(packet, device, route, hints);
    }
  }

  private void refused(Passenger packet, DeviceState in, int errno, List<String> hints)
      throws IOException {
    switch (errno) {
      case RouteAnswer.ENETUNREACH -> hints.add(noRoute(packet, in));
      case RouteAnswer.EACCES -> hints.add(ofType(packet, "prohibit"));
      case RouteAnswer.EHOSTUNREACH -> unreachable(packet, in, hints);
      case RouteAnswer.EINVAL, RouteAnswer.EXDEV -> {
        String why = invalid(packet, in);
        hints.add(
            why != null
                ? why
                : "the kernel's own look-up of a route for it fails, with error " + errno);
      }
      default -> {
        // The question failed, not the packet.
      }
    }
  }

  private static String noRoute(Passenger packet, DeviceState in) {
    return "no route to " + packet.dst() + " for what comes in by " + in.name();
  }

  private static String ofType(Passenger packet, String type) {
    return "the route to " + packet.dst() + " is of type " + type;
  }

  /**
   * The kernel says so of a route of that type, and where a device does not forward, of each packet
   * that is not to this host (net/ipv4/route.c, ip_route_input_slow).
   */
  private void unreachable(Passenger packet, DeviceState in, List<String> hints)
      throws IOException {
    if (packet.version() == 6) {
      hints.add(ofType(packet, "unreachable"));
      return;
    }
    String setting = Kernel.folder(4, in.name()) + "/forwarding";
    if (kernel.settings(setting).get(0) != 0) {
      hints.add(ofType(packet, "unreachable"));
    } else if (toDestination(packet).errno() == RouteAnswer.ENETUNREACH) {
      hints.add(noRoute(packet, in));
    } else {
      hints.add(forwardingOff(in, setting));
    }
  }

  private static String forwardingOff(DeviceState in, String setting) {
    return "forwarding is off for what comes in by " + in.name() + " (net/" + setting + " = 0)";
  }

  /** The route for a packet of this host's own to the same destination. */
  private RouteAnswer toDestination(Passenger packet) throws IOException {
    return kernel.route(RouteMessage.Question.to(Passenger.address(packet.dst()), packet.mark()));
  }

  private @Nullable String invalid(Passenger packet, DeviceState in) throws IOException {
    if (toDestination(packet).errno() == RouteAnswer.EINVAL) {
      return ofType(packet, "blackhole");
    }
    if (packet.version() == 6) {
      return null;
    }
    if (isNoSource(packet.src())) {
      return "its source " + packet.src() + " is no address that a host may send from (martian)";
    }
    String own = Kernel.folder(4, in.name());
    List<Long> settings =
        kernel.settings("ipv4/conf/all/rp_filter", own + "/rp_filter", own + "/src_valid_mark");
    // Which of the two is higher counts (linux/inetdevice.h, IN_DEV_RPFILTER).
    long filter = Math.max(settings.get(0), settings.get(1));
    long mark = settings.get(2) > 0 ? packet.mark() : 0;
    RouteAnswer back =
        kernel.route(RouteMessage.Question.to(Passenger.address(packet.src()), mark));
    RouteMessage route = back.route();
    if (route != null && route.type() == RouteMessage.LOCAL) {
      return "its source " + packet.src() + " is an address of this host itself (martian)";
    }
    if (filter <= 0) {
      return null;
    }
    String refuses = "rp_filter = " + filter + " on " + in.name() + " refuses it: ";
    if (route == null) {
      return refuses + "there is no route back to " + packet.src();
    }
    if (filter == 1 && route.outIndex() != in.index()) {
      DeviceState out = kernel.device(route.outIndex());
      return refuses
          + ("the route back to " + packet.src() + " leads out by ")
          + (out == null ? "another device" : out.name());
    }
    return null;
  }

  /** An address that no packet from a link may come from: net/ipv4/route.c, ip_route_input_slow. */
  private static boolean isNoSource(IpAddress source) {
    int first = (int) (source.low() >>> 24) & 0xff;
    return first == 0
        || first == 127
        || (first >= 224 && first < 240)
        || source.low() == 0xffff_ffffL;
  }

  private void leadsOn(Passenger packet, DeviceState in, RouteMessage route, List<String> hints)
      throws IOException {
    if (packet.version() == 6) {
      List<Long> settings =
          kernel.settings(
              "ipv6/conf/all/forwarding", Kernel.folder(6, in.name()) + "/force_forwarding");
      // The second is of Linux 6.17 (net/ipv6/ip6_output.c, ip6_forward).
      if (settings.get(0) == 0 && settings.get(1) <= 0) {
        hints.add(forwardingOff(in, "ipv6/conf/all/forwarding"));
      }
    }
    if (packet.lastHop()) {
      hints.add(
          "its "
              + (packet.version() == 6 ? "hop limit" : "TTL")
              + " is used up, so it may not be forwarded");
    }
    DeviceState out = kernel.device(route.outIndex());
    if (out != null) {
      int mtu = route.mtu() > 0 ? route.mtu() : out.mtu();
      if (packet.unbreakable() > mtu && mtu > 0) {
        hints.add(
            "it is "
                + packet.unbreakable()
                + " bytes long and must not be fragmented; the MTU to "
                + packet.dst()
                + " by "
                + out.name()
                + " is "
                + mtu
                + (packet.mayBeMerged() ? ", unless it is several merged into one (GRO)" : ""));
      }
      LeavingChecks.device(out, hints);
    }
  }
}
