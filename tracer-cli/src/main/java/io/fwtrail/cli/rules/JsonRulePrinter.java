package io.fwtrail.cli.rules;

import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import io.fwtrail.tracer.ruleset.Chain;
import io.fwtrail.tracer.ruleset.TraceRules;
import java.io.PrintStream;
import java.io.StringWriter;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** One object a line, with the names of the hop record; what is not known is left out. */
final class JsonRulePrinter implements RulePrinter {
  /** Beyond it come the C1 controls, and letters that some terminals misread. */
  private static final int HIGHEST_UNESCAPED = 126;

  private static final JsonFactory FACTORY =
      JsonFactory.builder().highestNonEscapedChar(HIGHEST_UNESCAPED).build();

  private final PrintStream out;

  JsonRulePrinter(PrintStream out) {
    this.out = out;
  }

  @Override
  public void rule(ListedRule listed) {
    StringWriter line = new StringWriter();
    try (JsonGenerator json = begin(line, listed.flavour(), listed.chain(), "rule")) {
      Rule rule = listed.rule();
      json.writeObjectPropertyStart("rule");
      json.writeNumberProperty("number", rule.number());
      if (rule.handle() != 0) {
        json.writeNumberProperty("handle", rule.handle());
      }
      optional(json, "text", rule.text());
      optional(json, "comment", rule.comment());
      json.writeEndObject();
      TraceRules.Counters counters = listed.counters();
      if (counters != null) {
        json.writeNumberProperty("packets", unsigned(counters.packets()));
        json.writeNumberProperty("bytes", unsigned(counters.bytes()));
      }
      json.writeBooleanProperty("traces", listed.traces());
      if (listed.owner() != Owner.ANYBODY) {
        json.writeStringProperty("owner", listed.owner().keyword());
      }
      json.writeEndObject();
    }
    print(line);
  }

  @Override
  public void end(ListedChain listed) {
    StringWriter line = new StringWriter();
    Verdict policy = listed.chain().policy();
    String kind = policy == null ? "return" : "policy";
    try (JsonGenerator json = begin(line, listed.flavour(), listed.chain(), kind)) {
      json.writeStringProperty(
          "verdict", policy == null ? Verdict.RETURN.keyword() : policy.keyword());
      json.writeEndObject();
    }
    print(line);
  }

  private static JsonGenerator begin(StringWriter line, Flavour flavour, Chain chain, String kind) {
    JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), line);
    json.writeStartObject();
    json.writeStringProperty("flavour", flavour.keyword());
    json.writeStringProperty("family", chain.family().keyword());
    json.writeStringProperty("table", chain.table());
    json.writeStringProperty("chain", chain.name());
    if (chain.hook() != null) {
      json.writeStringProperty("hook", chain.hook().keyword());
    }
    json.writeStringProperty("kind", kind);
    return json;
  }

  private static void optional(JsonGenerator json, String name, @Nullable String value) {
    if (value != null) {
      json.writeStringProperty(name, value);
    }
  }

  private static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }

  /** DEL, which can only stand in a text, is let through by JSON and by the limit above. */
  private void print(StringWriter line) {
    out.println(line.toString().replace("\u007f", "\\u007F"));
  }

  @Override
  public void flush() {
    out.flush();
  }
}
