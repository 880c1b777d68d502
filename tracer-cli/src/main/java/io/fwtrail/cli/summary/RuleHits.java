package io.fwtrail.cli.summary;

import io.fwtrail.netlink.nftables.NfFamily;
import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Rule;
import io.fwtrail.tracer.hop.Verdict;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How often rules and policies were met, each of their verdicts apart. Not for use by several
 * threads.
 */
final class RuleHits {
  private final int capacity;
  private final Map<Key, Hits> all = new HashMap<>();
  private long others;

  private record Key(
      @Nullable String netns,
      NfFamily family,
      String table,
      String chain,
      @Nullable Rule rule,
      @Nullable Verdict verdict,
      @Nullable String target) {}

  /** One rule or policy with one verdict. */
  static final class Hits {
    private final Hop hop;
    private long hits;
    private long decided;

    private Hits(Hop hop) {
      this.hop = hop;
    }

    /** The first hop that met it. */
    Hop hop() {
      return hop;
    }

    /** How often it was met. */
    long hits() {
      return hits;
    }

    /** How many packets' fate hung on it. */
    long decided() {
      return decided;
    }
  }

  /**
   * Makes an empty one.
   *
   * @param capacity how many are counted one by one; the rest together
   */
  RuleHits(int capacity) {
    this.capacity = capacity;
  }

  /** Counts a hop; the end of a called chain is none that counts. */
  void add(Hop hop, boolean decided) {
    if (hop.kind() == Hop.Kind.RETURN) {
      return;
    }
    Key key =
        new Key(
            hop.netns(),
            hop.family(),
            hop.table(),
            hop.chain(),
            hop.rule(),
            hop.verdict(),
            hop.target());
    Hits hits = all.get(key);
    if (hits == null) {
      if (all.size() >= capacity) {
        others++;
        return;
      }
      hits = new Hits(hop);
      all.put(key, hits);
    }
    hits.hits++;
    if (decided) {
      hits.decided++;
    }
  }

  /** Most often met first; of those met as often, the ones that decided more. */
  List<Hits> ordered() {
    return all.values().stream()
        .sorted(
            Comparator.comparingLong(Hits::hits)
                .thenComparingLong(Hits::decided)
                .reversed()
                .thenComparing(hits -> hits.hop.table())
                .thenComparing(hits -> hits.hop.chain())
                .thenComparingInt(hits -> hits.hop.rule() == null ? 0 : hits.hop.rule().number()))
        .toList();
  }

  /** Hits of rules beyond those that are counted one by one. */
  long others() {
    return others;
  }
}
