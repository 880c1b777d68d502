package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.json.JsonRecords;
import io.fwtrail.tracer.trail.Loss;
import io.fwtrail.tracer.trail.Trail;

/** Shows hops or trails as JSON Lines. */
final class JsonPrinter implements Printer {
  private final OutputQueue queue;
  private final JsonRecords records;
  private final boolean hops;

  JsonPrinter(OutputQueue queue, boolean hops) {
    this.queue = queue;
    this.records = new JsonRecords(queue.chunk());
    this.hops = hops;
    queue.sayWhereDropped(JsonRecords::lineOf);
  }

  @Override
  public void hop(Hop hop) {
    if (hops) {
      records.line(hop);
      queue.endRecord();
    }
  }

  @Override
  public void trail(Trail trail) {
    if (!hops) {
      records.line(trail);
      queue.endRecord();
    }
  }

  @Override
  public void lost(Loss loss) {
    queue.add(loss);
  }

  @Override
  public void flush() {
    queue.flush();
  }
}
