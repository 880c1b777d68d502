package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Verdict;
import org.jspecify.annotations.Nullable;

/** Colours, where there are any. */
final class Style {
  private static final String RESET = "\u001b[0m";
  private static final String BOLD = "\u001b[1m";
  private static final String DIM = "\u001b[2m";
  private static final String RED = "\u001b[31m";
  private static final String GREEN = "\u001b[32m";
  private static final String YELLOW = "\u001b[33m";

  private final boolean colour;

  Style(boolean colour) {
    this.colour = colour;
  }

  String bold(String text) {
    return wrap(BOLD, text);
  }

  String dim(String text) {
    return wrap(DIM, text);
  }

  String warning(String text) {
    return wrap(YELLOW, text);
  }

  /** Red for what ends a packet, green for what lets it pass. */
  String verdict(@Nullable Verdict verdict, String text) {
    if (verdict == null) {
      return wrap(YELLOW, text);
    }
    return switch (verdict) {
      case DROP -> wrap(BOLD + RED, text);
      case ACCEPT -> wrap(GREEN, text);
      case QUEUE, STOLEN -> wrap(YELLOW, text);
      default -> text;
    };
  }

  private String wrap(String code, String text) {
    return colour ? code + text + RESET : text;
  }
}
