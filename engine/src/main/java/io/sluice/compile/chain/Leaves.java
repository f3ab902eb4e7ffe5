package io.sluice.compile.chain;

import io.sluice.compile.Classifier;
import io.sluice.compile.LeafResolver;
import java.util.Arrays;

/**
 * All sets of matching slots that packets of one thread have shown, each once.
 *
 * <pre>
 *   leaves   | - | 0 2 3 | 0 3             by number; number 0 stands for "no room"
 *   table    | 16: 1 | 18: 2               open addressing by the hash of the set; all other slots are empty, 0
 * </pre>
 */
final class Leaves implements LeafResolver {
  /** What a set gets for which there is no room. */
  static final int NO_ROOM = 0;

  private final Classifier classifier;
  private final long maxBytes;
  private Leaf[] leaves = new Leaf[16];
  private int[] table = new int[32];
  private int count = 1;
  private long bytes;
  private long misses;
  private int[] scratch = new int[64];

  Leaves(Classifier classifier, long maxBytes) {
    this.classifier = classifier;
    this.maxBytes = maxBytes;
  }

  @Override
  public int leaf(int[] ids, int idCount) {
    if (scratch.length < idCount) {
      scratch = new int[2 * idCount];
    }
    int hash = 1;
    for (int i = 0; i < idCount; i++) {
      scratch[i] = classifier.position(ids[i]);
      hash = 31 * hash + scratch[i];
    }
    hash *= 0x9e37_79b9;
    int at = hash >>> 1 & table.length - 1;
    while (table[at] != 0) {
      Leaf known = leaves[table[at]];
      if (known.hash == hash && Arrays.equals(known.slots, 0, known.slots.length, scratch, 0, idCount)) {
        return table[at];
      }
      at = at + 1 & table.length - 1;
    }
    return add(idCount, hash, 0, at);
  }

  /** The number of the set of these slots, slot s by bit s. */
  int of(long bits) {
    int hash = (int) (bits * 0x9e37_79b9_7f4a_7c15L >>> 32);
    int at = hash >>> 1 & table.length - 1;
    while (table[at] != 0) {
      if (leaves[table[at]].bits == bits) {
        return table[at];
      }
      at = at + 1 & table.length - 1;
    }
    misses++;
    int slots = 0;
    for (long left = bits; left != 0; left &= left - 1) {
      scratch[slots++] = Long.numberOfTrailingZeros(left);
    }
    return add(slots, hash, bits, at);
  }

  private int add(int idCount, int hash, long bits, int at) {
    Leaf leaf = new Leaf(Arrays.copyOf(scratch, idCount), hash, bits);
    if (!reserve(leaf.size()) || count == MAX_LEAF) {
      return NO_ROOM;
    }
    if (count == leaves.length) {
      leaves = Arrays.copyOf(leaves, 2 * count);
    }
    leaves[count] = leaf;
    table[at] = count++;
    if (2 * count > table.length) {
      grow();
    }
    return count - 1;
  }

  private void grow() {
    table = new int[2 * table.length];
    for (int leaf = 1; leaf < count; leaf++) {
      int at = leaves[leaf].hash >>> 1 & table.length - 1;
      while (table[at] != 0) {
        at = at + 1 & table.length - 1;
      }
      table[at] = leaf;
    }
  }

  /** Takes so many bytes from the bound; false when they are not there. */
  boolean reserve(long size) {
    if (bytes + size > maxBytes) {
      return false;
    }
    bytes += size;
    return true;
  }

  /** The leaf of a number, null for {@link #NO_ROOM}. */
  Leaf get(int number) {
    return leaves[number];
  }

  String dump() {
    StringBuilder out = new StringBuilder("leaves | -");
    for (int leaf = 1; leaf < count; leaf++) {
      out.append(" |");
      for (int slot : leaves[leaf].slots) {
        out.append(' ').append(slot);
      }
    }
    out.append("\ntable");
    for (int at = 0; at < table.length; at++) {
      out.append(table[at] == 0 ? "" : " | " + at + ": " + table[at]);
    }
    return out.append('\n').toString();
  }

  int count() {
    return count - 1;
  }

  /** How often {@link #of} did not know a set. */
  long misses() {
    return misses;
  }

  long bytes() {
    return bytes;
  }
}
