package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.lab.NeedsKernel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The demo runs, and what the documents show of it is what it prints. */
@NeedsKernel
class DemoKernelTest {

  private static List<String> run(String... arguments) throws IOException, InterruptedException {
    List<String> words = Fwtrail.command(List.of(), arguments);
    Process process =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return out.lines().toList();
  }

  private static String document(String name) throws IOException {
    return Files.readString(Path.of("..").resolve(name));
  }

  /** What differs from run to run: the time of day and the client's ports. */
  private static String steady(String line) {
    return line.replaceAll("^\\d\\d:\\d\\d:\\d\\d\\.\\d{6}", "TIME")
        .replaceAll("connection \\d+", "connection ID")
        .replaceAll("10\\.12\\.0\\.1:\\d+", "10.12.0.1:PORT")
        .replaceAll("(10\\.11\\.0\\.2|2001:db8:11::2\\]):\\d+ >", "$1:PORT >")
        .stripTrailing();
  }

  @Test
  void theReadmeShowsWhatItPrints() throws Exception {
    String readme = document("README.md");
    String marked = readme.substring(readme.indexOf("<!-- demo:"));
    String[] fences = marked.split("```\n", 3);
    List<String> sample = fences[1].lines().map(DemoKernelTest::steady).toList();
    assertThat(sample).isNotEmpty();

    List<String> printed = run("demo").stream().map(DemoKernelTest::steady).toList();

    String all = printed.stream().collect(Collectors.joining("\n"));
    assertThat(all).contains(String.join("\n", sample));
    assertThat(printed).filteredOn(line -> line.startsWith("TIME")).hasSize(8);
  }

  @Test
  void theHopRecordIsAsDescribed() throws Exception {
    String page = document("docs/hop-record.md");
    String marked = page.substring(page.indexOf("<!-- hop:"));
    String sample = marked.split("```json\n", 2)[1].split("\n```", 2)[0];
    JsonNode described = Records.read(sample);

    JsonNode printed =
        run("demo", "--output", "json-hops").stream()
            .map(Records::read)
            .filter(hop -> hop.get("trail").asInt() == described.get("trail").asInt())
            .findFirst()
            .orElseThrow();

    assertThat(fields(printed)).isEqualTo(fields(described));
    for (String same :
        List.of("family", "table", "chain", "hook", "kind", "rule", "verdict", "in", "macSrc")) {
      assertThat(printed.get(same)).as(same).isEqualTo(described.get(same));
    }
  }

  /** The names of all fields, in order, also of the objects inside. */
  private static List<String> fields(JsonNode node) {
    List<String> names = new ArrayList<>();
    for (String name : node.propertyNames()) {
      names.add(name);
      if (node.get(name).isObject()) {
        fields(node.get(name)).forEach(inner -> names.add(name + "." + inner));
      }
    }
    return names;
  }

  @Test
  void everyTrailSaysWhatBecameOfItsPacket() throws Exception {
    List<JsonNode> trails = run("demo", "--output", "json").stream().map(Records::read).toList();

    assertThat(trails)
        .extracting(trail -> trail.get("verdict").asString())
        .isEqualTo(
            Arrays.asList(
                "accept", "accept", "drop", "accept", "drop", "drop", "accept", "accept"));
    assertThat(trails).allMatch(trail -> trail.get("complete").asBoolean());
  }
}
