package io.sluice.compile;

/** Makes a classifier from another by adding or removing one rule, sharing every array that stays as it is. */
final class ClassifierEdit {

  private ClassifierEdit() {}

  static Classifier insert(Classifier before, int rulePosition, Box box) {
    if (rulePosition < 0 || rulePosition > before.ruleCount) {
      throw new IndexOutOfBoundsException("no place at position " + rulePosition + " of " + before.ruleCount);
    }
    Classifier.check(before.fields, box);
    FieldIndex[] indexes = before.indexes.clone();
    if (box.isPossible()) {
      for (int i = 0; i < box.size(); i++) {
        int field = box.field(i);
        if (!box.allowed(i).isFull(before.fields[field].bits())) {
          indexes[field] = FieldEdit.with(indexes[field], box.allowed(i));
        }
      }
    }
    int id = before.position.length;
    int[] position = new int[id + 1];
    for (int other = 0; other < id; other++) {
      int old = before.position[other];
      position[other] = old != Classifier.GONE && old >= rulePosition ? old + 1 : old;
    }
    position[id] = rulePosition;
    Box[] boxes = java.util.Arrays.copyOf(before.boxes, id + 1);
    boxes[id] = box;
    RuleCode.Builder code = new RuleCode.Builder(indexes, before.code);
    PairIndex pairs = before.pairs;
    for (long pair : new RulePairs(indexes, before.fieldA, before.fieldB).add(box, code)) {
      pairs = pairs.with(pair, id, position);
    }
    return new Classifier(before.fields, indexes, before.fieldA, before.fieldB, pairs, code.build(), position, boxes,
        before.ruleCount + 1);
  }

  static Classifier remove(Classifier before, int id) {
    PairIndex pairs = before.pairs;
    for (long pair : new RulePairs(before.indexes, before.fieldA, before.fieldB).pairs(before.boxes[id])) {
      pairs = pairs.without(pair, id);
    }
    int gap = before.position[id];
    int[] position = before.position.clone();
    for (int other = 0; other < position.length; other++) {
      if (position[other] != Classifier.GONE && position[other] > gap) position[other]--;
    }
    position[id] = Classifier.GONE;
    Box[] boxes = before.boxes.clone();
    boxes[id] = null;
    return new Classifier(before.fields, before.indexes, before.fieldA, before.fieldB, pairs, before.code, position,
        boxes, before.ruleCount - 1);
  }
}
