package io.fwtrail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the descriptors lead to that this process was started with. To be asked while it may look at
 * itself, which it may not any more once it has left root (proc(5), PR_SET_DUMPABLE).
 */
final class Descriptors {
  private Descriptors() {}

  /** Whether a descriptor is a terminal. System.console() says something else since Java 22. */
  static boolean isTerminal(int descriptor) {
    String target = target(descriptor);
    return target.startsWith("/dev/pts/")
        || target.startsWith("/dev/tty")
        || target.equals("/dev/console");
  }

  /**
   * Whether it leads to another program, which may end when it has seen enough, as head(1) does:
   * then nobody misses the rest.
   */
  static boolean leadsToProgram(int descriptor) {
    String target = target(descriptor);
    return target.startsWith("pipe:") || target.startsWith("socket:");
  }

  /** Empty where it cannot be told. */
  private static String target(int descriptor) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
    } catch (IOException e) {
      return "";
    }
  }
}
