package io.fwtrail.tracer.outside;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.route.DeviceState;
import io.fwtrail.netlink.route.NeighbourMessage;
import io.fwtrail.netlink.route.RouteAddress;
import io.fwtrail.netlink.route.RouteMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Questions to the kernel about one namespace. A question that fails is an exception, but for those
 * whose failing is the answer.
 */
final class Kernel {
  private static final int ENODEV = 19;
  private static final int ENOENT = 2;

  /** Of a 64 bit number with its sign and the end of its line. */
  private static final int LONGEST_NUMBER = 21;

  private final NetlinkClient client;
  private final Place place;

  Kernel(NetlinkClient client, Place place) {
    this.client = client;
    this.place = place;
  }

  /** Looks up a route as the kernel does for a packet. */
  RouteAnswer route(RouteMessage.Question question) throws IOException {
    RouteMessage[] found = new RouteMessage[1];
    try {
      client.query(
          "looking up a route",
          (writer, sequence) -> RouteMessage.writeQuestion(writer, sequence, question),
          message -> {
            if (RouteMessage.isRoute(message)) {
              found[0] = RouteMessage.decode(message);
            }
          });
    } catch (KernelRefusedException e) {
      return new RouteAnswer(e.errno(), null);
    }
    return new RouteAnswer(0, found[0]);
  }

  /** The device of a name; null where there is none now. */
  @Nullable DeviceState device(String name) throws IOException {
    return device((writer, sequence) -> DeviceState.writeQuestion(writer, sequence, name));
  }

  /** The device of a number; null where there is none now. */
  @Nullable DeviceState device(int index) throws IOException {
    return device((writer, sequence) -> DeviceState.writeQuestion(writer, sequence, index));
  }

  private @Nullable DeviceState device(NetlinkClient.Request request) throws IOException {
    DeviceState[] found = new DeviceState[1];
    try {
      client.query(
          "looking at a network interface",
          request,
          message -> {
            if (DeviceState.isDevice(message)) {
              found[0] = DeviceState.decode(message);
            }
          });
    } catch (KernelRefusedException e) {
      if (e.errno() == ENODEV) {
        return null;
      }
      throw e;
    }
    return found[0];
  }

  /** What is known of a neighbour; null where nothing is. */
  @Nullable NeighbourMessage neighbour(int device, RouteAddress address) throws IOException {
    NeighbourMessage[] found = new NeighbourMessage[1];
    try {
      client.query(
          "looking at a neighbour",
          (writer, sequence) -> NeighbourMessage.writeQuestion(writer, sequence, device, address),
          message -> {
            if (NeighbourMessage.isNeighbour(message)) {
              found[0] = NeighbourMessage.decode(message);
            }
          });
    } catch (KernelRefusedException e) {
      if (e.errno() == ENOENT) {
        return null;
      }
      throw e;
    }
    return found[0];
  }

  /**
   * Reads settings that are numbers.
   *
   * @param names below {@code /proc/sys/net}, which shows the namespace of the thread that reads
   * @return for each its value; {@link Long#MIN_VALUE} for one that this kernel does not have
   */
  List<Long> settings(String... names) throws IOException {
    return place.call(
        () -> {
          List<Long> values = new ArrayList<>(names.length);
          for (String name : Arrays.asList(names)) {
            values.add(read(Path.of("/proc/sys/net", name)));
          }
          return values;
        });
  }

  /**
   * A number has to be read at once: the kernel tells nothing more to whoever has read its first
   * digit (kernel/sysctl.c, proc_dointvec), and Files.readString reads a single byte first.
   */
  private static long read(Path file) throws IOException {
    try (InputStream number = Files.newInputStream(file)) {
      byte[] digits = number.readNBytes(LONGEST_NUMBER);
      return Long.parseLong(new String(digits, StandardCharsets.US_ASCII).strip());
    } catch (NoSuchFileException e) {
      return Long.MIN_VALUE;
    } catch (NumberFormatException e) {
      throw new IOException(file + " holds no number", e);
    }
  }

  /**
   * The folder of a device's settings.
   *
   * @param version 4 or 6
   * @throws IOException if the name can be no device's (net/core/dev.c, dev_valid_name)
   */
  static String folder(int version, String device) throws IOException {
    if (device.isEmpty()
        || device.equals(".")
        || device.equals("..")
        || device.indexOf('/') >= 0
        || device.indexOf('\0') >= 0) {
      throw new IOException("no device has such a name");
    }
    return "ipv" + version + "/conf/" + device;
  }
}
