package io.fwtrail.tracer.mark;

/** What was asked for cannot be marked; the message says why, and what would do. */
public final class MarkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes one. */
  public MarkException(String message) {
    super(message);
  }
}
