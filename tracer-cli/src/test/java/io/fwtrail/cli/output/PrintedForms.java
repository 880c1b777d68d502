package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.trail.Trail;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/** Prints in all forms, without colours, and sees that nothing is in it that a terminal obeys. */
final class PrintedForms {
  private final OutputQueue queue = new OutputQueue(OutputStream.nullOutputStream(), () -> {});
  private final Map<OutputForm, Printer> printers = new EnumMap<>(OutputForm.class);

  PrintedForms() {
    for (OutputForm form : OutputForm.values()) {
      printers.put(form, form.printer(queue, false));
    }
  }

  /** What the form shows of a hop. */
  byte[] print(OutputForm form, Hop hop) {
    queue.chunk().clear();
    printers.get(form).hop(hop);
    return taken();
  }

  /** What the form shows of a trail. */
  byte[] print(OutputForm form, Trail trail) {
    queue.chunk().clear();
    printers.get(form).trail(trail);
    return taken();
  }

  private byte[] taken() {
    return Arrays.copyOf(queue.chunk().array(), queue.chunk().size());
  }

  /** A hop in all forms that show hops: each is one line. */
  void check(Hop hop) {
    for (OutputForm form : new OutputForm[] {OutputForm.HOPS, OutputForm.JSON_HOPS}) {
      String text = safe(form, print(form, hop));
      if (text.indexOf('\n') != text.length() - 1) {
        throw new AssertionError(form + " has several lines: " + text);
      }
    }
  }

  /** A trail in all forms that show trails. */
  void check(Trail trail) {
    for (OutputForm form : printers.keySet()) {
      if (form.showsTrails()) {
        lines(form, safe(form, print(form, trail)));
      }
    }
  }

  private static void lines(OutputForm form, String text) {
    switch (form) {
      case TEXT -> {
        // A heading, lines that are indented, and an empty one.
        int line = text.indexOf('\n') + 1;
        while (line < text.length() - 1) {
          if (!text.startsWith("  ", line) && !text.startsWith("> ", line)) {
            throw new AssertionError("a line of no hop: " + text.substring(line));
          }
          line = text.indexOf('\n', line) + 1;
        }
        if (!text.endsWith("\n\n")) {
          throw new AssertionError("no empty line behind: " + text);
        }
      }
      case JSON -> {
        if (text.indexOf('\n') != text.length() - 1) {
          throw new AssertionError("several lines: " + text);
        }
      }
      default -> {
        if (text.indexOf("\n\n") != text.length() - 2) {
          throw new AssertionError("several paragraphs: " + text);
        }
      }
    }
  }

  private static String safe(OutputForm form, byte[] printed) {
    String text = new String(printed, StandardCharsets.UTF_8);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int type = Character.getType(c);
      if ((Character.isISOControl(c) && c != '\n')
          || type == Character.FORMAT
          || type == Character.LINE_SEPARATOR
          || type == Character.PARAGRAPH_SEPARATOR) {
        throw new AssertionError(form + " has \\u" + Integer.toHexString(c) + ": " + text);
      }
    }
    return text;
  }
}
