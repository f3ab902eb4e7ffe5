package io.sluice.compile;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks what the arrays of a {@link Classifier} promise each other; where assertions are on, as in every test, each one
 * that is compiled or edited ends here.
 *
 * <ul>
 *   <li>{@link FieldIndex}: bounds ascend from 0; node 0 is the field; a node's block is aligned and inside its
 *       parent's, which is longer; each interval lies in its node and in none of that node's children; intervals of one
 *       class are in the same value sets, whose blocks have own sets that no other node has.
 *   <li>{@link PairIndex}: every pair is found, no more than half of the slots are taken, and each list is in rule order.
 *   <li>Every rule that is there, and no other, is in the lists of exactly the pairs that its box has.
 *   <li>{@link LongLists}: the rules of each long list are those of its parts, each under the nodes that its box has.
 *   <li>Positions of the rules that are there are 0, 1, 2 ... without a gap.
 * </ul>
 */
final class ClassifierVerifier {

  /** Beyond this the check of classes, quadratic in the rules, is left out. */
  private static final long MAX_CHECKS = 20_000_000;

  private ClassifierVerifier() {}

  /** True, or an error that says what is wrong. */
  static boolean isSound(Classifier classifier) {
    verify(classifier);
    return true;
  }

  private static void verify(Classifier classifier) {
    for (int field = 0; field < classifier.indexes.length; field++) {
      verify(classifier.indexes[field]);
      verifyClasses(classifier, field);
    }
    verifyPositions(classifier);
    verifyPairs(classifier);
    verifyLongLists(classifier);
  }

  private static void verify(FieldIndex index) {
    String name = index.field.name();
    require(index.nodeParent[0] == -1 && index.length(0) == 0, name + ": node 0 is not the whole field");
    for (int node = 1; node < index.nodeCount(); node++) {
      int parent = index.nodeParent[node];
      require(parent >= 0 && index.length(parent) < index.length(node), name + ": no longer parent of node " + node);
      require(isInside(index, nodeHigh(index, node), index.nodeLow[node], parent), name + ": parent of node " + node);
      int free = index.field.bits() - index.length(node);
      require((index.nodeLow[node] & U128.maskLow(free)) == 0 && (nodeHigh(index, node) & U128.maskHigh(free)) == 0,
          name + ": block of node " + node + " is not aligned");
      require(index.find(nodeHigh(index, node), index.nodeLow[node], index.length(node)) == node,
          name + ": node " + node + " is not found");
    }
    require(index.boundLow[0] == 0 && boundHigh(index, 0) == 0, name + ": bounds do not begin at 0");
    for (int i = 1; i < index.intervalCount(); i++) {
      require(U128.compare(boundHigh(index, i - 1), index.boundLow[i - 1], boundHigh(index, i), index.boundLow[i]) < 0,
          name + ": bounds do not ascend at " + i);
    }
    verifyIntervals(index);
  }

  /** An interval's ends must be in its node and not in a child: the chain found from the nodes must start there. */
  private static void verifyIntervals(FieldIndex index) {
    int[] innermost = new int[index.intervalCount()];
    for (int node = 1; node < index.nodeCount(); node++) {
      int free = index.field.bits() - index.length(node);
      long lastHigh = nodeHigh(index, node) | U128.maskHigh(free);
      long lastLow = index.nodeLow[node] | U128.maskLow(free);
      int from = index.interval(nodeHigh(index, node), index.nodeLow[node]);
      int to = index.interval(lastHigh, lastLow);
      require(index.boundLow[from] == index.nodeLow[node] && boundHigh(index, from) == nodeHigh(index, node),
          index.field.name() + ": no bound where node " + node + " begins");
      for (int i = from; i <= to; i++) {
        if (index.length(node) > index.length(innermost[i])) innermost[i] = node;
      }
      if (to + 1 < index.intervalCount()) {
        require(U128.compare(boundHigh(index, to + 1), index.boundLow[to + 1], lastHigh, lastLow) > 0,
            index.field.name() + ": no bound where node " + node + " ends");
      }
    }
    for (int i = 0; i < innermost.length; i++) {
      require(innermost[i] == index.intervalNode[i],
          index.field.name() + ": interval " + i + " is in node " + innermost[i] + ", not " + index.intervalNode[i]);
    }
  }

  /** Intervals of one class must be in the same value sets of the rules. */
  private static void verifyClasses(Classifier classifier, int field) {
    FieldIndex index = classifier.indexes[field];
    Set<ValueSet> sets = new LinkedHashSet<>();
    for (int id = 0; id < classifier.position.length; id++) {
      Box box = classifier.boxes.get(id);
      if (box != null && box.isPossible() && box.values(field) != null) sets.add(box.values(field));
    }
    if ((long) sets.size() * index.intervalCount() > MAX_CHECKS) return;
    Map<Integer, List<Boolean>> setsOfClass = new HashMap<>();
    for (int i = 0; i < index.intervalCount(); i++) {
      long high = boundHigh(index, i);
      long low = index.boundLow[i];
      List<Boolean> in = sets.stream().map(set -> set.contains(high, low)).toList();
      List<Boolean> others = setsOfClass.putIfAbsent(index.nodeClass[index.intervalNode[i]], in);
      require(others == null || others.equals(in), index.field.name() + ": class of interval " + i);
    }
    sets.stream().filter(set -> !set.isFull(index.field.bits())).forEach(set -> verifyOwn(index, set));
  }

  /** What numbers classes anew knows a value set by the own sets of its blocks. */
  private static void verifyOwn(FieldIndex index, ValueSet set) {
    Set<Integer> nodes = new HashSet<>();
    Set<Integer> own = new HashSet<>();
    Prefixes.cut(set, index.field.bits(), (high, low, length) -> nodes.add(index.find(high, low, length)));
    nodes.forEach(node -> own.add(index.nodeOwn[node]));
    for (int node = 0; node < index.nodeCount(); node++) {
      require(nodes.contains(node) || !own.contains(index.nodeOwn[node]), index.field.name() + ": own set of node " + node);
    }
  }

  private static void verifyPositions(Classifier classifier) {
    boolean[] taken = new boolean[classifier.ruleCount];
    for (int id = 0; id < classifier.position.length; id++) {
      int position = classifier.position[id];
      require((position == Classifier.GONE) == (classifier.boxes.get(id) == null), "box and position of rule " + id);
      if (position == Classifier.GONE) continue;
      require(!taken[position], "two rules at position " + position);
      taken[position] = true;
    }
  }

  private static void verifyPairs(Classifier classifier) {
    PairIndex pairs = classifier.pairs;
    require(pairs.pairCount * 2 <= pairs.keys.length, "pairs: more than half of the slots are taken");
    Set<Long> all = new HashSet<>();
    for (int slot = 0; slot < pairs.keys.length; slot++) {
      long pair = pairs.keys[slot];
      if (pair == PairIndex.EMPTY) continue;
      all.add(pair);
      require(PairIndex.find(pairs.keys, pairs.start, pair) == pairs.start[slot], "pair in slot " + slot + " is not found");
    }
    require(all.size() == pairs.pairCount, "pairs: " + all.size() + " slots are taken by " + pairs.pairCount + " pairs");
    if (pairs.edits != null) {
      for (long pair : pairs.edits.pairs()) all.add(pair);
    }
    Set<String> listed = new HashSet<>();
    for (long pair : all) {
      int[] ids = pairs.rules(pair);
      for (int i = 0; i < ids.length; i++) {
        require(i == 0 || classifier.position[ids[i - 1]] < classifier.position[ids[i]],
            "pair " + PairIndex.text(pair) + ": rules are not in order");
        listed.add(pair + " " + ids[i]);
      }
    }
    RulePairs rulePairs = new RulePairs(classifier.indexes, classifier.fieldA, classifier.fieldB);
    for (int id = 0; id < classifier.position.length; id++) {
      if (classifier.boxes.get(id) == null) continue;
      for (long pair : rulePairs.pairs(classifier.boxes.get(id))) {
        require(listed.remove(pair + " " + id), "rule " + id + " is not under one of its pairs");
      }
    }
    require(listed.isEmpty(), "pairs with rules that do not belong there: " + listed);
  }

  private static void verifyLongLists(Classifier classifier) {
    PairIndex pairs = classifier.pairs;
    LongLists longLists = classifier.longLists;
    Set<String> listed = new HashSet<>();
    for (long key : longLists.parts.keys) {
      if (key == PairIndex.EMPTY) continue;
      int last = -1; // ids ascend in rule order as long as no edit has changed a list, and these lists are from before all edits
      for (int id : longLists.parts.rules(key)) {
        require(last < id, "part " + PairIndex.text(key) + " of a long list: rules are not in order");
        listed.add(key + " " + id);
        last = id;
      }
    }
    for (int slot = 0; slot < pairs.keys.length; slot++) {
      int list = pairs.start[slot];
      if (pairs.keys[slot] == PairIndex.EMPTY || !longLists.has(pairs, list)) continue;
      for (int i = 1; i <= pairs.lists[list]; i++) {
        int id = pairs.lists[list + i];
        Box box = classifier.boxes.get(id);
        if (box == null) continue; // removed: an edited list stands in for this one
        for (int node : longLists.nodes(box, classifier.indexes[longLists.field])) {
          require(listed.remove(PairIndex.pair(list, node) + " " + id), "rule " + id + " is not in its part of a long list");
        }
      }
    }
    listed.removeIf(part -> classifier.boxes.get(Integer.parseInt(part.substring(part.indexOf(' ') + 1))) == null);
    require(listed.isEmpty(), "parts of long lists with rules that do not belong there: " + listed);
  }

  private static boolean isInside(FieldIndex index, long high, long low, int node) {
    int free = index.field.bits() - index.length(node);
    return (high & ~U128.maskHigh(free)) == nodeHigh(index, node) && (low & ~U128.maskLow(free)) == index.nodeLow[node];
  }

  private static long nodeHigh(FieldIndex index, int node) {
    return index.nodeHigh == null ? 0 : index.nodeHigh[node];
  }

  private static long boundHigh(FieldIndex index, int interval) {
    return index.boundHigh == null ? 0 : index.boundHigh[interval];
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) throw new AssertionError(otherwise);
  }
}
