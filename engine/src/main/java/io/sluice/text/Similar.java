package io.sluice.text;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** "Did you mean": the known word that is nearest to an unknown one. */
final class Similar {
  private Similar() {}

  /** No more names than this are looked at: a file may have 100,000 chains, and as many mistakes. */
  private static final int MAX_KNOWN = 300;

  /** The nearest of {@code known} within an edit distance of a third of the word's length, at most 2. */
  static Optional<String> to(String word, Collection<String> known) {
    if (word.length() > 64) {
      return Optional.empty();
    }
    int limit = Math.min(2, Math.max(1, word.length() / 3));
    String best = null;
    int bestDistance = limit + 1;
    int seen = 0;
    for (String candidate : known) {
      if (seen++ == MAX_KNOWN) {
        break;
      }
      if (Math.abs(candidate.length() - word.length()) <= limit) {
        int distance = distance(word, candidate);
        if (distance < bestDistance) {
          best = candidate;
          bestDistance = distance;
        }
      }
    }
    return Optional.ofNullable(best);
  }

  /** {@code did you mean 'x'?} with a line's end, or nothing. */
  static String hint(String word, Collection<String> known) {
    return hint(word, known, List.of());
  }

  /** As above, where a word may be of two kinds. */
  static String hint(String word, Collection<String> known, Collection<String> alsoKnown) {
    return to(word, known).or(() -> to(word, alsoKnown)).map(near -> "did you mean '" + near + "'?\n").orElse("");
  }

  /** Levenshtein's distance, with a swap of neighbours counted as one edit. */
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      d[i][0] = i;
    }
    for (int j = 0; j <= b.length(); j++) {
      d[0][j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        int change = Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1)) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
        if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
