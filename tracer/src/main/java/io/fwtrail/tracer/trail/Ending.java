package io.fwtrail.tracer.trail;

import org.jspecify.annotations.Nullable;

/**
 * How a packet's way ended.
 *
 * @param kind which end it was
 * @param detail what it is more closely: what it was rejected with, the number of the queue, by
 *     what it was taken over; null where there is nothing to say
 */
public record Ending(Kind kind, @Nullable String detail) {
  /** The ends that a way can have. */
  public enum Kind {
    /** It left by an interface. */
    FORWARDED("forwarded"),
    /** It was handed to this machine's own programs. */
    DELIVERED("delivered"),
    /** A program of this machine sent it, and it left. */
    SENT("sent"),
    /** A rule or a policy dropped it. */
    DROPPED("dropped"),
    /** A rule dropped it and had its sender told. */
    REJECTED("rejected"),
    /** A program in user space has it. */
    QUEUED("queued"),
    /** Another part of the kernel took it over. */
    STOLEN("stolen"),
    /** It passed what it met, and was not seen where it should have come next. */
    LOST("lost");

    private final String keyword;

    Kind(String keyword) {
      this.keyword = keyword;
    }

    /** The word in the record of a trail. */
    public String keyword() {
      return keyword;
    }
  }
}
