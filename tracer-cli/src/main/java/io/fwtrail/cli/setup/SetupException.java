package io.fwtrail.cli.setup;

/** The host could not be set up, and is as it was before; one line says why and what to do. */
public final class SetupException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String line;

  SetupException(String line) {
    super(line);
    this.line = line;
  }

  /** What failed, on what, why, and what to do. */
  public String line() {
    return line;
  }
}
