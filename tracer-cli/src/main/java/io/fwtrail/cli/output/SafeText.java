package io.fwtrail.cli.output;

/** Text from outside made harmless to a terminal. */
public final class SafeText {
  private SafeText() {}

  /**
   * Text from a rule set, a packet or a log, with everything made visible that a terminal would
   * obey or that would read as something else: control characters, line ends, and the marks that
   * turn the direction of writing.
   */
  public static String of(String text) {
    int i = 0;
    while (i < text.length() && isPlain(text.charAt(i))) {
      i++;
    }
    if (i == text.length()) {
      return text;
    }
    StringBuilder safe = new StringBuilder(text.length() + 16);
    for (i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isPlain(c)) {
        safe.append(c);
      } else if (c < 0x100) {
        safe.append(String.format("\\x%02x", (int) c));
      } else {
        safe.append(String.format("\\u%04x", (int) c));
      }
    }
    return safe.toString();
  }

  private static boolean isPlain(char c) {
    if (c < 0x7f) {
      return c >= ' ';
    }
    return c >= 0xa0
        && Character.isDefined(c)
        && !Character.isISOControl(c)
        && switch (Character.getType(c)) {
          case Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
          default -> true;
        };
  }
}
