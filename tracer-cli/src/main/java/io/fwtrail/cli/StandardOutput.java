package io.fwtrail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is to be known of standard output where it cannot be written. */
final class StandardOutput {
  private static final Path LINK = Path.of("/proc/self/fd/1");

  private StandardOutput() {}

  /**
   * Whether it leads to another program, which may end when it has seen enough, as head(1) does:
   * then nobody misses the rest. To be asked while this process may look at itself, which it may
   * not any more once it has left root (proc(5), PR_SET_DUMPABLE).
   */
  static boolean leadsToProgram() {
    try {
      String target = Files.readSymbolicLink(LINK).toString();
      return target.startsWith("pipe:") || target.startsWith("socket:");
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Looks whether all that was printed has arrived, and says so if not.
   *
   * @param code the exit code so far
   * @return the one that it is now
   */
  static int check(int code) {
    if (!System.out.checkError() || leadsToProgram()) {
      return code;
    }
    StandardError.say("standard output cannot be written: a part is missing there");
    return code == 0 ? Errors.FAILED : code;
  }
}
