package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fwtrail.netlink.lab.Running;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shorter questions, a summary and sentences, as a person asks for them of a log. */
class QuestionsTest {
  @TempDir private Path folder;
  private String log;
  private String rules;

  /** The log of three packets, and its rule set in which the web server's rule drops. */
  @BeforeEach
  void copy() throws IOException {
    log = folder.resolve("log").toString();
    rules = folder.resolve("rules.v4").toString();
    try (InputStream in = ReadTest.class.getResourceAsStream("firewall_trace.log")) {
      Files.copy(in, Path.of(log));
    }
    try (InputStream in = ReadTest.class.getResourceAsStream("rules.v4")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      Files.writeString(
          Path.of(rules), text.replace("\"the web\" -j ACCEPT", "\"the web\" -j DROP"));
    }
  }

  private static Running run(int code, String input, String... arguments) throws Exception {
    List<String> words = Fwtrail.command(List.of(), arguments);
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().put("TZ", "UTC");
    Running running = new Running(builder.start(), words);
    running.input(input);
    running.endInput();
    assertThat(running.awaitEnd(Fwtrail.PATIENCE)).as("%s", running.err()).isEqualTo(code);
    return running;
  }

  private Running read(String... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of("read", log, "--ruleset", rules));
    words.addAll(List.of(arguments));
    return run(0, "", words.toArray(String[]::new));
  }

  @Test
  void onlyDropsAreShownAndTheOthersCounted() throws Exception {
    Running read = read("--drops-only");
    assertThat(read.out()).filteredOn(line -> line.startsWith("18:")).hasSize(1);
    assertThat(read.out().get(0)).contains("  DROPPED   tcp 172.69.63.16:62598");
    assertThat(read.err())
        .singleElement()
        .asString()
        .startsWith("fwtrail: 1 of 3 packets shown: 1 dropped, 0 accepted, 0 incomplete; 8 lines");
  }

  @Test
  void aLineAHopShowsTheHopsThatWereAskedFor() throws Exception {
    assertThat(read("--output", "hops", "--table", "ip filter").out())
        .hasSize(2)
        .allMatch(line -> line.contains(" ip filter "));
    assertThat(read("--output", "hops", "--drops-only", "--chain", "INPUT").out())
        .as("of a trail that was dropped, the hops in a chain")
        .hasSize(2)
        .allMatch(line -> line.contains(" INPUT "));
  }

  @Test
  void aRuleSelectsTheTrailsThatMetIt() throws Exception {
    assertThat(read("--rule", "/DPORT 53/", "--output", "json").out())
        .singleElement()
        .asString()
        .contains("\"verdict\":\"accept\"");
    assertThat(read("--chain", "INPUT", "--rule", "7").out()).isEmpty();
  }

  @Test
  void countIsOfWhatIsShown() throws Exception {
    assertThat(read("--verdict", "accept,lost", "--count", "2", "--output", "json").out())
        .hasSize(2)
        .noneMatch(line -> line.contains("\"verdict\":\"drop\""));
  }

  @Test
  void aSummaryFitsAScreen() throws Exception {
    List<String> lines = read("--summary").out();
    assertThat(lines).hasSizeLessThanOrEqualTo(24).allMatch(line -> line.length() <= 80);
    assertThat(lines.get(0)).startsWith("3 packets, 18:33:27 to 18:48:38 ");
    assertThat(lines.get(1))
        .isEqualTo("accepted 1 (33%), dropped 1 (33%), end not known 1 (33%), incomplete 1");
    assertThat(lines)
        .contains(
            "       2  67%  accept   ip raw PREROUTING policy",
            "       1  33%  drop     ip filter INPUT 6          -A INPUT -p tcp --dport 443..",
            "1  172.69.63.16           1  1.2.3.4                1  tcp/443");
  }

  @Test
  void aSummaryIsARecordAsWell() throws Exception {
    assertThat(read("--summary", "--output", "json").out())
        .singleElement()
        .asString()
        .startsWith("{\"packets\":3,")
        .contains("\"verdicts\":{\"accept\":1,\"drop\":1,\"reject\":0,");
  }

  @Test
  void theTrailThatWasDroppedIsExplained() throws Exception {
    String told =
        "At 18:33:27.000000 a TCP ACK packet of 40 bytes from 172.69.63.16:62598 to 1.2.3.4:443"
            + " came in by eth0. Nothing stopped it in ip raw PREROUTING. Nothing stopped it in ip"
            + " mangle INPUT. In ip filter INPUT, rule 6 \"the web\" (-A INPUT -p tcp --dport 443 -j"
            + " DROP; rules.v4:27) dropped it. That was its end. ";
    String json = String.join("\n", read("--output", "json").out());
    assertThat(unwrapped(run(0, json, "explain"))).isEqualTo(told);
    Path file = Files.writeString(folder.resolve("trails"), json);
    assertThat(unwrapped(run(0, "", "explain", file.toString(), "--trail", "1"))).isEqualTo(told);
    assertThat(unwrapped(read("--output", "explain", "--drops-only"))).isEqualTo(told);
  }

  /** On one line, and without the folder, whose length decides where lines are wrapped. */
  private String unwrapped(Running running) {
    return String.join(" ", running.out()).replace(folder + "/", "");
  }

  @Test
  void withoutADropTheFirstTrailIsExplained() throws Exception {
    String json = String.join("\n", read("--output", "json", "--verdict", "accept").out());
    assertThat(run(0, json, "explain").out().get(0)).startsWith("At 18:48:38.394880 a UDP packet");
  }

  @Test
  void whatCannotBeExplainedIsSaidInOneLine() throws Exception {
    assertThat(run(1, "", "explain").err())
        .containsExactly("fwtrail explain: there is no trail in standard input");
    assertThat(run(1, "", "explain", rules).err())
        .containsExactly("fwtrail explain: " + rules + ", line 1: it is not JSON, or cut");
    String json = String.join("\n", read("--output", "json").out());
    assertThat(run(1, json, "explain", "-", "--trail", "9").err())
        .containsExactly(
            "fwtrail explain: there is no trail 9 in standard input, which has 3 trails from 1 to"
                + " 3");
    String hops = String.join("\n", read("--output", "json-hops").out());
    assertThat(run(1, hops, "explain").err())
        .singleElement()
        .asString()
        .contains("line 1: it is a hop, and no trail");
  }
}
