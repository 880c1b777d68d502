package io.fwtrail.cli.rules;

/** Whose language a rule is written in, and by whose program it is shown. */
public enum Flavour {
  NFT("nft"),
  IPTABLES_NFT("iptables-nft"),
  IPTABLES_LEGACY("iptables-legacy");

  private final String keyword;

  Flavour(String keyword) {
    this.keyword = keyword;
  }

  /** The program's name. */
  public String keyword() {
    return keyword;
  }
}
