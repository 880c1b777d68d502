package io.fwtrail.cli.output;

import io.fwtrail.cli.testing.TrailBuilder;
import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.fwtrail.tracer.hop.Connection;
import io.fwtrail.tracer.hop.Hook;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.json.NotATrailException;
import io.fwtrail.tracer.json.TrailReader;
import io.fwtrail.tracer.trail.Ending;
import io.fwtrail.tracer.trail.Trail;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;

/** A file of trails, told in all forms. */
public final class TrailsToOutputFuzz implements FuzzTarget {
  private final PrintedForms forms = new PrintedForms();

  @Override
  public List<byte[]> seeds() {
    Trail dropped =
        TrailBuilder.trail(3)
            .of(TrailBuilder.syn("10.11.0.2", 40_000, "1.2.3.4", 443))
            .state(7, "original", "new")
            .at(Hook.PREROUTING, "nat", "pre")
            .rule(
                new Rule(1, 3, "dnat to 10.0.0.5", "web", new Rule.Origin("/etc/nft", 9)),
                Verdict.ACCEPT,
                null)
            .at(Hook.FORWARD, "filter", "forward")
            .of(TrailBuilder.syn("10.11.0.2", 40_000, "10.0.0.5", 443))
            .out("wan0")
            .rule(new Rule(6, 9, "reject", null), Verdict.DROP, null)
            .build();
    Connection.Tuple to =
        new Connection.Tuple(
            TrailBuilder.ip("10.0.0.1"), TrailBuilder.ip("1.2.3.4"), "tcp", 40, 443, -1);
    Trail all =
        new Trail(
            4,
            dropped.begin(),
            dropped.end(),
            Verdict.DROP,
            "messages were lost",
            dropped.hops().get(dropped.hops().size() - 1),
            dropped.packet(),
            List.of(
                new Trail.Change(2, "dst", "1.2.3.4", "10.0.0.5"),
                new Trail.Change(2, "mark", 0L, 7L),
                new Trail.Change(2, "out", "a", "b")),
            dropped.hops(),
            new Ending(Ending.Kind.REJECTED, "icmp port-unreachable"),
            new Connection(9, 4, to, to, List.of("dst-nat"), 9, "reply", "new"),
            List.of("no route to 10.0.0.5"));
    return List.of(forms.print(OutputForm.JSON, dropped), forms.print(OutputForm.JSON, all));
  }

  /** Five forms of it. */
  @Override
  public Cost limit() {
    return new Cost(1_000, 4_000, 500);
  }

  @Override
  public void run(byte[] input) throws IOException {
    try (TrailReader reader = new TrailReader(new ByteArrayInputStream(input))) {
      while (true) {
        try {
          Trail trail = reader.next();
          if (trail == null) {
            return;
          }
          forms.check(trail);
          for (Hop hop : trail.hops()) {
            forms.check(hop);
          }
        } catch (NotATrailException e) {
          // It goes on behind that line.
        }
      }
    }
  }
}
