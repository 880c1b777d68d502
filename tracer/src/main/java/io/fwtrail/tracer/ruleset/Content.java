package io.fwtrail.tracer.ruleset;

import org.jspecify.annotations.Nullable;

/**
 * What a rule or a set is made of, as 128 bits of a digest: two rules of one content are printed
 * alike wherever they stand.
 *
 * @param high one half of the digest
 * @param low the other
 * @param flags {@link #ALONE}, {@link #COUNTED}
 */
record Content(long high, long low, int flags) {
  /**
   * The text depends on nothing else: neither on names of interfaces, which the rule has as
   * numbers, nor on an unnamed set or chain whose content is not known.
   */
  static final int ALONE = 1;

  /** There is a counter in it, as iptables-nft puts into each of its rules. */
  static final int COUNTED = 2;

  // Written out here and in other records that the first rule set is read with: those that the JVM
  // makes for records take 5 ms each when they are called for the first time.
  @Override
  public int hashCode() {
    return Long.hashCode(high);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Content that
        && high == that.high
        && low == that.low
        && flags == that.flags;
  }

  boolean isAlone() {
    return (flags & ALONE) != 0;
  }

  boolean isCounted() {
    return (flags & COUNTED) != 0;
  }
}
