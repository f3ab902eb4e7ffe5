package io.sluice.conntrack;

/**
 * The bound connections by their original source, newest first: a further connection of the same source is mapped as an
 * earlier one, if it can (nf_nat_bysource).
 *
 * <p>An open-addressing table of chains through {@link Connection#bySourceNext}, one for each hash of a source; who looks for a
 * source that nobody has reads a tag, and no connection. At most half of the slots are used.
 */
final class NatSources {
  private static final int SMALLEST = 64;

  private final long seed;
  /** Hash of the source, 31 bits; 0 where the slot is free. */
  private int[] tags = new int[SMALLEST];
  private Connection[] heads = new Connection[SMALLEST];
  private int shift = Integer.numberOfLeadingZeros(SMALLEST) + 1;
  private int chains;
  private final TupleKey scratch = new TupleKey();

  NatSources(long seed) {
    this.seed = seed;
  }

  /** The hash that {@link #touch} and {@link #remove} take. */
  int tag(TupleKey source) {
    int hash = source.sourceHash(seed);
    return hash == 0 ? 1 : hash;
  }

  private int home(int tag) {
    return tag << 1 >>> shift;
  }

  /** Where the chain of a tag is, or would begin. */
  private int slot(int tag) {
    int[] tags = this.tags;
    int mask = tags.length - 1;
    int i = home(tag);
    while (tags[i] != 0 && tags[i] != tag) {
      i = i + 1 & mask;
    }
    return i;
  }

  /** Reads the slots where the search for sources of these hashes begins; the number has no meaning. */
  int touch(int[] hashes, int count) {
    int[] tags = this.tags;
    Connection[] heads = this.heads;
    int sum = 0;
    for (int i = 0; i < count; i++) {
      sum += tags[home(hashes[i])];
    }
    for (int i = 0; i < count; i++) {
      sum += heads[home(hashes[i])] == null ? 0 : 1;
    }
    return sum;
  }

  /** The newest connection of a chain in which those of this source are; go on with {@link Connection#bySourceNext}. */
  Connection chain(TupleKey source) {
    return heads[slot(tag(source))];
  }

  void add(Connection c) {
    scratch.set(c, false);
    int tag = tag(scratch);
    int slot = slot(tag);
    if (tags[slot] == 0) {
      if (2 * (chains + 1) > tags.length) {
        grow();
        slot = slot(tag);
      }
      tags[slot] = tag;
      chains++;
    }
    c.bySourcePrevious = null;
    c.bySourceNext = heads[slot];
    if (c.bySourceNext != null) {
      c.bySourceNext.bySourcePrevious = c;
    }
    heads[slot] = c;
  }

  /** @param tag that of its source */
  void remove(Connection c, int tag) {
    if (c.bySourcePrevious != null) {
      c.bySourcePrevious.bySourceNext = c.bySourceNext;
    } else {
      int slot = slot(tag);
      heads[slot] = c.bySourceNext;
      if (c.bySourceNext == null) {
        close(slot);
      }
    }
    if (c.bySourceNext != null) {
      c.bySourceNext.bySourcePrevious = c.bySourcePrevious;
    }
    c.bySourceNext = null;
    c.bySourcePrevious = null;
  }

  /** Frees a slot and moves chains behind it back, so that each is found from its home. */
  private void close(int slot) {
    int mask = tags.length - 1;
    int gap = slot;
    int i = slot;
    for (int t = tags[i = i + 1 & mask]; t != 0; t = tags[i = i + 1 & mask]) {
      if ((i - home(t) & mask) >= (i - gap & mask)) {
        tags[gap] = t;
        heads[gap] = heads[i];
        gap = i;
      }
    }
    tags[gap] = 0;
    heads[gap] = null;
    chains--;
  }

  private void grow() {
    int[] oldTags = tags;
    Connection[] oldHeads = heads;
    tags = new int[oldTags.length * 2];
    heads = new Connection[oldTags.length * 2];
    shift--;
    for (int i = 0; i < oldTags.length; i++) {
      if (oldTags[i] != 0) {
        int slot = slot(oldTags[i]);
        tags[slot] = oldTags[i];
        heads[slot] = oldHeads[i];
      }
    }
  }
}
