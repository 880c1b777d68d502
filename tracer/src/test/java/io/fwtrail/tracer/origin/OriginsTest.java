package io.fwtrail.tracer.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Rule;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OriginsTest {
  @TempDir Path directory;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private static Rule rule(String text) {
    return new Rule(1, 7, text, null);
  }

  private static List<Rule.Origin> of(Origins origins, String... texts) {
    return origins.of(
        NfFamily.IP, "filter", "INPUT", List.of(texts).stream().map(OriginsTest::rule).toList());
  }

  @Test
  void rulesOfBothLanguagesAreFoundInOneChain() throws IOException {
    Path nft = file("x.nft", "table filter {\nchain INPUT { drop; }\n}\n");
    Path save = file("rules.v4", "*filter\n-A INPUT -j ACCEPT\nCOMMIT\n");
    Origins origins = Origins.read(List.of(nft, save));
    assertThat(origins.rules()).isEqualTo(2);
    assertThat(of(origins, "-A INPUT -j ACCEPT", "drop", "accept"))
        .containsExactly(
            new Rule.Origin(save.toString(), 2), new Rule.Origin(nft.toString(), 2), null);
  }

  @Test
  void aChainThatIsInNoFileHasNoLines() throws IOException {
    Origins origins =
        Origins.read(List.of(file("x.nft", "table filter { chain FORWARD { drop; }; }")));
    assertThat(of(origins, "drop", "drop")).containsExactly(null, null);
  }

  @Test
  void aRuleWithoutTextHasNoLine() throws IOException {
    Origins origins =
        Origins.read(List.of(file("x.nft", "table filter { chain INPUT { drop; }; }")));
    assertThat(origins.of(NfFamily.IP, "filter", "INPUT", List.of(Rule.ofHandle(3))))
        .containsExactly((Rule.Origin) null);
  }

  @Test
  void theCommentTellsRulesApart() throws IOException {
    Origins origins =
        Origins.read(
            List.of(
                file(
                    "x.nft",
                    "table filter { chain INPUT {\ndrop comment \"one\"\ndrop comment \"two\"\n}\n}")));
    assertThat(
            origins.of(
                NfFamily.IP,
                "filter",
                "INPUT",
                List.of(new Rule(1, 1, "drop", "two"), new Rule(2, 2, "drop", "three"))))
        .extracting(origin -> origin == null ? 0 : origin.line())
        .containsExactly(3, 0);
  }

  @Test
  void aFileThatIsNamedAndIncludedIsReadOnce() throws IOException {
    Path part = file("part.nft", "table filter { chain INPUT { drop; }; }");
    Path top = file("top.nft", "include \"./part.nft\"\n");
    for (List<Path> named : List.of(List.of(part, top), List.of(top, part), List.of(part, part))) {
      Origins origins = Origins.read(named);
      assertThat(origins.rules()).isEqualTo(1);
      assertThat(of(origins, "drop").get(0).file()).endsWith("part.nft");
    }
  }

  @Test
  void chainsOfSeveralFilesAreOneWithoutAnOrder() throws IOException {
    Path one = file("1.nft", "table filter { chain INPUT { drop; counter; drop; }; }");
    Path two = file("2.nft", "table filter { chain INPUT { accept; }; }");
    assertThat(of(Origins.read(List.of(one, two)), "accept", "drop", "counter", "drop"))
        .extracting(origin -> origin == null ? "" : Path.of(origin.file()).getFileName().toString())
        .containsExactly("2.nft", "", "1.nft", "");
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path none = directory.resolve("none.conf");
    assertThatThrownBy(() -> Origins.read(List.of(none)))
        .isInstanceOf(IOException.class)
        .hasMessage("rule set file " + none + " is not there; check the name");
    assertThatThrownBy(() -> Origins.read(List.of(directory)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(directory + " is not a file");
  }

  @Test
  void aFileThatIsTooLargeIsRefusedUnread() throws IOException {
    Path large = directory.resolve("large.nft");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(Limits.FILE_BYTES + 1L);
    }
    assertThatThrownBy(() -> Origins.read(List.of(large)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("large.nft is too large");
  }

  @Test
  void zerosAreNoRules() throws IOException {
    Origins origins = Origins.read(List.of(file("zeros", "\0".repeat(100_000))));
    assertThat(origins.rules()).isLessThanOrEqualTo(1);
    assertThat(of(origins, "drop")).containsExactly((Rule.Origin) null);
  }
}
