package io.fwtrail.tracer.trail;

/**
 * Something that is missing in what is shown, where it is missing.
 *
 * @param time when it was noticed, in nanoseconds since 1970-01-01T00:00Z
 * @param cause why
 * @param count how many, of what {@link Cause#noun} says; at least 1
 */
public record Loss(long time, Cause cause, long count) {
  /** What made something be missing. */
  public enum Cause {
    /** The kernel had no room in the receive buffer (ENOBUFS, netlink(7)). */
    RECEIVE_BUFFER("receive-buffer", "message"),

    /** NFLOG's sequence numbers have a gap that the socket did not tell of. */
    SEQUENCE("nflog-sequence", "message"),

    /** A log was overwritten or cut before it was read. */
    LOG("log", "message"),

    /** More packets were under way than are kept. */
    OPEN_TRAILS("open-trails", "trail"),

    /** Whoever reads the output was too slow. */
    OUTPUT("output", "record"),

    /** The mark held packets back that matched, as {@code --rate} asks for. */
    RATE("rate", "packet");

    private final String keyword;
    private final String noun;

    Cause(String keyword, String noun) {
      this.keyword = keyword;
      this.noun = noun;
    }

    /** The word for it in records. */
    public String keyword() {
      return keyword;
    }

    /** What is counted: message, trail, record, packet. */
    public String noun() {
      return noun;
    }
  }
}
