package io.fwtrail.cli.output;

import io.fwtrail.tracer.hop.Verdict;
import org.jspecify.annotations.Nullable;

/** Colours, where there are any. */
public final class Style {
  private static final String RESET = "\u001b[0m";
  private static final String BOLD = "\u001b[1m";
  private static final String DIM = "\u001b[2m";
  private static final String RED = "\u001b[31m";
  private static final String GREEN = "\u001b[32m";
  private static final String YELLOW = "\u001b[33m";

  private final boolean colour;

  /** With colours or without. */
  public Style(boolean colour) {
    this.colour = colour;
  }

  /** Begins what stands out. */
  public StringBuilder bold(StringBuilder text) {
    return begin(text, BOLD);
  }

  /** Begins what stands back. */
  public StringBuilder dim(StringBuilder text) {
    return begin(text, DIM);
  }

  /** Begins what is out of the ordinary. */
  public StringBuilder warning(StringBuilder text) {
    return begin(text, YELLOW);
  }

  /** Ends what one of the others began. */
  public StringBuilder end(StringBuilder text) {
    return begin(text, RESET);
  }

  /** Appends red what ends a packet, green what lets it pass. */
  public StringBuilder verdict(StringBuilder text, @Nullable Verdict verdict, String word) {
    String code =
        verdict == null
            ? YELLOW
            : switch (verdict) {
              case DROP -> BOLD + RED;
              case ACCEPT -> GREEN;
              case QUEUE, STOLEN -> YELLOW;
              default -> "";
            };
    if (code.isEmpty()) {
      return text.append(word);
    }
    return end(begin(text, code).append(word));
  }

  private StringBuilder begin(StringBuilder text, String code) {
    return colour ? text.append(code) : text;
  }
}
