package io.fwtrail.cli;

/** What was printed without a queue, as help and lists of rules are. */
final class StandardOutput {
  private StandardOutput() {}

  /**
   * Looks whether all of it has arrived, and says so if not.
   *
   * @param code the exit code so far
   * @return the one that it is now
   */
  static int check(int code) {
    if (!System.out.checkError() || Descriptors.leadsToProgram(1)) {
      return code;
    }
    StandardError.say("standard output cannot be written: a part is missing there");
    return code == 0 ? Errors.FAILED : code;
  }
}
