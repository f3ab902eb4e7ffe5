package io.sluice.text;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** "Did you mean": the known word that is nearest to an unknown one. */
final class Similar {
  private Similar() {}

  /** No more names than this are looked at: a file may have 100,000 chains, and as many mistakes. */
  private static final int MAX_KNOWN = 100;

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
        int distance = distance(word, candidate, limit);
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

  /**
   * Levenshtein's distance, with a swap of neighbours counted as one edit; more than {@code limit} if it is more. Only a
   * band of {@code limit} cells on either side of the diagonal can stay within the limit.
   */
  private static int distance(String a, String b, int limit) {
    int tooFar = limit + 1;
    int[] before = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      java.util.Arrays.fill(row, tooFar);
      row[0] = Math.min(i, tooFar);
      int best = row[0];
      for (int j = Math.max(1, i - limit); j <= Math.min(b.length(), i + limit); j++) {
        int change = lower(a.charAt(i - 1)) == lower(b.charAt(j - 1)) ? 0 : 1;
        row[j] = Math.min(Math.min(last[j], row[j - 1]) + 1, last[j - 1] + change);
        if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
        best = Math.min(best, row[j]);
      }
      if (best > limit) {
        return tooFar;
      }
      int[] free = before;
      before = last;
      last = row;
      row = free;
    }
    return last[b.length()];
  }

  private static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }
}
