package io.sluice.conntrack;

/**
 * The bound connections by their original source, newest first: a further connection of the same source is mapped as an
 * earlier one, if it can (nf_nat_bysource).
 *
 * <p>A {@link TagTable} of chains through {@link Connection#bySourceNext}, one for each hash of a source; who looks for a source
 * that nobody has reads a slot, and no connection. The lowest bit of a tag says that its chain may be longer than one.
 */
final class NatSources {
  private final long seed;
  private final Roster roster;
  private final TagTable chains = new TagTable(false);
  private final TupleKey scratch = new TupleKey();

  NatSources(long seed, Roster roster) {
    this.seed = seed;
    this.roster = roster;
  }

  /** The hash that {@link #touch} takes. */
  int hash(TupleKey source) {
    return source.sourceHash(seed);
  }

  /** Where the chain of a hash is, or would begin. */
  private int slot(int hash) {
    int tag = hash << 1;
    int i = chains.home(tag);
    for (long s = chains.slots[i]; s != 0 && (TagTable.tag(s) & ~1) != tag; s = chains.slots[i]) {
      i = chains.next(i);
    }
    return i;
  }

  /** Reads the slots where the search for sources of these hashes begins; the number has no meaning. */
  long touch(int[] hashes, int count) {
    return chains.touch(hashes, count);
  }

  /** The newest connection of a chain in which those of this source are, or null; go on with {@link #next}. */
  Connection first(TupleKey source) {
    return roster.get(TagTable.number(chains.slots[slot(hash(source))]));
  }

  /** The next older connection of the chain; null behind the last. */
  Connection next(Connection c) {
    return roster.get(c.bySourceNext);
  }

  /** @param number the connection's in the roster */
  void add(Connection c, int number) {
    scratch.set(c, false);
    int hash = hash(scratch);
    int slot = slot(hash);
    int head = TagTable.number(chains.slots[slot]);
    c.bySourcePrevious = 0;
    c.bySourceNext = head;
    if (head != 0) {
      roster.get(head).bySourcePrevious = number;
      chains.slots[slot] = TagTable.slot(hash << 1 | 1, number);
    } else {
      if (!chains.hasRoom(1)) {
        chains.grow();
      }
      chains.place(hash << 1, number, null);
    }
  }

  void remove(Connection c) {
    if (c.bySourcePrevious == 0) {
      scratch.set(c, false);
      int slot = slot(hash(scratch));
      if (c.bySourceNext == 0) {
        chains.close(slot);
      } else {
        chains.slots[slot] = TagTable.slot(TagTable.tag(chains.slots[slot]), c.bySourceNext);
      }
    }
    unlink(c);
  }

  private void unlink(Connection c) {
    if (c.bySourcePrevious != 0) {
      roster.get(c.bySourcePrevious).bySourceNext = c.bySourceNext;
    }
    if (c.bySourceNext != 0) {
      roster.get(c.bySourceNext).bySourcePrevious = c.bySourcePrevious;
    }
    c.bySourceNext = 0;
    c.bySourcePrevious = 0;
  }

  /** Removes the connections that are {@link Roster#isGone}. */
  void sweep() {
    long[] slots = chains.slots;
    for (int i = 0; i < slots.length; i++) {
      if ((TagTable.tag(slots[i]) & 1) != 0) {
        slots[i] = withoutGone(slots[i]);
      }
    }
    chains.sweep(roster);
  }

  /** Leaves one that is gone as the head of a chain of nobody else. */
  private long withoutGone(long slot) {
    int first = TagTable.number(slot);
    for (int n = first, next; n != 0; n = next) {
      Connection c = roster.get(n);
      next = c.bySourceNext;
      if (roster.isGone(n)) {
        first = n != first || next == 0 ? first : next;
        unlink(c);
      }
    }
    int more = roster.get(first).bySourceNext == 0 ? 0 : 1;
    return TagTable.slot(TagTable.tag(slot) & ~1 | more, first);
  }
}
