package io.fwtrail.netlink;

/**
 * Bytes that are no netlink message: a length that is too small, or larger than what is left. The
 * only exception that the decoders of this module throw, whatever they are fed.
 *
 * <p>It carries no stack trace: where hostile or damaged input arrives, many are made in a row, and
 * the message says all there is to say.
 */
public final class MalformedMessageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param message what is wrong, with the numbers that show it
   */
  public MalformedMessageException(String message) {
    super(message, null, false, false);
  }
}
