package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * One hop in words that both {@code nft monitor trace} and fwtrail have for it.
 *
 * @param kind rule or policy
 * @param verdict with the chain that a jump leads to
 * @param text of the rule, counters' values left out
 * @param mark at a policy, which alone nft tells it of; in hex digits
 */
record Said(
    String family,
    String table,
    String chain,
    String kind,
    String verdict,
    String text,
    String mark) {

  /** {@code trace id 1a2b3c4d inet t c rule udp dport 53 accept (verdict accept)}, and so on. */
  private static final Pattern LINE =
      Pattern.compile(
          "trace id (\\w+) (\\w+) (\\S+) (\\S+) (packet:|rule|policy|verdict|return) ?(.*)");

  private static final Pattern VERDICT = Pattern.compile("(.*) \\(verdict ([^)]*)\\)\\s*");
  private static final Pattern MARK = Pattern.compile("meta mark 0x0*([0-9a-f]+)");

  private static String plain(String text) {
    return text.replaceAll("counter packets \\d+ bytes \\d+", "counter")
        .replaceAll("\\s+", " ")
        .strip();
  }

  /** Of hop records, in order; the ends of called chains are left out, as nft 1.0.6 does it. */
  static List<Said> ofHops(Iterable<JsonNode> hops) {
    List<Said> said = new ArrayList<>();
    for (JsonNode hop : hops) {
      String kind = hop.get("kind").asString();
      if (kind.equals("return")) {
        continue;
      }
      String verdict = hop.path("verdict").asString("");
      if (hop.has("target")) {
        verdict += " " + hop.get("target").asString();
      }
      JsonNode rule = hop.path("rule");
      String text = rule.path("text").asString("");
      if (rule.has("comment")) {
        text += " comment \"" + rule.get("comment").asString() + "\"";
      }
      String mark =
          kind.equals("policy") && hop.has("mark")
              ? Long.toHexString(hop.get("mark").asLong())
              : "";
      said.add(
          new Said(
              hop.get("family").asString(),
              hop.get("table").asString(),
              hop.get("chain").asString(),
              kind,
              verdict,
              plain(text),
              mark));
    }
    return said;
  }

  /** Of the lines of {@code nft monitor trace}, in order. */
  static List<Said> ofNft(List<String> lines) {
    List<Said> said = new ArrayList<>();
    for (String line : lines) {
      Matcher m = LINE.matcher(line);
      assertThat(m.matches()).as("not understood: " + line).isTrue();
      String rest = m.group(6);
      switch (m.group(5)) {
        case "rule" -> {
          Matcher verdict = VERDICT.matcher(rest);
          assertThat(verdict.matches()).as(line).isTrue();
          said.add(
              new Said(
                  m.group(2),
                  m.group(3),
                  m.group(4),
                  "rule",
                  verdict.group(2),
                  plain(verdict.group(1)),
                  ""));
        }
        case "policy" -> {
          Matcher mark = MARK.matcher(rest);
          said.add(
              new Said(
                  m.group(2),
                  m.group(3),
                  m.group(4),
                  "policy",
                  rest.split(" ", 2)[0],
                  "",
                  mark.find() ? mark.group(1) : ""));
        }
        default -> {
          // The packet's line, or a return of kernel 6.1.
        }
      }
    }
    return said;
  }

  /** The same without the rule's text, for rules that the two print in different languages. */
  Said withoutText() {
    return new Said(family, table, chain, kind, verdict, "", mark);
  }
}
