package io.fwtrail.tracer.ruleset;

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

  boolean isAlone() {
    return (flags & ALONE) != 0;
  }

  boolean isCounted() {
    return (flags & COUNTED) != 0;
  }
}
