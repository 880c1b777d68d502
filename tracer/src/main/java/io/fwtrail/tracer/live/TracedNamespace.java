package io.fwtrail.tracer.live;

import io.fwtrail.netlink.MessageCursor;
import io.fwtrail.netlink.nftables.TraceMessage;
import io.fwtrail.tracer.trail.Sighting;

/**
 * What is needed to read the messages of one namespace: its rule set, and the names in it. Used on
 * the event loop's thread.
 */
final class TracedNamespace {
  /** The id of the namespace that the socket is in. */
  static final int HOME = -1;

  private final int id;
  private final RuleBook rules;
  private final TraceDecoder decoder;

  /**
   * Makes one.
   *
   * @param id the number that batches have for it; see {@link
   *     io.fwtrail.netlink.channel.NetlinkBatch#namespaceId}
   */
  TracedNamespace(int id, RuleBook rules, TraceDecoder decoder) {
    this.id = id;
    this.rules = rules;
    this.decoder = decoder;
  }

  /** The number that batches have for it. */
  int id() {
    return id;
  }

  /** Its rule set. */
  RuleBook rules() {
    return rules;
  }

  /** Its hops show another name from now on. */
  void rename(String name) {
    decoder.rename(name);
  }

  /**
   * Says of a sighting of a legacy table, which no namespace's number came with, that it is here.
   */
  void claim(Sighting sighting) {
    sighting.namespace = id;
    decoder.claim(sighting);
  }

  /**
   * Reads a message of this namespace.
   *
   * @throws io.fwtrail.netlink.MalformedMessageException as {@link TraceMessage#decode}
   */
  void decode(TraceMessage into, MessageCursor message) {
    decoder.decode(into, message);
  }

  /**
   * Fills a sighting with what that message says.
   *
   * @param time nanoseconds since 1970-01-01T00:00Z
   */
  void fill(Sighting sighting, TraceMessage message, long time) {
    RuleSetChange.Met met = rules.metBy(message);
    decoder.fill(sighting, message, met == null ? rules.newest() : met.rules(), id, time);
    sighting.ruleSetChanging = met != null;
    if (met != null && !met.sure()) {
      decoder.forgetRule(sighting);
    }
  }
}
