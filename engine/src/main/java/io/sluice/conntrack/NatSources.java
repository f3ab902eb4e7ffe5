package io.sluice.conntrack;

/**
 * The bound connections by their original source, newest first: a further connection of the same source is mapped as an
 * earlier one, if it can (nf_nat_bysource).
 *
 * <p>Chains through {@link Connection#bySourceNext}; one head for two connections at least.
 */
final class NatSources {
  private final long seed;
  private Connection[] heads = new Connection[64];
  private int size;
  private final TupleKey scratch = new TupleKey();

  NatSources(long seed) {
    this.seed = seed;
  }

  private int slot(TupleKey source, int length) {
    return source.sourceHash(seed) & length - 1;
  }

  /** The newest connection of a chain in which those of this source are; go on with {@link Connection#bySourceNext}. */
  Connection chain(TupleKey source) {
    return heads[slot(source, heads.length)];
  }

  void add(Connection c) {
    if (size >= heads.length * 2) {
      grow();
    }
    scratch.set(c, false);
    link(heads, slot(scratch, heads.length), c);
    size++;
  }

  void remove(Connection c) {
    if (c.bySourcePrevious != null) {
      c.bySourcePrevious.bySourceNext = c.bySourceNext;
    } else {
      scratch.set(c, false);
      heads[slot(scratch, heads.length)] = c.bySourceNext;
    }
    if (c.bySourceNext != null) {
      c.bySourceNext.bySourcePrevious = c.bySourcePrevious;
    }
    c.bySourceNext = null;
    c.bySourcePrevious = null;
    size--;
  }

  private static void link(Connection[] heads, int slot, Connection c) {
    c.bySourcePrevious = null;
    c.bySourceNext = heads[slot];
    if (c.bySourceNext != null) {
      c.bySourceNext.bySourcePrevious = c;
    }
    heads[slot] = c;
  }

  /** Twice the heads; the order within a chain stays. */
  private void grow() {
    Connection[] bigger = new Connection[heads.length * 2];
    for (Connection head : heads) {
      Connection last = null;
      for (Connection c = head; c != null; c = c.bySourceNext) {
        last = c;
      }
      for (Connection c = last; c != null; ) {
        Connection previous = c.bySourcePrevious;
        scratch.set(c, false);
        link(bigger, slot(scratch, bigger.length), c);
        c = previous;
      }
    }
    heads = bigger;
  }
}
