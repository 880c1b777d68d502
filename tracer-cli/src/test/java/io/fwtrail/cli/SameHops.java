package io.fwtrail.cli;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Compares hop records of one scenario that came by different ways. */
final class SameHops {
  /** What another source cannot have, or what differs from run to run. */
  private static final List<String> OF_THE_SOURCE =
      List.of("time", "clock", "source", "ct", "verdictFrom", "uid", "gid", "trail", "host");

  private static final int FIRST_RANDOM_PORT = 30_000;

  private static final List<String> OF_THE_RUN =
      List.of("id", "seq", "ack", "window", "sport", "flowLabel");

  private SameHops() {}

  /**
   * The trails, each with its hops without what may differ, sorted: where a rule rejects a packet,
   * nf_tables tells of the answer's hops ahead of that rule's, a legacy table behind it.
   */
  static List<String> comparable(List<JsonNode> hops) {
    Map<Long, StringBuilder> trails = new TreeMap<>();
    for (JsonNode hop : hops) {
      ObjectNode bare = (ObjectNode) hop.deepCopy();
      bare.remove(OF_THE_SOURCE);
      ObjectNode packet = (ObjectNode) bare.get("packet");
      packet.remove(OF_THE_RUN);
      if (packet.path("dport").asInt() >= FIRST_RANDOM_PORT) {
        packet.remove("dport");
      }
      JsonNode rule = bare.get("rule");
      if (rule != null) {
        ((ObjectNode) rule).remove(List.of("handle", "file", "line"));
        if (rule.get("text").asString().contains("-j MARK")) {
          // nf_tables tells the mark after the rule, a legacy table that before it.
          bare.remove("mark");
        }
      }
      if (bare.path("hook").asString().equals("postrouting")) {
        // There the kernel log has no hardware addresses.
        bare.remove(List.of("macSrc", "macDst", "etherType"));
      }
      trails
          .computeIfAbsent(hop.get("trail").asLong(), number -> new StringBuilder())
          .append(bare)
          .append('\n');
    }
    return trails.values().stream().map(StringBuilder::toString).sorted().toList();
  }
}
