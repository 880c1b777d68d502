package io.fwtrail.cli.summary;

import io.fwtrail.cli.filter.TrailEnd;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.json.TimeText;
import io.fwtrail.tracer.trail.Loss;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** A summary as one JSON object on a line, with the names of the hop record. */
final class SummaryJson {
  /** Beyond it come the C1 controls, and letters that some terminals misread. */
  private static final int HIGHEST_UNESCAPED = 126;

  private static final int TALKERS = 20;

  private static final JsonFactory FACTORY =
      JsonFactory.builder().highestNonEscapedChar(HIGHEST_UNESCAPED).build();

  private SummaryJson() {}

  static String line(TrafficSummary summary) {
    StringWriter line = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), line)) {
      json.writeStartObject();
      json.writeNumberProperty("packets", summary.packets());
      if (summary.packets() > 0) {
        TimeText time = new TimeText();
        json.writeStringProperty("begin", time.of(summary.begin()));
        json.writeStringProperty("end", time.of(summary.end()));
      }
      json.writeObjectPropertyStart("verdicts");
      for (TrailEnd end : TrailEnd.values()) {
        json.writeNumberProperty(end.toString(), summary.ended(end));
      }
      json.writeEndObject();
      json.writeNumberProperty("incomplete", summary.incomplete());
      json.writeObjectPropertyStart("lost");
      for (Loss.Cause cause : Loss.Cause.values()) {
        if (summary.lost(cause) > 0) {
          json.writeNumberProperty(cause.keyword(), summary.lost(cause));
        }
      }
      json.writeEndObject();
      json.writeArrayPropertyStart("rules");
      for (RuleHits.Hits hits : summary.rules.ordered()) {
        rule(json, hits);
      }
      json.writeEndArray();
      json.writeNumberProperty("otherHits", summary.rules.others());
      talkers(json, "dropped", summary.dropped);
      talkers(json, "all", summary.all);
      json.writeEndObject();
    }
    return line.append('\n').toString();
  }

  private static void rule(JsonGenerator json, RuleHits.Hits hits) {
    Hop hop = hits.hop();
    json.writeStartObject();
    optional(json, "netns", hop.netns());
    json.writeStringProperty("family", hop.family().keyword());
    json.writeStringProperty("table", hop.table());
    json.writeStringProperty("chain", hop.chain());
    json.writeStringProperty("kind", hop.kind().keyword());
    Rule rule = hop.rule();
    if (rule != null) {
      json.writeObjectPropertyStart("rule");
      if (rule.number() > 0) {
        json.writeNumberProperty("number", rule.number());
      }
      if (rule.handle() != 0) {
        json.writeNumberProperty("handle", rule.handle());
      }
      optional(json, "text", rule.text());
      optional(json, "comment", rule.comment());
      Rule.Origin origin = rule.origin();
      if (origin != null) {
        json.writeStringProperty("file", origin.file());
        json.writeNumberProperty("line", origin.line());
      }
      json.writeEndObject();
    }
    if (hop.verdict() != null) {
      json.writeStringProperty("verdict", hop.verdict().keyword());
    }
    optional(json, "target", hop.target());
    json.writeNumberProperty("hits", hits.hits());
    json.writeNumberProperty("decided", hits.decided());
    json.writeEndObject();
  }

  private static void talkers(JsonGenerator json, String name, Talkers talkers) {
    json.writeObjectPropertyStart(name);
    top(json, "sources", talkers.sources);
    top(json, "destinations", talkers.destinations);
    top(json, "services", talkers.services);
    json.writeEndObject();
  }

  private static <K> void top(JsonGenerator json, String name, TopTalkers<K> talkers) {
    json.writeArrayPropertyStart(name);
    for (TopTalkers.Top<K> top : talkers.top(TALKERS)) {
      json.writeStartObject();
      json.writeStringProperty("value", top.key().toString());
      json.writeNumberProperty("atLeast", top.atLeast());
      json.writeNumberProperty("atMost", top.atMost());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void optional(JsonGenerator json, String name, @Nullable String value) {
    if (value != null) {
      json.writeStringProperty(name, value);
    }
  }
}
