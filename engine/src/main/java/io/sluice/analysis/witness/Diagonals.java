package io.sluice.analysis.witness;

/** Goes through all combinations of indexes so that low ones come first: by rising sum. */
final class Diagonals {
  private final int[] sizes;
  private final int[] at;
  private int sum = -1;
  private boolean more;

  Diagonals(int... sizes) {
    this.sizes = sizes.clone();
    this.at = new int[sizes.length];
    for (int size : sizes) {
      more |= size == 0;
    }
    more = !more;
  }

  /** Moves on to the next combination; false when there is none. */
  boolean next() {
    if (!more) {
      return false;
    }
    if (sum >= 0 && step()) {
      return true;
    }
    sum++;
    more = fill(0, sum);
    return more;
  }

  /** The index of a dimension in this combination. */
  int at(int dimension) {
    return at[dimension];
  }

  /** The lexicographically next combination of the same sum. */
  private boolean step() {
    int rest = at[sizes.length - 1];
    for (int i = sizes.length - 2; i >= 0; i--) {
      if (rest > 0 && at[i] + 1 < sizes[i]) {
        at[i]++;
        if (fill(i + 1, rest - 1)) {
          return true;
        }
        at[i]--;
      }
      rest += at[i];
    }
    return false;
  }

  /** Puts {@code rest} into the dimensions from {@code from} on, as far to the right as it goes. */
  private boolean fill(int from, int rest) {
    int left = rest;
    for (int i = sizes.length - 1; i >= from; i--) {
      at[i] = Math.min(left, sizes[i] - 1);
      left -= at[i];
    }
    return left == 0;
  }
}
