package io.sluice.ipset;

import java.util.Arrays;

/**
 * Which prefix lengths the elements of a set have, longest first: mtype_add_cidr(), mtype_del_cidr() in
 * net/netfilter/ipset/ip_set_hash_gen.h. A look-up tries each of them.
 */
final class Prefixes {
  private final int[] counts = new int[129];
  private int[] lengths = {};

  void add(int length) {
    if (counts[length]++ == 0) {
      collect();
    }
  }

  void remove(int length) {
    if (--counts[length] == 0) {
      collect();
    }
  }

  void clear() {
    Arrays.fill(counts, 0);
    lengths = new int[0];
  }

  private void collect() {
    int n = 0;
    int[] found = new int[129];
    for (int i = 128; i >= 0; i--) {
      if (counts[i] > 0) {
        found[n++] = i;
      }
    }
    lengths = Arrays.copyOf(found, n);
  }

  /** How many different lengths there are. */
  int count() {
    return lengths.length;
  }

  /** The {@code i}th longest. */
  int length(int i) {
    return lengths[i];
  }

  Prefixes copy() {
    Prefixes p = new Prefixes();
    System.arraycopy(counts, 0, p.counts, 0, counts.length);
    p.lengths = lengths;
    return p;
  }
}
