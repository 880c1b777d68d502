package io.fwtrail.cli;

/** What is said beside the results: lines, and on a terminal one that is drawn again and again. */
final class StandardError {
  private static final String CLEAR = "\r\u001b[K";

  /** Wrapped, a line could not be drawn over. */
  private static final int MOST_COLUMNS = 79;

  private static final Object LOCK = new Object();
  private static boolean drawn;

  private StandardError() {}

  /** Writes a line for the user. */
  static void say(String line) {
    synchronized (LOCK) {
      erase();
      System.err.println("fwtrail: " + line);
    }
  }

  /** Draws a line over the one drawn before; only for a terminal. */
  static void draw(String line) {
    synchronized (LOCK) {
      drawn = true;
      int length = Math.min(line.length(), MOST_COLUMNS);
      System.err.print(CLEAR + line.substring(0, length));
      System.err.flush();
    }
  }

  /** Takes away what was drawn. */
  static void erase() {
    synchronized (LOCK) {
      if (drawn) {
        drawn = false;
        System.err.print(CLEAR);
        System.err.flush();
      }
    }
  }
}
