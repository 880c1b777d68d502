package io.fwtrail.tracer.log;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Names in a log as Strings: the same object for the same bytes, as long as it is kept. Not for use
 * by several threads.
 */
final class Names {
  /** Machines, tables, chains and interfaces; a rule set of more chains is read all the same. */
  private static final int KEPT = 1_024;

  private final SeenTexts<String> seen = new SeenTexts<>(KEPT);

  /** The name in the bytes from {@code start} to before {@code end}, read as UTF-8. */
  String of(byte[] b, int start, int end) {
    String name = seen.get(b, start, end);
    if (name == null) {
      name = new String(b, start, end - start, StandardCharsets.UTF_8);
      seen.keep(b, start, end, name);
    }
    return name;
  }

  /** Likewise; null for no bytes. */
  @Nullable String orNull(byte[] b, int start, int end) {
    return start == end ? null : of(b, start, end);
  }
}
