package io.fwtrail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fwtrail.cli.testing.Records;
import io.fwtrail.netlink.lab.Running;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fwtrail read} as a person runs it. */
class ReadTest {
  private static final Path README = Path.of("..", "README.md");
  private static final String SAMPLE = "<!-- read:";

  /** Begins a command whose standard output has no room. */
  private static final List<String> INTO_A_FULL_DISK =
      List.of("sh", "-c", "exec \"$@\" >/dev/full", "sh");

  @TempDir private Path folder;
  private Path log;
  private Path rules;

  @BeforeEach
  void copy() throws IOException {
    log = copy("firewall_trace.log");
    rules = copy("rules.v4");
  }

  private Path copy(String name) throws IOException {
    Path to = folder.resolve(name);
    try (InputStream in = ReadTest.class.getResourceAsStream(name)) {
      Files.copy(in, to);
    }
    return to;
  }

  private static Running start(String... arguments) throws IOException {
    List<String> read = new ArrayList<>(List.of("read"));
    read.addAll(Arrays.asList(arguments));
    return startBy(List.of(), read.toArray(String[]::new));
  }

  /** Starts it by another command, whose last arguments are the words that start it. */
  private static Running startBy(List<String> by, String... arguments) throws IOException {
    List<String> words = Fwtrail.command(by, arguments);
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().put("TZ", "UTC");
    return new Running(builder.start(), words);
  }

  private static Running run(int code, String... arguments) throws Exception {
    Running running = start(arguments);
    running.endInput();
    assertThat(running.awaitEnd(Fwtrail.PATIENCE)).isEqualTo(code);
    return running;
  }

  /** The block of the README behind the marked line. */
  private static List<String> sample(String marked) throws IOException {
    List<String> lines = Files.readAllLines(README);
    int mark = 0;
    while (!lines.get(mark).startsWith(marked)) {
      mark++;
    }
    int end = mark + 2;
    while (!lines.get(end).equals("```")) {
      end++;
    }
    return lines.subList(mark + 2, end);
  }

  @Test
  void theReadmeShowsWhatItPrints() throws Exception {
    List<String> printed = run(0, "--ruleset", rules.toString(), log.toString()).out();
    List<String> shown = new ArrayList<>();
    printed.forEach(line -> shown.add(line.replace(rules.toString(), "rules.v4")));
    while (shown.get(shown.size() - 1).isEmpty()) {
      shown.remove(shown.size() - 1);
    }
    assertThat(shown).isEqualTo(sample(SAMPLE));
  }

  @Test
  void theReadmeShowsItsSummary() throws Exception {
    assertThat(run(0, "--ruleset", rules.toString(), "--summary", log.toString()).out())
        .isEqualTo(sample("<!-- summary:"));
  }

  @Test
  void rotatedAndPackedFilesAreReadInTheirOrder() throws Exception {
    List<String> lines = Files.readAllLines(log);
    Path older = folder.resolve("firewall_trace.log.1.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(older))) {
      out.write(String.join("\n", lines.subList(0, 4)).getBytes(StandardCharsets.UTF_8));
    }
    Files.write(log, lines.subList(4, 8));
    List<String> hops = run(0, "--output", "json-hops", log.toString(), older.toString()).out();
    assertThat(hops.stream().map(Records::read)).hasSize(8);
    assertThat(hops.get(0)).contains("18:33:27").contains("\"trail\":1,");
    assertThat(hops.get(7)).contains("18:48:38").contains("\"trail\":3,");
  }

  @Test
  void whatAFullDiskDoesNotTakeIsToldOf() throws Exception {
    Running running = startBy(INTO_A_FULL_DISK, "read", log.toString());
    running.endInput();
    assertThat(running.awaitEnd(Fwtrail.PATIENCE)).isEqualTo(1);
    assertThat(running.err())
        .contains(
            "fwtrail: the end of standard output is missing: No space left on device",
            "fwtrail: 3 records were lost: the output could not be written in time");
  }

  @Test
  void norIsHelpLostSilently() throws Exception {
    Running running = startBy(INTO_A_FULL_DISK, "read", "--help");
    running.endInput();
    assertThat(running.awaitEnd(Fwtrail.PATIENCE)).isEqualTo(1);
    assertThat(running.err())
        .contains("fwtrail: standard output cannot be written: a part is missing there");
  }

  @Test
  void whoHasSeenEnoughMissesNothing() throws Exception {
    Running running =
        startBy(List.of("sh", "-c", "\"$@\" | true; echo done", "sh"), "read", log.toString());
    running.endInput();
    assertThat(running.awaitEnd(Fwtrail.PATIENCE)).isZero();
    assertThat(running.out()).containsExactly("done");
    assertThat(running.err()).noneMatch(line -> line.contains("missing"));
  }

  /** Within the limit of a listing's bytes, and beyond what a heap of 96 MB holds as rules. */
  @Test
  void listingThatTakesMoreMemoryThanThereIsEndsWithALine() throws Exception {
    Path hostile = folder.resolve("hostile.save");
    Files.writeString(
        hostile,
        "*filter\n:INPUT ACCEPT [0:0]\n" + "-A INPUT -j x\n".repeat(1_100_000) + "COMMIT\n");
    assertThat(run(1, "--ruleset", hostile.toString(), log.toString()).err())
        .containsExactly(
            "fwtrail: what it was given takes more memory than fwtrail has: give it fewer or smaller"
                + " files");
  }

  @Test
  void whatIsNotUnderstoodIsShownWithItsLine() throws Exception {
    List<String> lines = new ArrayList<>(Files.readAllLines(log));
    lines.set(2, lines.get(2).substring(0, 150) + "\u001b[2J");
    Files.write(log, lines);
    Running read = run(0, log.toString());
    assertThat(read.err())
        .anyMatch(line -> line.startsWith("fwtrail: " + log + ":3: not understood: Jul 18"))
        .noneMatch(line -> line.indexOf(0x1b) >= 0)
        .anyMatch(line -> line.endsWith("8 lines read, 7 of them traces, 1 damaged"));
    run(1, "--strict", log.toString());
  }

  @Test
  void whatComesByAPipeIsShownAtOnce() throws Exception {
    Running read = start("-", "--output", "hops");
    read.input(Files.readAllLines(log).get(0) + "\n");
    await().atMost(Fwtrail.PATIENCE).until(() -> read.out().size() == 1);
    read.endInput();
    assertThat(read.awaitEnd(Fwtrail.PATIENCE)).isZero();
  }

  @Test
  void standardInputIsRead() throws Exception {
    Running read = start("-", "--output", "json");
    read.input(Files.readString(log));
    read.endInput();
    assertThat(read.awaitEnd(Fwtrail.PATIENCE)).isZero();
    assertThat(read.out().stream().map(Records::read)).hasSize(3);
  }

  @Test
  void aFileIsFollowedOverItsRotation() throws Exception {
    List<String> lines = Files.readAllLines(log);
    Files.delete(log);
    Running read = start("--follow", "--output", "json-hops", log.toString());
    String unused = read.awaitLine(line -> line.contains("following"), Fwtrail.PATIENCE);
    Files.write(log, lines.subList(0, 3));
    await().atMost(Fwtrail.PATIENCE).until(() -> read.out().size() == 3);
    Files.move(log, folder.resolve("firewall_trace.log.1"));
    Files.write(log, lines.subList(3, 8));
    await().atMost(Fwtrail.PATIENCE).until(() -> read.out().size() == 8);
    assertThat(Fwtrail.terminate(read)).isZero();
    assertThat(read.out()).hasSize(8);
    assertThat(read.err()).anyMatch(line -> line.startsWith("fwtrail: 3 packets, 8 hops"));
  }

  @Test
  void whatCannotBeReadIsSaidInOneLine() throws Exception {
    Path gone = folder.resolve("gone");
    assertThat(run(1, gone.toString()).err())
        .containsExactly("fwtrail read: there is no file " + gone);
    assertThat(run(1, "--ruleset", log.toString(), log.toString()).err())
        .singleElement()
        .asString()
        .contains("iptables-save");
    assertThat(run(2, "--follow", "a", "b").err()).singleElement().asString().contains("one file");
  }

  /** A packed file of a few KB that would fill the memory. */
  @Test
  void aListingOfRulesHasALongestLength() throws Exception {
    Path bomb = folder.resolve("rules.gz");
    byte[] block = new byte[1024 * 1024];
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(bomb))) {
      for (int i = 0; i < 17; i++) {
        out.write(block);
      }
    }
    assertThat(run(1, "--ruleset", bomb.toString(), log.toString()).err())
        .singleElement()
        .asString()
        .contains(bomb + ": it is longer than any listing of rules");
  }
}
