package io.sluice.compile.chain;

import io.sluice.compile.Box;
import io.sluice.compile.BoxBits;
import io.sluice.compile.Classifier;
import io.sluice.netfilter.Family;
import java.util.List;

/** How the slots of a {@link ChainProgram} that match a packet are found. Immutable once the compiler has filled it. */
final class ChainIndex {
  final Family family;
  final List<Dimension> dimensions;
  /** By slot. Kept so that an edited program finds what did not change. */
  final Confines[] confines;
  final Box[] boxes;
  /** Whether packets must be classified again after this slot: it changes what later ones read. */
  final boolean[] reclassifies;
  /** {@link io.sluice.ruleset.Field} bits of what any slot confines. */
  int reads;
  /** Slots by position. */
  Classifier classifier;
  /** Null until somebody asks. */
  private BoxBits bits;
  /** How many boxes were added and removed since all were compiled together. */
  int edits;

  ChainIndex(Family family, List<Dimension> dimensions, int slots) {
    this.family = family;
    this.dimensions = dimensions;
    this.confines = new Confines[slots];
    this.boxes = new Box[slots];
    this.reclassifies = new boolean[slots];
  }

  /** The box here of a slot of an edited program, counted from the beginning or from the end; null if it is another. */
  Box find(int slot, int slots, Confines wanted, boolean last) {
    int fromEnd = slot - slots + boxes.length;
    if (slot < boxes.length && boxes[slot].isFinal() == last && confines[slot].equals(wanted)) {
      return boxes[slot];
    }
    if (fromEnd >= 0 && boxes[fromEnd].isFinal() == last && confines[fromEnd].equals(wanted)) {
      return boxes[fromEnd];
    }
    return null;
  }

  /** The boxes by bits. Two threads may each make the same, which does no harm. */
  BoxBits bits() {
    BoxBits made = bits;
    if (made == null) {
      made = BoxBits.of(classifier, boxes);
      bits = made;
    }
    return made;
  }

  /** By bits, the boxes behind which nothing matters for a packet that is in them; of at most 64. */
  long finals() {
    long finals = 0;
    for (int slot = 0; slot < boxes.length; slot++) {
      finals |= boxes[slot].isFinal() ? 1L << slot : 0;
    }
    return finals;
  }

  PacketFields fields() {
    return new PacketFields(family, dimensions, reads);
  }
}
