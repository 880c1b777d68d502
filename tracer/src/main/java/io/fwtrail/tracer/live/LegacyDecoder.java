package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nflog.PacketLogMessage;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.log.LegacySightings;
import io.fwtrail.tracer.log.LogEvent;
import io.fwtrail.tracer.log.NflogDecoder;
import io.fwtrail.tracer.log.NflogSequence;
import io.fwtrail.tracer.ruleset.RuleSet;
import io.fwtrail.tracer.trail.Sighting;

/** Says of one NFLOG message what it means: {@link TraceDecoder} for legacy tables. */
final class LegacyDecoder {
  private final PacketLogMessage message = new PacketLogMessage();
  private final LogEvent event = new LogEvent();
  private final LegacySightings sightings =
      new LegacySightings(Hop.Source.NFLOG, Hop.Clock.RECEIVE);
  private final NflogDecoder decoder;
  private final NflogSequence sequence = new NflogSequence();
  private long toldOf;
  private long missing;

  LegacyDecoder(Interfaces interfaces) {
    this.decoder = new NflogDecoder(interfaces::name);
  }

  /**
   * Fills a sighting.
   *
   * @param cursor stands on the message
   * @param time nanoseconds since 1970-01-01T00:00Z
   * @return false if the message is no trace
   */
  boolean fill(Sighting s, MessageCursor cursor, RuleSet rules, long time) {
    message.decode(cursor);
    missing = Math.max(0, sequence.see(message.sequence()) - toldOf);
    toldOf = 0;
    if (!decoder.fill(event, message, time)) {
      return false;
    }
    // The kernel tells a time at some hooks only (not on the way out), and where anybody captures
    // packets it is that of the packet's arrival: one clock for all hops serves better.
    event.time = time;
    sightings.fill(s, event, rules);
    return true;
  }

  /** The socket has lost messages of any kind, and said so: gaps up to so many are no news. */
  void lost(long messages) {
    toldOf += messages;
  }

  /** How many messages are missing ahead of the one that was read last, of which nothing told. */
  long missing() {
    return missing;
  }
}
