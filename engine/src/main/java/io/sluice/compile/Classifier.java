package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Prioritized boxes, compiled: which rules match a packet, whatever their number.
 *
 * <p>A rule has an <em>id</em>, which it keeps as long as it lives, and a <em>position</em> in rule order, which edits
 * of other rules move. {@link #compile} gives the ids 0, 1, 2 ... in rule order; {@link #splice} gives the next free ones.
 *
 * <pre>
 *   packet ──▶ FieldIndex of A ─▶ node and ancestors ─┐
 *          └─▶ FieldIndex of B ─▶ node and ancestors ─┴▶ PairIndex ─▶ candidate ids ─▶ RuleCode ─▶ ids that match
 * </pre>
 *
 * Where many rules are under one pair, as when they confine neither A nor B, candidates are those of them whose values of a
 * third field are around the packet's: {@link LongLists}.
 *
 * Immutable and safe to share; an {@link Evaluator} for each thread adds the memory of what it has seen, which is what
 * makes repeated packets fast. The edit methods give a new classifier that shares what did not change, for which evaluators
 * are made anew: what they remember fills again within a few packets.
 */
public final class Classifier {

  /** The position of a rule that is not there any more. */
  static final int GONE = -1;

  final Field[] fields;
  final FieldIndex[] indexes;
  final int words;
  final int fieldA;
  final int fieldB;
  final PairIndex pairs;
  final LongLists longLists;
  final RuleCode code;
  /** Position of each rule id, {@link #GONE} if removed. */
  final int[] position;
  /** The box of each id: null if removed. */
  final Blocks<Box> boxes;
  /** By id, a bit each: whether the search for rules of a packet ends with it. */
  final long[] finals;
  final int ruleCount;

  Classifier(Field[] fields, FieldIndex[] indexes, int fieldA, int fieldB, PairIndex pairs,
      LongLists longLists, RuleCode code, int[] position, Blocks<Box> boxes, long[] finals, int ruleCount) {
    this.fields = fields;
    this.indexes = indexes;
    this.words = Arrays.stream(fields).mapToInt(Field::words).sum();
    this.fieldA = fieldA;
    this.fieldB = fieldB;
    this.pairs = pairs;
    this.longLists = longLists;
    this.code = code;
    this.position = position;
    this.boxes = boxes;
    this.finals = finals;
    this.ruleCount = ruleCount;
    assert ClassifierVerifier.isSound(this);
  }

  /** Compiles {@code rules}, the first of which comes first, over packets of the given fields. */
  public static Classifier compile(List<Field> fields, List<Box> rules) {
    return compile(fields, rules, () -> {});
  }

  /** As {@link #compile(List, List)}; {@code checkpoint} is run again and again, and may throw to end it. */
  public static Classifier compile(List<Field> fields, List<Box> rules, Runnable checkpoint) {
    if (fields.isEmpty()) throw new IllegalArgumentException("a classifier needs at least one field");
    Field[] all = fields.toArray(Field[]::new);
    for (Box box : rules) check(all, box);
    FieldIndex[] indexes = new FieldIndex[all.length];
    int word = 0;
    for (int field = 0; field < all.length; field++) {
      checkpoint.run();
      indexes[field] = FieldIndexBuilder.build(all[field], word, distinctSets(all[field], field, rules));
      word += all[field].words();
    }
    int a = mostTelling(indexes, -1, -1);
    int b = mostTelling(indexes, a, -1);
    RuleCode.Builder code = new RuleCode.Builder(indexes);
    LongArrayList pairKeys = new LongArrayList(rules.size());
    IntArrayList pairRules = new IntArrayList(rules.size());
    RulePairs rulePairs = new RulePairs(indexes, a, b);
    int[] position = new int[rules.size()];
    long[] finals = new long[longs(rules.size())];
    for (int id = 0; id < position.length; id++) {
      position[id] = id;
      checkpoint.run();
      if (rules.get(id).isFinal()) finals[id >>> 6] |= 1L << id;
      for (long pair : rulePairs.add(rules.get(id), code)) {
        pairKeys.add(pair);
        pairRules.add(id);
      }
    }
    PairIndex pairs = PairIndex.build(pairKeys, pairRules);
    LongLists longLists = LongLists.build(pairs, indexes, mostTelling(indexes, a, b), rules, LongLists.LONG);
    return new Classifier(all, indexes, a, b, pairs, longLists, code.build(), position, Blocks.of(rules), finals, position.length);
  }

  /** How many longs have a bit for each of so many rules. */
  static int longs(int rules) {
    return rules + 63 >>> 6;
  }

  static void check(Field[] fields, Box box) {
    for (int i = 0; i < box.size(); i++) {
      if (box.field(i) < 0 || box.field(i) >= fields.length) {
        throw new IllegalArgumentException("no such field: field=" + box.field(i) + ", fields=" + fields.length);
      }
      if (box.allowed(i).exceeds(fields[box.field(i)].bits())) {
        throw new IllegalArgumentException(fields[box.field(i)] + " has no room for " + box.allowed(i));
      }
    }
  }

  private static Set<ValueSet> distinctSets(Field field, int number, List<Box> rules) {
    Set<ValueSet> sets = new LinkedHashSet<>();
    for (Box rule : rules) {
      ValueSet values = rule.values(number);
      if (values != null && rule.isPossible() && !values.isFull(field.bits())) sets.add(values);
    }
    return sets;
  }

  /** The field with the most nodes besides {@code except} and {@code or}: it leaves the fewest candidates. -1 if there is none. */
  private static int mostTelling(FieldIndex[] indexes, int except, int or) {
    int best = -1;
    for (int i = 0; i < indexes.length; i++) {
      if (i != except && i != or && (best < 0 || indexes[i].nodeCount() > indexes[best].nodeCount())) best = i;
    }
    return best;
  }

  /** A memory of packets for one thread, which asks {@code leaves} what each set of matching rules means. */
  public Evaluator evaluator(LeafResolver leaves, EvaluatorOptions options) {
    return new Evaluator(this, leaves, options);
  }

  public List<Field> fields() {
    return List.of(fields);
  }

  /** How many ints a packet has. */
  public int words() {
    return words;
  }

  /** How many rules there are. */
  public int size() {
    return ruleCount;
  }

  /** The place of a rule in rule order, or -1 if it was removed. */
  public int position(int id) {
    return position[id];
  }

  /** The id of the rule at {@code position}. */
  public int idAt(int rulePosition) {
    if (rulePosition < 0 || rulePosition >= ruleCount) {
      throw new IndexOutOfBoundsException("no rule at position " + rulePosition + " of " + ruleCount);
    }
    int id = 0;
    while (position[id] != rulePosition) id++;
    return id;
  }

  /** The rules by position. */
  public Box[] inOrder() {
    Box[] ordered = new Box[ruleCount];
    for (int id = 0; id < position.length; id++) {
      if (position[id] != GONE) ordered[position[id]] = isFinal(id) ? boxes.get(id) : boxes.get(id).asOpen();
    }
    return ordered;
  }

  /** Whether the search for rules of a packet ends with this one: its box is final, and was not {@link #opened}. */
  public boolean isFinal(int id) {
    return (finals[id >>> 6] >>> id & 1) != 0;
  }

  /** The rule with this id, which must not have been removed. */
  public Box box(int id) {
    return boxes.get(id);
  }

  /**
   * A classifier with {@code added} in place of the rules at the positions {@code from .. to - 1}; their ids are the next free
   * ones.
   */
  public Classifier splice(int from, int to, List<Box> added) {
    return ClassifierEdit.splice(this, from, to, added);
  }

  /** A classifier of packets that have one more field, behind the others. */
  public Classifier with(Field more) {
    Field[] all = Arrays.copyOf(fields, fields.length + 1);
    FieldIndex[] allIndexes = Arrays.copyOf(indexes, all.length);
    all[fields.length] = more;
    allIndexes[fields.length] = FieldIndexBuilder.build(more, words, List.of());
    return new Classifier(all, allIndexes, fieldA, fieldB, pairs, longLists, code, position, boxes, finals, ruleCount);
  }

  /** A classifier in which rules at some positions do not end the search any more, though their boxes are final. */
  public Classifier opened(IntPredicate positions) {
    long[] left = finals.clone();
    for (int word = 0; word < left.length; word++) {
      for (long bits = left[word]; bits != 0; bits &= bits - 1) {
        int id = (word << 6) + Long.numberOfTrailingZeros(bits);
        if (position[id] != GONE && positions.test(position[id])) left[word] &= ~(1L << id);
      }
    }
    return new Classifier(fields, indexes, fieldA, fieldB, pairs, longLists, code, position, boxes, left, ruleCount);
  }

  /**
   * Collects the ids of the rules that match {@code packet} into {@code matches}, in rule order, up to and including
   * the first final one.
   */
  void match(int[] packet, Matches matches) {
    matches.clear();
    int[] parentA = indexes[fieldA].nodeParent;
    int[] parentB = fieldB < 0 ? null : indexes[fieldB].nodeParent;
    int innermostB = fieldB < 0 ? 0 : indexes[fieldB].node(packet);
    for (int a = indexes[fieldA].node(packet); a >= 0; a = parentA[a]) {
      for (int b = innermostB; b >= 0; b = parentB == null ? -1 : parentB[b]) {
        matchPair(PairIndex.pair(a, b), packet, matches);
      }
    }
    matches.sort(position);
  }

  private void matchPair(long pair, int[] packet, Matches matches) {
    int[] changed = pairs.edits == null ? null : pairs.edits.find(pair);
    if (changed != null) {
      matchList(changed, 0, changed.length, packet, matches);
      return;
    }
    int list = PairIndex.find(pairs.keys, pairs.start, pair);
    if (list < 0) return;
    if (longLists.has(pairs, list)) {
      matchLong(list, packet, matches);
    } else {
      matchList(pairs.lists, list + 1, list + 1 + pairs.lists[list], packet, matches);
    }
  }

  private void matchLong(int list, int[] packet, Matches matches) {
    PairIndex parts = longLists.parts;
    FieldIndex index = indexes[longLists.field];
    for (int node = index.node(packet); node >= 0; node = index.nodeParent[node]) {
      int part = PairIndex.find(parts.keys, parts.start, PairIndex.pair(list, node));
      if (part >= 0) matchList(parts.lists, part + 1, part + 1 + parts.lists[part], packet, matches);
    }
  }

  private void matchList(int[] ids, int from, int to, int[] packet, Matches matches) {
    for (int i = from; i < to; i++) {
      int id = ids[i];
      if (position[id] > matches.cut) return; // the list is in rule order: nothing in it matters any more
      if (code.holds(id, packet)) {
        matches.add(id);
        if (isFinal(id)) matches.cut = position[id];
      }
    }
  }

  /** Bytes of the arrays that packets are looked up in, and of the boxes that are kept for edits. */
  public long bytes() {
    long sum = pairs.bytes() + longLists.bytes() + code.bytes() + boxes.bytes(Box::bytes) + 4L * position.length
        + 8L * finals.length;
    for (FieldIndex index : indexes) sum += index.bytes();
    return sum;
  }

  /** The class of every value of a field of at most 16 bits; null for a wider one. */
  public char[] classes(int field) {
    return fields[field].bits() <= Field.TABLE_BITS ? indexes[field].table() : null;
  }

  /** How many bits a class number of a field takes; 0 if no rule confines it. */
  public int classBits(int field) {
    return indexes[field].classBits();
  }

  /** How many classes each field has: what a packet's {@link Evaluator} key is made of. */
  public List<Integer> classCounts() {
    List<Integer> counts = new ArrayList<>();
    for (FieldIndex index : indexes) counts.add(index.classCount);
    return counts;
  }
}
