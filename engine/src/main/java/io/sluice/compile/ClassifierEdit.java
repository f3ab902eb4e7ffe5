package io.sluice.compile;

import java.util.Arrays;
import java.util.List;

/** Makes a classifier from another with some rules in place of others, sharing every array that stays as it is. */
final class ClassifierEdit {

  private final Classifier before;
  private final FieldIndex[] indexes;
  private PairIndex pairs;
  private Blocks<Box> boxes;
  private long[] finals;
  private RuleCode code;
  private int[] position;

  private ClassifierEdit(Classifier before) {
    this.before = before;
    this.indexes = before.indexes.clone();
    this.pairs = before.pairs;
    this.boxes = before.boxes;
    this.finals = before.finals;
    this.code = before.code;
  }

  static Classifier splice(Classifier before, int from, int to, List<Box> added) {
    if (from < 0 || from > to || to > before.ruleCount) {
      throw new IndexOutOfBoundsException("no place at positions " + from + ".." + to + " of " + before.ruleCount);
    }
    for (Box box : added) Classifier.check(before.fields, box);
    ClassifierEdit edit = new ClassifierEdit(before);
    edit.move(from, to, added.size());
    edit.add(from, added);
    return new Classifier(before.fields, edit.indexes, before.fieldA, before.fieldB, edit.pairs, before.longLists, edit.code,
        edit.position, edit.boxes, edit.finals, before.ruleCount - (to - from) + added.size());
  }

  /** Finds the new positions, and takes out the rules that have none any more. */
  private void move(int from, int to, int added) {
    int[] removed = new int[to - from];
    int shift = added - removed.length;
    int[] old = before.position;
    int[] moved = new int[old.length + added];
    for (int id = 0; id < old.length; id++) {
      int at = old[id];
      if (at >= to) {
        at += shift;
      } else if (at >= from) {
        removed[at - from] = id;
        at = Classifier.GONE;
      }
      moved[id] = at;
    }
    position = moved;
    RulePairs rulePairs = new RulePairs(before.indexes, before.fieldA, before.fieldB);
    for (int id : removed) {
      for (long pair : rulePairs.pairs(before.boxes.get(id))) pairs = pairs.without(pair, id);
      boxes = boxes.with(id, null);
    }
  }

  private void add(int from, List<Box> added) {
    if (added.isEmpty()) return;
    added.forEach(this::index);
    RuleCode.Builder all = new RuleCode.Builder(indexes, before.code);
    RulePairs rulePairs = new RulePairs(indexes, before.fieldA, before.fieldB);
    finals = Arrays.copyOf(finals, Classifier.longs(position.length));
    for (int i = 0; i < added.size(); i++) {
      int id = before.position.length + i;
      position[id] = from + i;
      boxes = boxes.with(id, added.get(i));
      if (added.get(i).isFinal()) finals[id >>> 6] |= 1L << id;
      for (long pair : rulePairs.add(added.get(i), all)) pairs = pairs.with(pair, id, position);
    }
    code = all.build();
  }

  private void index(Box box) {
    if (!box.isPossible()) return;
    for (int i = 0; i < box.size(); i++) {
      int field = box.field(i);
      if (!box.allowed(i).isFull(before.fields[field].bits())) indexes[field] = FieldEdit.with(indexes[field], box.allowed(i));
    }
  }
}
