package io.fwtrail.cli.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResultFileTest {
  @TempDir Path folder;
  private Path file;
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void name() {
    file = folder.resolve("trace.jsonl");
  }

  private ResultFile open(Path path, long rotateAt, int keep, boolean append) throws IOException {
    return new ResultFile(new ResultFile.Wanted(path, rotateAt, keep, append), said::add);
  }

  private static void write(ResultFile to, String records) throws IOException {
    to.write(records.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static byte[] unpacked(Path path) {
    try {
      if (path.toString().endsWith(".gz")) {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(path))) {
          return in.readAllBytes();
        }
      }
      if (path.toString().endsWith(".zst")) {
        Process zstd = new ProcessBuilder("zstd", "-dcq", path.toString()).start();
        byte[] bytes = zstd.getInputStream().readAllBytes();
        assertThat(zstd.waitFor()).isZero();
        return bytes;
      }
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assumeUnpackable(String suffix) throws IOException {
    if (suffix.equals(".zst")) {
      boolean there;
      try {
        ZstdStream.checkInstalled();
        there = true;
      } catch (IOException e) {
        there = false;
      }
      assumeTrue(there, "zstd is not installed");
    }
  }

  @Test
  void aNewFileIsForItsOwnerAlone() throws IOException {
    try (ResultFile to = open(file, 0, 0, false)) {
      write(to, "one\n");
      assertThat(to.bytes()).isEqualTo(4);
    }
    assertThat(file).hasContent("one");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void whatIsThereIsNotWrittenOver() throws IOException {
    Files.writeString(file, "precious\n");
    assertThatThrownBy(() -> open(file, 0, 0, false))
        .isInstanceOf(IOException.class)
        .hasMessage(
            file + " is there already: --append adds to it, --rotate begins numbered files");
    assertThat(file).hasContent("precious");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSymbolicLinkLeadsNowhere(boolean append) throws IOException {
    for (String target : List.of("victim", "not-there")) {
      Files.writeString(folder.resolve("victim"), "precious\n");
      Files.deleteIfExists(file);
      Files.createSymbolicLink(file, folder.resolve(target));
      assertThatThrownBy(() -> open(file, 0, 0, append))
          .hasMessage(file + " is a symbolic link: results go to regular files only");
      assertThat(folder.resolve("victim")).hasContent("precious");
      assertThat(folder.resolve("not-there")).doesNotExist();
    }
  }

  @Test
  void aFolderAndAMissingOneAreSaid() throws IOException {
    Files.createDirectory(file);
    assertThatThrownBy(() -> open(file, 0, 0, true))
        .hasMessage(file + " is a folder: results go to regular files only");
    Path nowhere = folder.resolve("no/trace.jsonl");
    assertThatThrownBy(() -> open(nowhere, 0, 0, false))
        .hasMessage("there is no folder for " + nowhere);
  }

  @Test
  void whatIsAddedBeginsALine() throws IOException {
    Files.writeString(file, "whole\ncut by a ki");
    try (ResultFile to = open(file, 0, 0, true)) {
      write(to, "one\n");
    }
    try (ResultFile to = open(file, 0, 0, true)) {
      write(to, "two\n");
    }
    assertThat(file).hasContent("whole\ncut by a ki\none\ntwo");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".gz", ".zst"})
  void filesOfASeriesAreWholeAndSortAsTheyWereWritten(String suffix) throws IOException {
    assumeUnpackable(suffix);
    Path first = folder.resolve("trace.jsonl" + suffix);
    StringBuilder all = new StringBuilder();
    // Of random digits, as others would take no room.
    Random random = new Random(1);
    for (int run = 1; run <= 2; run++) {
      try (ResultFile to = open(first, 40_000, 0, false)) {
        // How much a program that compresses has under way is for the kernel to decide: pipes, and
        // when it lets whom run.
        for (int i = 0; names().size() < 2 * run; i++) {
          assertThat(i).as("writes with no file at its end").isLessThan(10_000);
          StringBuilder records = new StringBuilder();
          for (int line = 0; line < 100; line++) {
            records.append(random.nextLong()).append(random.nextLong()).append('\n');
          }
          write(to, records.toString());
          all.append(records);
        }
      }
    }
    List<String> names = names();
    assertThat(names).hasSizeGreaterThan(2).first().isEqualTo("trace-000001.jsonl" + suffix);
    StringBuilder read = new StringBuilder();
    for (String name : names) {
      String text = new String(unpacked(folder.resolve(name)), StandardCharsets.UTF_8);
      assertThat(text.isEmpty() || text.endsWith("\n")).isTrue();
      read.append(text);
    }
    assertThat(read.toString()).isEqualTo(all.toString());
    assertThat(said).isEmpty();
  }

  @Test
  void theOldestAreRemovedAndNothingElse() throws IOException {
    Files.writeString(folder.resolve("trace-000007.jsonl"), "of an earlier run\n");
    Files.writeString(folder.resolve("trace-7.jsonl"), "something else\n");
    Files.writeString(folder.resolve("trace-000001.jsonl.bak"), "something else\n");
    try (ResultFile to = open(file, 4, 2, false)) {
      for (int i = 0; i < 5; i++) {
        write(to, i + "23\n");
      }
    }
    assertThat(names())
        .containsExactly(
            "trace-000001.jsonl.bak", "trace-000012.jsonl", "trace-000013.jsonl", "trace-7.jsonl");
    assertThat(folder.resolve("trace-000012.jsonl")).hasContent("423");
  }

  @ParameterizedTest
  @CsvSource({
    "a.b.jsonl.gz, a.b-000001.jsonl.gz",
    "trace, trace-000001",
    ".hidden, .hidden-000001",
    "trace.gz, trace-000001.gz"
  })
  void theNumberStandsAheadOfTheEnding(String name, String numbered) {
    assertThat(new FileSeries(folder.resolve(name)).file(1)).hasFileName(numbered);
  }

  @Test
  void whatWasFlushedCanBeReadThoughTheFileIsNotAtItsEnd() throws IOException {
    Path packed = folder.resolve("trace.gz");
    try (ResultFile to = open(packed, 0, 0, false)) {
      write(to, "one\n");
      to.flush();
      try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
        assertThat(in.readNBytes(4)).asString(StandardCharsets.UTF_8).isEqualTo("one\n");
      }
    }
  }
}
