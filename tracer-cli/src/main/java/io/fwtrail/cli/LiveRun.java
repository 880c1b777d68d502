package io.fwtrail.cli;

import io.fwtrail.cli.filter.TrailFilter;
import io.fwtrail.cli.output.OutputQueue;
import io.fwtrail.cli.output.Printer;
import io.fwtrail.cli.output.SafeText;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.nftables.TraceFilter;
import io.fwtrail.tracer.live.LiveTrace;
import io.fwtrail.tracer.live.LookUps;
import io.fwtrail.tracer.live.Preparation;
import io.fwtrail.tracer.live.WarmUp;
import io.fwtrail.tracer.mark.Mark;
import io.fwtrail.tracer.mark.PacketMatch;
import io.fwtrail.tracer.origin.Origins;
import io.fwtrail.tracer.trail.TrailAssembler;
import io.fwtrail.tracer.trail.TrailListener;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One run of trace or listen: from the first word on standard error to the summary. */
final class LiveRun {
  /** Far more than it takes on any machine that was tried. */
  private static final long WARM_UP_NANOS = 2_000_000_000L;

  private final LiveOptions options;
  private final @Nullable PacketMatch match;
  private final String what;
  private final CountDownLatch ready = new CountDownLatch(1);
  private final CountDownLatch end = new CountDownLatch(1);

  /** How many of the trace's notices were shown. */
  private int told;

  /**
   * Makes one.
   *
   * @param match what to mark; null to listen only
   * @param what it does, for a person
   */
  LiveRun(LiveOptions options, @Nullable PacketMatch match, String what) {
    this.options = options;
    this.match = match;
    this.what = what;
  }

  int run() throws IOException, InterruptedException {
    TrailFilter filter = options.filter();
    // Kept, as its path may be one that only root may follow.
    String netns = options.netns();
    NetworkNamespace namespace = netns == null ? namespace(null) : namespace(netns).keep();
    checkInterfaces(namespace);
    Shutdown.onSignal(end::countDown);
    Results results = new Results(options, end::countDown, false);
    Printer printer = options.printer(results.queue());
    Limiter limiter = new Limiter(printer, filter, options.count(), match, end);
    Origins origins = options.rulesets().isEmpty() ? null : Origins.read(options.rulesets());
    sayIfItTakesLong();
    // All files are open now. What is made from here on is made without root's other rights.
    try (LeavingRoot leavingRoot = LeavingRoot.begin(options, namespace);
        results;
        printer;
        LiveTrace trace =
            start(
                new LiveTrace.Options(
                    namespace,
                    options.allNetns(),
                    match,
                    options.markBy,
                    options.legacyBy(),
                    origins,
                    LiveTrace.Options.defaultReceiveBuffer(),
                    TrailAssembler.Limits.DEFAULT,
                    options.showsHopsOnly() ? filter.messages() : TraceFilter.ALL,
                    leavingRoot.child()),
                lookUps -> options.showsTrails() ? limiter.with(lookUps) : limiter,
                () -> flush(limiter, printer))) {
      leavingRoot.end();
      ready.countDown();
      greet(trace);
      Status status =
          new Status(
              () -> {
                trace.noteHeldBack();
                results.count(limiter.losses);
              },
              limiter.losses,
              options.progressWanted() ? () -> results.progress(limiter) : null);
      try {
        await();
      } finally {
        status.close();
      }
      Mark.Counters counters = trace.stop();
      flush(limiter, printer);
      printer.end();
      printer.flush();
      int code = results.finish(limiter.losses);
      summarize(trace, limiter, counters);
      return code;
    }
  }

  private LiveTrace start(
      LiveTrace.Options trace, Function<LookUps, TrailListener> listener, Runnable afterRead)
      throws IOException {
    warmUp();
    return LiveTrace.start(trace, listener, afterRead);
  }

  /** A hundred thousand rules take seconds to read, in which it would seem to hang. */
  private void sayIfItTakesLong() {
    Thread thread =
        new Thread(
            () -> {
              try {
                if (!ready.await(2, TimeUnit.SECONDS)) {
                  say("not ready yet: the rules are being read");
                }
              } catch (InterruptedException e) {
                // Nobody interrupts it.
              }
            },
            "reading");
    thread.setDaemon(true);
    thread.start();
  }

  private void await() throws InterruptedException {
    Duration time = options.time();
    if (time == null) {
      end.await();
    } else {
      boolean unused = end.await(time.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private static void flush(Limiter limiter, Printer printer) {
    limiter.flush();
    printer.flush();
  }

  /**
   * Has the code ready before the first packet comes; see {@link WarmUp}. Classes are loaded beside
   * the start of the trace, which waits for the kernel and for rules' texts now and then, but not
   * beside what it waits for first; and code is compiled when the start needs no processor any
   * more.
   */
  private void warmUp() {
    Thread thread =
        new Thread(
            () -> {
              try (OutputQueue nowhere =
                  new OutputQueue(OutputStream.nullOutputStream(), () -> {})) {
                Preparation.awaitEnd();
                WarmUp warmUp = new WarmUp(options.printerElsewhere(nowhere));
                warmUp.load();
                ready.await();
                warmUp.run(WARM_UP_NANOS);
              } catch (InterruptedException e) {
                // Nobody interrupts it.
              }
            },
            "warm-up");
    thread.setDaemon(true);
    thread.start();
  }

  static NetworkNamespace namespace(@Nullable String name) throws IOException {
    if (name == null) {
      return NetworkNamespace.current();
    }
    return name.indexOf('/') >= 0
        ? NetworkNamespace.at(Path.of(name))
        : NetworkNamespace.named(name);
  }

  private void checkInterfaces(NetworkNamespace namespace) throws IOException {
    if (match == null || options.allNetns()) {
      // In another namespace there may be one of that name, now or later.
      return;
    }
    List<String> asked = new ArrayList<>(match.in());
    asked.addAll(match.out());
    if (asked.isEmpty()) {
      return;
    }
    Set<String> present = LiveTrace.interfaces(namespace);
    for (String name : asked) {
      if (!name.endsWith("+") && !present.contains(name)) {
        String nearest = Nearest.to(name, present);
        throw new UserException(
            "no network interface '"
                + name
                + "' here"
                + (nearest == null ? "" : "; did you mean '" + nearest + "'?")
                + " (there are "
                + String.join(", ", present.stream().sorted().toList())
                + ")");
      }
    }
  }

  /** Says what the user should know of the trace and has not been told yet. */
  private void tell(LiveTrace trace) {
    List<String> notices = trace.notices();
    notices.subList(told, notices.size()).forEach(notice -> say(SafeText.of(notice)));
    told = notices.size();
  }

  private void greet(LiveTrace trace) {
    Mark mark = trace.marks().stream().findFirst().orElse(null);
    tell(trace);
    if (!trace.hasTexts()) {
      say(
          "rules are shown without their text: libnftables is not installed (apt install"
              + " nftables)");
    }
    if (mark != null && !mark.owned()) {
      say(
          "this kernel is older than 5.12: if fwtrail is killed, remove its mark with"
              + " 'nft delete table inet "
              + mark.table()
              + "'");
    }
    if (mark != null && mark.behindConntrack()) {
      say(
          "the match asks for the packet's connection, which is looked up at priority -200:"
              + " chains ahead of that (raw) are not shown");
    }
    say("ready: " + SafeText.of(what) + "; Ctrl-C ends it");
  }

  private void summarize(LiveTrace trace, Limiter limiter, Mark.@Nullable Counters counters) {
    TrailAssembler.Counts counts = trace.counts();
    String lost = Limiter.number(counts.lostMessages, "message") + " lost";
    say(limiter.summary() + "; " + lost + heldBack(counters));
    limiter.losses.lines().forEach(LiveRun::say);
    tell(trace);
    limiter.notices().forEach(notice -> say(SafeText.of(notice)));
    long malformed = trace.liveCounts().malformed;
    if (malformed > 0) {
      say(
          Limiter.number(malformed, "message")
              + (malformed == 1 ? " was" : " were")
              + " not understood");
    }
  }

  private String heldBack(Mark.@Nullable Counters counters) {
    if (match == null || !match.holdsBack()) {
      return ", 0 held back";
    }
    if (counters == null) {
      return "; how many were held back is not known";
    }
    long heldBack = counters.matched() - counters.traced();
    return heldBack == 0
        ? ", 0 held back"
        : "; held back "
            + heldBack
            + ": of "
            + counters.matched()
            + " packets that matched "
            + counters.traced()
            + " were traced";
  }

  private static void say(String line) {
    StandardError.say(line);
  }
}
