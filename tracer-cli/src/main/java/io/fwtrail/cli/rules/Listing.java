package io.fwtrail.cli.rules;

import io.fwtrail.netlink.nftables.NfFamily;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All chains of this host with their rules, as they were at one moment. */
public final class Listing {
  private static final Comparator<ListedChain> ORDER =
      Comparator.comparing(ListedChain::flavour)
          .thenComparing(listed -> listed.chain().family())
          .thenComparing(listed -> listed.chain().table())
          .thenComparing(
              listed -> listed.chain().hook(), Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(listed -> listed.chain().name());

  private final List<ListedChain> chains;
  private final List<String> notices;

  Listing(List<ListedChain> chains, List<String> notices) {
    this.chains = chains.stream().sorted(ORDER).toList();
    this.notices = List.copyOf(notices);
  }

  /** The same with nothing but one family, or all of it where {@code family} is null. */
  public Listing of(@Nullable NfFamily family) {
    return family == null
        ? this
        : new Listing(
            chains.stream().filter(listed -> listed.chain().family() == family).toList(), notices);
  }

  /** What is missing from it, and why: a line each. */
  public List<String> notices() {
    return notices;
  }

  /** By flavour, family, table; base chains in the order of their hooks ahead of others. */
  public List<ListedChain> chains() {
    return chains;
  }

  /** The rules that trace packets, in the order of {@link #chains}. */
  public List<ListedRule> tracing() {
    return chains.stream()
        .flatMap(chain -> chain.rules().stream())
        .filter(ListedRule::traces)
        .toList();
  }
}
