package io.fwtrail.vm;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** Hop records of one scenario that came by different ways, as far as they must not differ. */
final class Hops {
  /** Ports from here up were chosen by the system. */
  private static final int FIRST_RANDOM_PORT = 30_000;

  private Hops() {}

  /**
   * The trails, each with what its hops met, sorted: where a rule rejects a packet, nf_tables tells
   * of the answer's hops ahead of that rule's, a legacy table behind it.
   */
  static List<String> comparable(List<JsonNode> hops) {
    Map<Long, StringBuilder> trails = new TreeMap<>();
    for (JsonNode hop : hops) {
      trails
          .computeIfAbsent(hop.get("trail").asLong(), number -> new StringBuilder())
          .append(line(hop));
    }
    return trails.values().stream().map(StringBuilder::toString).sorted().toList();
  }

  private static String line(JsonNode hop) {
    StringBuilder line = new StringBuilder();
    for (String field : List.of("hook", "family", "table", "chain", "kind", "verdict", "target")) {
      add(line, hop, field);
    }
    add(line, hop.path("rule"), "number");
    add(line, hop.path("rule"), "comment");
    add(line, hop, "in");
    add(line, hop, "out");
    JsonNode packet = hop.get("packet");
    for (String field :
        List.of("src", "dst", "protocol", "length", "ttl", "hopLimit", "flags", "icmpType")) {
      add(line, packet, field);
    }
    if (packet.path("dport").asInt() < FIRST_RANDOM_PORT) {
      add(line, packet, "dport");
    }
    return line.append('\n').toString();
  }

  private static void add(StringBuilder line, JsonNode of, String field) {
    JsonNode value = of.path(field);
    if (!value.isMissingNode()) {
      line.append(field).append('=').append(value).append(' ');
    }
  }
}
