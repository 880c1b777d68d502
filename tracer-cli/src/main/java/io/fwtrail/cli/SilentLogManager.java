package io.fwtrail.cli;

import java.io.IOException;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/**
 * Keeps java.util.logging from setting itself up. JNA alone has a logger of it, for what would tell
 * a user nothing, and what cannot be loaded is told by an error anyway; but the first logger of a
 * process has settings read and all jars opened, in search of one who would take the platform's
 * messages, while the first hop waits. The start script names it to the JVM, which has to know it
 * before the first logger is made.
 */
public final class SilentLogManager extends LogManager {
  /** No settings: the exception keeps the caller, of JDK 17 to 25, from the search as well. */
  @Override
  public void readConfiguration() throws IOException {
    throw new IOException("java.util.logging is not used");
  }

  /** A logger that is not kept has no parent, and so nothing that would write. */
  @Override
  public boolean addLogger(Logger logger) {
    return true;
  }
}
