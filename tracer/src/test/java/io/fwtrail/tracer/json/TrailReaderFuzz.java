package io.fwtrail.tracer.json;

import io.fwtrail.netlink.fuzz.FuzzTarget;
import io.fwtrail.tracer.trail.Trail;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A file of trails, as {@code explain} reads it. What was read, and is written, is one line of
 * printable ASCII; read again it is written the same. (A member that no such packet has is not.)
 */
public final class TrailReaderFuzz implements FuzzTarget {
  private final ByteBuilder out = new ByteBuilder(16 * 1024);
  private final JsonRecords records = new JsonRecords(out);

  @Override
  public List<byte[]> seeds() {
    records.line(TrailReaderTest.full());
    byte[] full = written();
    String lost =
        "{\"lost\":7652,\"what\":\"messages\",\"cause\":\"receive-buffer\","
            + "\"time\":\"2026-11-25T18:52:47.474779616Z\"}\n";
    String least =
        "{\"trail\":1,\"begin\":\"2026-11-25T18:52:47Z\",\"end\":\"2026-11-25T18:52:48Z\","
            + "\"complete\":false,\"hops\":[]}\n";
    return List.of(full, JsonText.ascii(least), JsonText.ascii(lost + least));
  }

  @Override
  public List<byte[]> pieces() {
    return List.of(JsonText.ascii("["), JsonText.ascii("{\"hops\":"), JsonText.ascii("\n"));
  }

  /** A reader has a buffer of 64 KiB, and one of 16. */
  @Override
  public Cost limit() {
    return new Cost(200, 2_000, 300);
  }

  private byte[] written() {
    byte[] bytes = Arrays.copyOf(out.array(), out.size());
    out.clear();
    return bytes;
  }

  @Override
  public void run(byte[] input) throws IOException {
    int left = 1 + input.length;
    try (TrailReader reader = new TrailReader(new ByteArrayInputStream(input))) {
      while (true) {
        if (left-- == 0) {
          throw new AssertionError("more lines than bytes");
        }
        try {
          Trail trail = reader.next();
          if (trail == null) {
            return;
          }
          written(trail);
        } catch (NotATrailException e) {
          // It says which line, and goes on behind it.
        }
      }
    }
  }

  private void written(Trail trail) throws IOException {
    records.line(trail);
    byte[] line = written();
    for (int i = 0; i < line.length; i++) {
      boolean last = i == line.length - 1;
      if (last ? line[i] != '\n' : line[i] < ' ' || line[i] > '~') {
        throw new AssertionError("byte " + line[i] + " in a record");
      }
    }
    Trail read;
    try (TrailReader reader = new TrailReader(new ByteArrayInputStream(line))) {
      read = reader.next();
    } catch (NotATrailException e) {
      throw new AssertionError("what was written cannot be read: " + ascii(line), e);
    }
    if (read == null) {
      throw new AssertionError("what was written is no trail: " + ascii(line));
    }
    records.line(read);
    byte[] again = written();
    if (!Arrays.equals(line, again)) {
      throw new AssertionError("written: " + ascii(line) + "\nread, and written: " + ascii(again));
    }
  }

  private static String ascii(byte[] bytes) {
    return new String(bytes, StandardCharsets.US_ASCII);
  }
}
