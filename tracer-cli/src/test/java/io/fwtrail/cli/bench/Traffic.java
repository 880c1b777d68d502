package io.fwtrail.cli.bench;

import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sends from the client through the gateway, by bench/send.c. */
final class Traffic {
  /** A rate: as fast as it goes. */
  static final int FLAT_OUT = 0;

  private static final Path SENDER = Path.of("target/bench/send").toAbsolutePath();
  private static final Pattern SENT = Pattern.compile("(\\d+) in ([0-9.]+) s");

  /** So many connections are there at once. */
  private static final int CONNECTIONS = 4;

  private static final int OPENING_RATE = 10_000;

  private final Gateway gateway;

  Traffic(Gateway gateway) {
    this.gateway = gateway;
  }

  /**
   * Sends, and returns when all is sent.
   *
   * @param perSecond packets a second, or {@link #FLAT_OUT}
   * @return packets a second, as it went
   */
  double send(int packets, int perSecond) throws IOException, InterruptedException {
    return send(CONNECTIONS, packets, perSecond, List.of());
  }

  /** Has every connection there is, as the first packet of one meets more rules than others. */
  void openConnections() throws IOException, InterruptedException {
    double unused = send(Gateway.PORTS, Gateway.PORTS, OPENING_RATE, List.of());
  }

  /**
   * Sends packets that are told apart by port and length, and writes when each was sent; see
   * bench/send.c.
   *
   * @return packets a second, as it went
   */
  double sendTimed(int packets, int perSecond, Path times)
      throws IOException, InterruptedException {
    return send(Gateway.PORTS, packets, perSecond, List.of(times.toString()));
  }

  /** Begins to send, on and on until the process is killed or has sent all. */
  Process start(int packets, int perSecond) throws IOException {
    return start(command(CONNECTIONS, packets, perSecond, List.of()));
  }

  private double send(int ports, int packets, int perSecond, List<String> more)
      throws IOException, InterruptedException {
    List<String> command = command(ports, packets, perSecond, more);
    Process process = start(command);
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Matcher sent = SENT.matcher(said.strip());
    if (process.waitFor() != 0 || !sent.matches()) {
      throw new IOException(String.join(" ", command) + " failed: " + said);
    }
    return packets / Double.parseDouble(sent.group(2));
  }

  private Process start(List<String> command) throws IOException {
    return gateway.in(
        Host.CLIENT,
        () -> new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  private static List<String> command(int ports, int packets, int perSecond, List<String> more) {
    List<String> command =
        new ArrayList<>(
            List.of(
                SENDER.toString(),
                Lab.SERVER_V4,
                Integer.toString(Gateway.FIRST_PORT),
                Integer.toString(ports),
                Integer.toString(packets),
                Integer.toString(perSecond)));
    command.addAll(more);
    return command;
  }
}
