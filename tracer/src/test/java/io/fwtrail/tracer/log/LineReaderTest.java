package io.fwtrail.tracer.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineReaderTest {
  private final List<String> lines = new ArrayList<>();
  private final List<Long> numbers = new ArrayList<>();
  private int tooLong;
  private LineReader reader = reader();

  private LineReader reader() {
    return new LineReader(
        (b, start, end, longer) -> {
          lines.add(new String(b, start, end - start, StandardCharsets.ISO_8859_1));
          numbers.add(reader.number());
          tooLong += longer ? 1 : 0;
        });
  }

  private void read(InputStream in) throws IOException {
    while (reader.read(in)) {
      // Until its end.
    }
  }

  private void read(String text) throws IOException {
    read(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Test
  void linesAreTheSameWhereverTheStreamIsSplit() throws IOException {
    String text = "one\n\ntwo\r\nthree";
    for (int at = 0; at <= text.length(); at++) {
      lines.clear();
      reader = reader();
      read(text.substring(0, at));
      read(text.substring(at));
      reader.end();
      assertThat(lines).as("split at %d", at).containsExactly("one", "", "two", "three");
    }
    assertThat(numbers.subList(numbers.size() - 4, numbers.size())).containsExactly(1L, 2L, 3L, 4L);
  }

  /** Bytes that differ from a line's end in one bit, or by one, beside true ones. */
  @Test
  void nothingElseEndsALine() throws IOException {
    byte[] alphabet = {'\n', 0x0b, 0x09, 0x08, 0x1a, (byte) 0x8a, (byte) 0x8b, 0, -1, 'x'};
    Random random = new Random(20261126);
    for (int round = 0; round < 2_000; round++) {
      byte[] bytes = new byte[random.nextInt(60)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = alphabet[random.nextInt(alphabet.length)];
      }
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      List<String> expected = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
      if (expected.get(expected.size() - 1).isEmpty()) {
        expected.remove(expected.size() - 1);
      }
      lines.clear();
      reader = reader();
      read(text);
      reader.end();
      assertThat(lines).isEqualTo(expected);
    }
  }

  @Test
  void aLineWaitsForItsEnd() throws IOException {
    read("one\ntw");
    assertThat(lines).containsExactly("one");
    read("o\n");
    assertThat(lines).containsExactly("one", "two");
  }

  @Test
  void aLineThatIsTooLongIsHandedOnOnceAndLeftOutFromThere() throws IOException {
    read("a\n" + "x".repeat(3_000_000) + "\nb\n" + "y".repeat(LineReader.LONGEST + 1) + "\nc\n");
    assertThat(lines).hasSize(5);
    assertThat(lines.get(1)).hasSize(LineReader.LONGEST);
    assertThat(lines.get(3)).hasSize(LineReader.LONGEST);
    assertThat(lines).element(4).isEqualTo("c");
    assertThat(tooLong).isEqualTo(2);
  }

  @Test
  void whatIsForgottenIsNoPartOfTheNextLine() throws IOException {
    read("cut o");
    reader.forget();
    read("new\n");
    assertThat(lines).containsExactly("new");
  }
}
