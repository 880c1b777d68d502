package io.fwtrail.tracer.live;

/** Says how many questions may be asked in a while. */
final class ConnectionQuestions {
  private final int most;
  private final long windowNanos;
  private long windowStart;
  private int inWindow;
  private boolean begun;

  /**
   * Makes one.
   *
   * @param most questions in each window of time
   */
  ConnectionQuestions(int most, long windowNanos) {
    this.most = most;
    this.windowNanos = windowNanos;
  }

  /**
   * Takes one.
   *
   * @return false where there are none left
   */
  boolean take(long now) {
    if (!begun || now - windowStart >= windowNanos) {
      begun = true;
      windowStart = now;
      inWindow = 0;
    }
    if (inWindow == most) {
      return false;
    }
    inWindow++;
    return true;
  }
}
