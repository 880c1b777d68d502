package io.fwtrail.cli;

import io.fwtrail.cli.filter.TrailFilter;
import io.fwtrail.cli.output.Printer;
import io.fwtrail.cli.output.SafeText;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.WallClock;
import io.fwtrail.tracer.log.EventPipe;
import io.fwtrail.tracer.log.LineReader;
import io.fwtrail.tracer.log.LogEvent;
import io.fwtrail.tracer.log.LogFiles;
import io.fwtrail.tracer.log.LogFollower;
import io.fwtrail.tracer.log.LogLineParser;
import io.fwtrail.tracer.log.LogTrails;
import io.fwtrail.tracer.ruleset.OfflineRules;
import io.fwtrail.tracer.ruleset.RuleSet;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads logs from the first line to the last, or on and on. */
final class ReadRun {
  /** How many lines that were not understood are shown. */
  private static final int MOST_SHOWN = 10;

  /** How much of each. */
  private static final int EXCERPT = 120;

  /**
   * Of one listing of rules, unpacked: of a hundred thousand rules, which the heap has room for.
   */
  private static final int MOST_RULESET_BYTES = 16 * 1024 * 1024;

  /** A log that is silent for so long has no packet under way. */
  private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final List<String> files;
  private final List<String> rulesets;
  private final boolean follow;
  private final boolean strict;
  private final OutputOptions output;
  private final CountDownLatch end = new CountDownLatch(1);
  private final LogEvent event = new LogEvent();
  private final List<String> damagedLines = new ArrayList<>();
  private final LineReader reader = new LineReader(this::line);
  private final LogLineParser parser = parser();
  private String file = "";
  private long lines;
  private long traces;
  private long damaged;
  private long lastTrace = System.nanoTime();
  private boolean quiet = true;
  private LogTrails trails = none();

  /** To the thread that makes trails; null while following, where there is no hurry. */
  private @Nullable EventPipe pipe;

  ReadRun(
      List<String> files,
      List<String> rulesets,
      boolean follow,
      boolean strict,
      OutputOptions output) {
    this.files = files;
    this.rulesets = rulesets;
    this.follow = follow;
    this.strict = strict;
    this.output = output;
  }

  private static LogLineParser parser() {
    return new LogLineParser(ZoneId.systemDefault(), WallClock.nanos(), 0);
  }

  private static LogTrails none() {
    return trails(
        new Limiter(Limiter.NOWHERE, TrailFilter.ALL, null, null, new CountDownLatch(1)),
        RuleSet.EMPTY);
  }

  private static LogTrails trails(Limiter limiter, RuleSet rules) {
    return new LogTrails(limiter, Hop.Source.SYSLOG, Hop.Clock.SYSLOG, rules);
  }

  int run() throws IOException, InterruptedException {
    TrailFilter filter = output.filter();
    RuleSet rules = rules();
    Limiter shown;
    int code;
    try (Results results = new Results(output, end::countDown, true);
        Printer printer = output.printer(results.queue())) {
      Shutdown.onSignal(
          () -> {
            end.countDown();
            // Reading waits for writing.
            results.giveUp();
          });
      Limiter limiter = new Limiter(printer, filter, output.count(), null, end);
      shown = limiter;
      trails = trails(limiter, rules);
      Runnable flush =
          () -> {
            limiter.flush();
            printer.flush();
          };
      Status status =
          new Status(
              () -> results.count(limiter.losses),
              limiter.losses,
              output.progressWanted() ? () -> results.progress(limiter) : null);
      try {
        if (follow) {
          follow(flush);
        } else {
          readAll(flush);
        }
      } finally {
        status.close();
      }
      trails.end();
      limiter.flush();
      printer.end();
      printer.flush();
      code = results.finish(limiter.losses);
    }
    summarize(shown);
    return strict && damaged > 0 ? Errors.FAILED : code;
  }

  private RuleSet rules() throws IOException {
    if (rulesets.isEmpty()) {
      return RuleSet.EMPTY;
    }
    OfflineRules rules = new OfflineRules();
    for (String name : rulesets) {
      try (InputStream in = LogFiles.open(name)) {
        byte[] listing = in.readNBytes(MOST_RULESET_BYTES + 1);
        if (listing.length > MOST_RULESET_BYTES) {
          throw new UserException(
              "--ruleset "
                  + name
                  + ": it is longer than any listing of rules; name what"
                  + " iptables-save or 'nft list ruleset' printed");
        }
        rules.addFrom(name, new String(listing, StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        throw new UserException("--ruleset " + name + ": " + e.getMessage());
      }
    }
    if (rules.notUnderstood() > 0) {
      say(rules.notUnderstood() + " lines of the rule set were not understood");
    }
    return rules.ruleSet();
  }

  private void readAll(Runnable flush) throws IOException {
    List<String> ordered = LogFiles.inOrderOfTime(files, ReadRun::parser);
    try (EventPipe toTrails = new EventPipe(trails::take, flush)) {
      pipe = toTrails;
      for (String name : ordered) {
        if (!name.equals(LogFiles.STANDARD_INPUT)) {
          readFile(name, () -> {});
        }
      }
    }
    pipe = null;
    if (ordered.contains(LogFiles.STANDARD_INPUT)) {
      // It may be a pipe from a log that goes on: what came is shown at once.
      readFile(LogFiles.STANDARD_INPUT, flush);
    }
  }

  private void readFile(String name, Runnable afterRead) throws IOException {
    file = name;
    reader.beginFile();
    try (InputStream in = LogFiles.open(name)) {
      while (end.getCount() > 0 && reader.read(in)) {
        afterRead.run();
      }
    } catch (ZipException | EOFException e) {
      throw new IOException(name + " is damaged, or was cut: " + e.getMessage(), e);
    }
    reader.end();
  }

  private void follow(Runnable flush) throws IOException, InterruptedException {
    file = files.get(0);
    LogFollower follower =
        new LogFollower(
            Path.of(file),
            reader,
            () -> {
              if (!quiet && System.nanoTime() - lastTrace > SILENT_NANOS) {
                quiet = true;
                trails.quiet();
              }
              flush.run();
            });
    Thread stopper =
        new Thread(
            () -> {
              try {
                end.await();
              } catch (InterruptedException e) {
                // The process ends.
              }
              follower.stop();
            },
            "fwtrail-stop");
    stopper.setDaemon(true);
    stopper.start();
    say("following " + SafeText.of(file) + "; Ctrl-C ends it");
    follower.run();
  }

  private void line(byte[] b, int start, int lineEnd, boolean tooLong) {
    if (end.getCount() == 0) {
      return;
    }
    lines++;
    LogEvent into = pipe == null ? event : pipe.next();
    LogLineParser.Outcome outcome = parser.parse(b, start, lineEnd, into);
    if (tooLong && outcome == LogLineParser.Outcome.TRACE) {
      outcome = LogLineParser.Outcome.DAMAGED;
    }
    switch (outcome) {
      case TRACE -> {
        traces++;
        if (pipe != null) {
          pipe.send();
        } else {
          quiet = false;
          lastTrace = System.nanoTime();
          trails.take(event);
        }
      }
      case DAMAGED -> {
        if (damaged++ < MOST_SHOWN) {
          int length = Math.min(lineEnd - start, EXCERPT);
          String text = new String(b, start, length, StandardCharsets.UTF_8);
          damagedLines.add(
              SafeText.of(file) + ":" + reader.number() + ": not understood: " + SafeText.of(text));
        }
      }
      case OTHER -> {
        // Not a trace.
      }
    }
  }

  private void summarize(Limiter limiter) {
    damagedLines.forEach(ReadRun::say);
    if (damaged > damagedLines.size()) {
      say("and " + (damaged - damagedLines.size()) + " more lines that were not understood");
    }
    say(
        limiter.summary()
            + "; "
            + lines
            + " lines read, "
            + traces
            + " of them traces, "
            + damaged
            + " damaged");
    limiter.losses.lines().forEach(ReadRun::say);
  }

  private static void say(String line) {
    StandardError.say(line);
  }
}
