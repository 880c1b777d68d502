package io.fwtrail.cli.rules;

/** Something about the rules that the user has to know and can do something about: one line. */
public final class RulesException extends Exception {
  private static final long serialVersionUID = 1L;

  RulesException(String line) {
    super(line);
  }

  /** What failed, on what, why, and what to do. */
  public String line() {
    return String.valueOf(getMessage());
  }
}
