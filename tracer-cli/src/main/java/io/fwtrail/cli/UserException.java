package io.fwtrail.cli;

/** Something that the user has to know and can do something about: one line, exit code 1. */
final class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UserException(String message) {
    super(message);
  }
}
