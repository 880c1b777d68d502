package io.fwtrail.tracer.trail;

import io.fwtrail.tracer.hop.Hop;
import io.fwtrail.tracer.hop.Verdict;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where in a legacy table a packet stands: which chains called one another, and how far it came in
 * each. It tells packets with equal headers apart, as one packet meets the rules of a chain in
 * order, and comes to another chain only by a rule.
 */
final class LegacyPlace {
  private String[] chains = new String[4];
  private int[] numbers = new int[4];
  private int depth;

  /** Begins in a base chain, or wherever the packet was seen first. */
  void begin(String chain, int number) {
    depth = 0;
    push(chain, number);
  }

  /**
   * Whether the packet can come next to a rule, policy or return.
   *
   * @param number its place in the chain
   * @param last the hop before
   */
  boolean canReach(String chain, int number, @Nullable Hop last) {
    int level = level(chain);
    if (level >= 0) {
      return number > numbers[level];
    }
    if (last == null || last.kind() != Hop.Kind.RULE) {
      return false;
    }
    Verdict verdict = last.verdict();
    return verdict == null
        || ((verdict == Verdict.JUMP || verdict == Verdict.GOTO) && chain.equals(last.target()));
  }

  /** Takes a step that {@link #canReach}. */
  void step(String chain, int number) {
    int level = level(chain);
    if (level < 0) {
      push(chain, number);
    } else {
      depth = level + 1;
      numbers[level] = number;
    }
  }

  private int level(String chain) {
    for (int level = depth - 1; level >= 0; level--) {
      if (chains[level].equals(chain)) {
        return level;
      }
    }
    return -1;
  }

  private void push(String chain, int number) {
    if (depth == chains.length) {
      chains = Arrays.copyOf(chains, depth * 2);
      numbers = Arrays.copyOf(numbers, depth * 2);
    }
    chains[depth] = chain;
    numbers[depth] = number;
    depth++;
  }
}
