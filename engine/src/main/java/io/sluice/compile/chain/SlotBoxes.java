package io.sluice.compile.chain;

import io.sluice.compile.Box;
import io.sluice.compile.ValueSet;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The box of each slot, whether it is the last that matters, and whether packets must be classified again behind the slot. */
final class SlotBoxes {
  final Box[] boxes;
  final boolean[] reclassifies;
  /** {@link io.sluice.ruleset.Field} bits of what the slots confine, or change. */
  private int reads;
  private int changes;

  /**
   * @param slots where the slots are now
   * @param from the first of them
   * @param confines of each
   * @param certain whether packets within these come to the slot, unless they are decided before
   * @param changesOf by chain, what it changes
   * @param readLater what slots behind these confine
   * @param changedLater what slots behind these change
   */
  SlotBoxes(Slots slots, int from, List<Confines> confines, BitSet certain, Changes changesOf,
      List<Dimension> dimensions, int readLater, int changedLater) {
    Map<Dimension, Integer> number = new HashMap<>();
    dimensions.forEach(dimension -> number.put(dimension, number.size()));
    boxes = new Box[confines.size()];
    reclassifies = new boolean[confines.size()];
    reads = readLater;
    changes = changedLater;
    for (int i = boxes.length - 1; i >= 0; i--) {
      int slot = from + i;
      Confines mine = confines.get(i);
      int kind = slots.kind[slot];
      boolean ends = kind == ChainProgram.DECIDE
          || kind == ChainProgram.RETURN && slots.back(slots.frame[slot]) == slots.count();
      boolean last = ends && certain.get(i) && slots.rule(slot).asked.length == 0 && (mine.fields() & changes) == 0;
      Box box = box(mine, number);
      boxes[i] = last ? box.asFinal() : box;
      int changed = changes(slots, slot, changesOf);
      reclassifies[i] = (changed & reads) != 0;
      reads |= mine.fields();
      changes |= changed;
    }
  }

  /** {@link io.sluice.ruleset.Field} bits of what a slot's target, or the chain that it CALLs, changes. */
  static int changes(Slots slots, int slot, Changes changesOf) {
    return switch (slots.kind[slot]) {
      case ChainProgram.CALL -> changesOf.of(slots.rule(slot).jump);
      case ChainProgram.TARGET -> slots.rule(slot).changes;
      default -> 0;
    };
  }

  private static Box box(Confines confines, Map<Dimension, Integer> number) {
    Box box = Box.any();
    if (!confines.isPossible()) {
      return box.with(0, ValueSet.none());
    }
    for (int i = 0; i < confines.count(); i++) {
      box = box.with(number.get(confines.dimension(i)), confines.set(i));
    }
    return box;
  }

  List<Box> list() {
    return Arrays.asList(boxes);
  }

  /** What these slots and those behind confine. */
  int reads() {
    return reads;
  }

  /** What these slots and those behind change. */
  int changes() {
    return changes;
  }
}
