package io.fwtrail.tracer.hop;

import org.jspecify.annotations.Nullable;

/**
 * The rule that a hop met, as far as it is known.
 *
 * @param number its place in its chain, from 1; 0 where it is not known
 * @param handle the kernel's number for it, unique in its table; 0 where it is not known
 * @param text the rule as its owner's program prints it, without its comment; null where it could
 *     not be read
 * @param comment what its owner wrote beside it
 */
public record Rule(int number, long handle, @Nullable String text, @Nullable String comment) {
  /** A rule of which only the kernel's number is known. */
  public static Rule ofHandle(long handle) {
    return new Rule(0, handle, null, null);
  }
}
