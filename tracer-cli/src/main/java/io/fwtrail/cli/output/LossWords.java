package io.fwtrail.cli.output;

import io.fwtrail.tracer.trail.Loss;

/** Losses in words. */
public final class LossWords {
  private LossWords() {}

  /** How much of what: {@code 3 messages}. */
  public static String amount(Loss.Cause cause, long count) {
    return count + " " + cause.noun() + (count == 1 ? "" : "s");
  }

  /** Why, as it goes on behind a colon. */
  public static String reason(Loss.Cause cause) {
    return switch (cause) {
      case RECEIVE_BUFFER -> "the receive buffer was full";
      case SEQUENCE -> "there is a gap in NFLOG's numbers";
      case LOG -> "the log was overwritten before it was read";
      case OPEN_TRAILS -> "too many packets were under way at once";
      case OUTPUT -> "the output could not be written in time";
      case RATE -> "--rate held them back";
    };
  }

  /** A line that stands where something is missing, without its end. */
  static StringBuilder mark(StringBuilder line, Style style, Loss loss) {
    style.warning(line).append("-- ").append(amount(loss.cause(), loss.count()));
    line.append(loss.cause() == Loss.Cause.RATE ? " not traced here: " : " lost here: ");
    return style.end(line.append(reason(loss.cause())).append(" --"));
  }
}
