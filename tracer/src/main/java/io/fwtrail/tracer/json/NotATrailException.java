package io.fwtrail.tracer.json;

import java.io.IOException;

/** A line that is no trail, with its number and what is wrong. */
public final class NotATrailException extends IOException {
  private static final long serialVersionUID = 1L;

  NotATrailException(long line, String what) {
    super("line " + line + ": " + what);
  }
}
