package io.fwtrail.tracer.origin;

/** How much is read of files that anybody may have written. */
final class Limits {
  /** The largest file, in bytes. Lists of addresses by country come to a few MB. */
  static final int FILE_BYTES = 64 << 20;

  /** All files together, in bytes. */
  static final long ALL_BYTES = 256L << 20;

  /** Files in all, those that others include with them. */
  static final int FILES = 4096;

  /** How deep files include one another: MAX_INCLUDE_DEPTH of nft (include/nftables.h). */
  static final int INCLUDE_DEPTH = 16;

  /** Tokens of one rule, or of what one variable stands for; of a longer rule no text is kept. */
  static final int RULE_TOKENS = 1 << 18;

  /** Tokens that come out of variables in all: a few lines could else stand for any number. */
  static final long EXPANDED_TOKENS = 1L << 25;

  /** Rules in all. */
  static final int RULES = 1 << 20;

  /** Sets within sets, in one rule. */
  static final int SET_DEPTH = 16;

  /** Addresses in one rule of which iptables makes several: one rule for each. */
  static final int RULE_ADDRESSES = 1024;

  /**
   * Characters of such a rule, which is read once for each address: iptables-restore reads no
   * longer line (iptables/iptables-restore.c, {@code buffer}).
   */
  static final int RULE_WITH_ADDRESSES = 10_240;

  private Limits() {}
}
