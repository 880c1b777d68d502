package io.fwtrail.tracer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFilesTest {
  @TempDir private Path folder;

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private String packed(String name, String text) throws IOException {
    Path path = folder.resolve(name);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(path))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return path.toString();
  }

  private static String at(String stamp) {
    return LogLines.published().get(0).replace("Jul 18 18:33:27", stamp) + "\n";
  }

  @Test
  void filesComeInTheOrderOfTheirFirstTraces() throws IOException {
    String newest = file("log", "Jul 20 10:00:00 gw sshd: hello\n" + at("Jul 20 10:00:01"));
    String middle = file("log.1", at("Jul 19 10:00:00"));
    String oldest = packed("log.2.gz", at("Jul 18 10:00:00"));
    String none = file("none", "nothing\n");
    assertThat(LogFiles.inOrderOfTime(List.of(none, newest, middle, oldest), LogLines::parser))
        .containsExactly(oldest, middle, newest, none);
  }

  @Test
  void aPackedFileIsUnpackedWhateverItsName() throws IOException {
    String several = packed("a", "one\n");
    Files.write(
        Path.of(several),
        Files.readAllBytes(Path.of(packed("b", "two\n"))),
        java.nio.file.StandardOpenOption.APPEND);
    try (var in = LogFiles.open(several)) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("one\ntwo\n");
    }
  }

  @Test
  void whatCannotBeReadIsNamed() throws IOException {
    assertThatThrownBy(() -> LogFiles.open(folder.resolve("gone").toString()))
        .isInstanceOf(IOException.class)
        .hasMessage("there is no file " + folder.resolve("gone"));
    assertThatThrownBy(() -> LogFiles.open(folder.toString())).hasMessageContaining("is a folder");
    Path cut = Path.of(packed("cut.gz", "x"));
    Files.write(cut, new byte[] {0x1f, (byte) 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9});
    assertThatThrownBy(() -> LogFiles.open(cut.toString())).hasMessageContaining("no whole gzip");
  }
}
