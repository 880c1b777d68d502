package io.fwtrail.tracer.namespaces;

/** Names of others' making, made fit to be shown in a line. */
final class SafeName {
  /** Longer names are cut; no owner's own rules allow more, but for paths of cgroups. */
  static final int MAX_LENGTH = 128;

  private SafeName() {}

  /**
   * A name without control characters, line ends, marks that turn the direction of writing, and
   * halves of characters; cut to {@link #MAX_LENGTH}. Empty if nothing is left.
   */
  static String of(String name) {
    StringBuilder safe = new StringBuilder();
    name.codePoints()
        .limit(4L * MAX_LENGTH)
        .filter(SafeName::isShown)
        .limit(MAX_LENGTH)
        .forEach(safe::appendCodePoint);
    return safe.toString().strip();
  }

  private static boolean isShown(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
