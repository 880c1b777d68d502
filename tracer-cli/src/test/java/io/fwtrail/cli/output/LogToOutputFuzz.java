package io.fwtrail.cli.output;

import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.json.NotATrailException;
import io.fwtrail.tracer.json.TrailReader;
import io.fwtrail.tracer.log.LineReader;
import io.fwtrail.tracer.log.LogEvent;
import io.fwtrail.tracer.log.LogLineParser;
import io.fwtrail.tracer.log.LogTrails;
import io.fwtrail.tracer.ruleset.OfflineRules;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Trail;
import io.fwtrail.tracer.trail.TrailListener;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A log on its whole way to all forms of output. Each trace is one hop and in one trail, and a
 * record of JSON is read as what it says.
 */
public final class LogToOutputFuzz implements FuzzTarget {
  private static final long NOW = 1_795_000_000_000_000_000L;

  private final PrintedForms forms = new PrintedForms();
  private final LogEvent event = new LogEvent();
  private final RuleSet rules = rules();
  private final LogLineParser parser = new LogLineParser(ZoneOffset.UTC, NOW, 0);
  private long traces;
  private long hops;
  private long inTrails;

  /** With a comment that speaks to terminals, for the rules that the captured packets met. */
  private static RuleSet rules() {
    OfflineRules rules = new OfflineRules();
    rules.add(
        """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        -A INPUT -p tcp -m comment --comment "\u001b[2J\u202e\u009b31m" -j u
        -A FORWARD -m comment --comment "a
          b" -j ACCEPT
        COMMIT
        """);
    return rules.ruleSet();
  }

  @Override
  public List<byte[]> seeds() {
    try (InputStream in =
        LogToOutputFuzz.class.getResourceAsStream("/io/fwtrail/cli/firewall_trace.log")) {
      List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      List<byte[]> seeds = new ArrayList<>();
      for (int i = 0; i < lines.size(); i += 3) {
        String some = String.join("\n", lines.subList(i, Math.min(i + 3, lines.size())));
        seeds.add(some.getBytes(StandardCharsets.UTF_8));
      }
      return seeds;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Five forms of it. */
  @Override
  public Cost limit() {
    return new Cost(1_500, 4_000, 1_000);
  }

  private final TrailListener listener =
      new TrailListener() {
        @Override
        public void hop(Hop hop) {
          hops++;
          forms.check(hop);
        }

        @Override
        public void trail(Trail trail) {
          inTrails += trail.hops().size();
          forms.check(trail);
          readAgain(trail);
        }
      };

  private final LineReader reader = new LineReader(this::line);
  private LogTrails trails = trails();

  private LogTrails trails() {
    return new LogTrails(listener, Hop.Source.SYSLOG, Hop.Clock.SYSLOG, rules);
  }

  @Override
  public void run(byte[] input) throws IOException {
    traces = 0;
    hops = 0;
    inTrails = 0;
    trails = trails();
    reader.forget();
    InputStream in = new ByteArrayInputStream(input);
    while (reader.read(in)) {
      // To the end.
    }
    reader.end();
    trails.end();
    if (hops != traces || inTrails != traces) {
      throw new AssertionError(
          traces + " traces, " + hops + " hops, " + inTrails + " of them in trails");
    }
  }

  private void line(byte[] b, int start, int end, boolean tooLong) {
    if (parser.parse(b, start, end, event) == LogLineParser.Outcome.TRACE) {
      traces++;
      trails.take(event);
    }
  }

  private void readAgain(Trail trail) {
    byte[] line = forms.print(OutputForm.JSON, trail);
    try (TrailReader trailReader = new TrailReader(new ByteArrayInputStream(line))) {
      Trail read = trailReader.next();
      if (read == null || !Arrays.equals(line, forms.print(OutputForm.JSON, read))) {
        throw new AssertionError(new String(line, StandardCharsets.US_ASCII) + " was " + read);
      }
    } catch (NotATrailException e) {
      throw new AssertionError(new String(line, StandardCharsets.US_ASCII), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
