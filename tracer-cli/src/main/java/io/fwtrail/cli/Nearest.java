package io.fwtrail.cli;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds the word that somebody meant who typed another one. */
final class Nearest {
  private Nearest() {}

  /**
   * The candidate with the fewest changes to {@code typed}, whose case counts for nothing; null
   * where none is near.
   */
  static @Nullable String to(String typed, Collection<String> candidates) {
    String bare = typed.indexOf('=') > 0 ? typed.substring(0, typed.indexOf('=')) : typed;
    String nearest = null;
    int least = Math.max(1, bare.length() / 2);
    for (String candidate : candidates) {
      int distance = distance(bare, candidate);
      if (distance < least || (distance == least && nearest == null && distance <= 2)) {
        nearest = candidate;
        least = distance;
      }
    }
    return nearest;
  }

  /** Letters put in, left out, changed or swapped with their neighbour. */
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int change = lower(a, i - 1) == lower(b, j - 1) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }

  private static char lower(String text, int at) {
    return Character.toLowerCase(text.charAt(at));
  }
}
