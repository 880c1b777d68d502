package io.fwtrail.tracer.namespaces;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads files that may be gone, endless, or none at all. */
final class BoundedFile {
  private BoundedFile() {}

  /**
   * A file's content.
   *
   * @return null if there is no such file, it is longer than {@code limit} bytes, or it cannot be
   *     read
   */
  static byte @Nullable [] read(Path path, int limit) {
    // To open a pipe would wait for its writer.
    if (!Files.isRegularFile(path)) {
      return null;
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(limit);
      return bytes.length < limit || in.read() < 0 ? bytes : null;
    } catch (IOException e) {
      return null;
    }
  }
}
