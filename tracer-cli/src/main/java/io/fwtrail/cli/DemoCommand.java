package io.fwtrail.cli;

import io.fwtrail.cli.output.OutputForm;
import io.fwtrail.cli.output.OutputQueue;
import io.fwtrail.cli.output.Printer;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Packet;
import io.fwtrail.tracer.live.LiveTrace;
import io.fwtrail.tracer.live.LookUps;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.mark.Prefix;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Shows fwtrail at work on a throw-away gateway. */
final class DemoCommand extends Command {
  /** For a machine that is emulated, too: the first trail waits for code to be compiled. */
  private static final long PATIENCE_SECONDS = 60;

  private final Option.Value<OutputForm> form =
      new Option.Value<>(
          "FORM", new Converters.Form(), "text (the default), hops, json, json-hops.", "--output");

  private final Option.Value<String> colour = OutputOptions.colour();
  private final Option.Flag inside = Option.Flag.hidden("--inside");

  DemoCommand() {
    super(
        "demo",
        "Build a client, a gateway and a server in throw-away namespaces, load a small rule set, "
            + "send packets, and show their trails. No root needed; nothing is left behind.");
    add(form, colour, inside);
  }

  @Override
  public Integer call() throws Exception {
    boolean inColour = OutputOptions.colourWanted(colour, Descriptors.isTerminal(1));
    if (!inside.isGiven()) {
      return Sandbox.run(
          "demo",
          "--inside",
          "--output",
          form().toString(),
          "--color",
          inColour ? "always" : "never");
    }
    try (DemoGateway gateway = DemoGateway.build()) {
      show(gateway, inColour);
    }
    return 0;
  }

  private OutputForm form() {
    return form.orElse(OutputForm.TEXT);
  }

  private void show(DemoGateway gateway, boolean inColour)
      throws IOException, InterruptedException {
    say("client 10.11.0.2 -- lan0 [gateway] wan0 -- server 10.12.0.2, with this rule set:");
    System.err.println(gateway.ruleSet().indent(4));
    OutputQueue queue = new OutputQueue(new FileOutputStream(FileDescriptor.out), () -> {});
    Printer printer = form().printer(queue, inColour);
    Semaphore shown = new Semaphore(0);
    LiveTrace.Options options =
        new LiveTrace.Options(
            NetworkNamespace.current(),
            fromClient(),
            LiveTrace.MarkBy.NF_TABLES,
            LiveTrace.LegacyBy.NETLINK,
            LiveTrace.Options.defaultReceiveBuffer(),
            TrailAssembler.Limits.DEFAULT);
    try (LiveTrace trace =
        LiveTrace.start(
            options, lookUps -> new FirstPackets(printer, lookUps, shown), printer::flush)) {
      for (DemoGateway.Step step : gateway.steps()) {
        say(step.what());
        step.send();
        if (!shown.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          throw new UserException("no trail was seen of: " + step.what());
        }
      }
      trace.stop();
    }
    queue.close();
    say("that was it; all of it is gone again. On a real gateway: sudo fwtrail trace --help");
  }

  private static PacketMatch fromClient() {
    List<Prefix> client =
        List.of(Prefix.parse(DemoGateway.CLIENT_V4), Prefix.parse(DemoGateway.CLIENT_V6));
    PacketMatch all = PacketMatch.ALL;
    return new PacketMatch(
        all.protocols(),
        client,
        all.dst(),
        all.sports(),
        all.dports(),
        List.of("lan0"),
        all.out(),
        false,
        null,
        all.sample(),
        all.rate());
  }

  private static void say(String line) {
    System.err.println("fwtrail: " + line);
  }

  /** Shows the first packet of each connection: the ones after it go the same way, but for NAT. */
  private static final class FirstPackets implements TrailListener {
    private final Printer next;
    private final LookUps lookUps;
    private final Semaphore shown;

    FirstPackets(Printer next, LookUps lookUps, Semaphore shown) {
      this.next = next;
      this.lookUps = lookUps;
      this.shown = shown;
    }

    private static boolean isFirst(@Nullable Packet packet) {
      return packet != null
          && (packet.tcp() == null || packet.tcp().flags().equals(List.of("SYN")));
    }

    @Override
    public void hop(Hop hop) {
      if (isFirst(hop.packet())) {
        next.hop(hop);
      }
    }

    @Override
    public void trail(Trail trail) {
      if (isFirst(trail.packet())) {
        next.trail(lookUps.complete(trail));
        next.flush();
        shown.release();
      }
    }
  }
}
