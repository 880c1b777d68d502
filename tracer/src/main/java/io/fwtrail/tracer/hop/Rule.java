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
 * @param origin where its owner wrote it; null where no file was given, or it is not in there
 */
public record Rule(
    int number,
    long handle,
    @Nullable String text,
    @Nullable String comment,
    @Nullable Origin origin) {

  /**
   * A place in a file.
   *
   * @param file its path, as the user gave it or as another file includes it
   * @param line from 1
   */
  public record Origin(String file, int line) {}

  /** A rule of which it is not known where it was written. */
  public Rule(int number, long handle, @Nullable String text, @Nullable String comment) {
    this(number, handle, text, comment, null);
  }

  /** A rule of which only the kernel's number is known. */
  public static Rule ofHandle(long handle) {
    return new Rule(0, handle, null, null);
  }

  /** The same, with where it was written. */
  public Rule withOrigin(@Nullable Origin from) {
    return new Rule(number, handle, text, comment, from);
  }
}
