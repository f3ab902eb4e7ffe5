package io.sluice.compile;

import java.util.ArrayList;
import java.util.List;

/**
 * Answers packets from memory: the part of classification that one thread owns.
 *
 * <pre>
 *   ports, protocol, flags ──▶ table: class ──────┐
 *   addresses, marks ────────▶ ValueMemo: class ──┴▶ key: all classes side by side ──▶ LeafMemo ──▶ leaf
 *                                                                                          │ not seen before
 *                                          LeafResolver ◀── rules that match ◀── Classifier ◀──┘
 * </pre>
 *
 * Packets of one key match the same rules, so a leaf found once is right for all of them. A block of packets goes
 * through one stage after the other, so that the memory accesses of different packets overlap. Nothing is allocated
 * for packets of combinations that are known.
 *
 * <p>Memory stays within {@link EvaluatorOptions#maxBytes}: memos double until they may not, then forget all. When the
 * leaves fill up again too soon for that to have been worth it, they are kept as they are for a while and unknown
 * combinations are classified without being remembered: traffic that never repeats costs a search a packet and no more.
 */
public final class Evaluator {

  /** Packets that go through a stage before the next: their keys and columns stay in the first-level cache. */
  static final int BLOCK = 256;

  /** A memory that fills up before each of its entries was used this often is not worth filling again at once. */
  private static final int USES_WORTH_A_FLUSH = 4;

  private final Classifier classifier;
  private final LeafResolver resolver;
  private final LeafMemo leaves;
  private final long[][] keys;
  private final long[][] singleKey;

  private final FieldStage[] stages;
  private final int[] packet;
  private final Matches matches = new Matches();

  private long lookups;
  private long misses;
  private long unremembered;
  private long lookupsAtFlush;

  Evaluator(Classifier classifier, LeafResolver resolver, EvaluatorOptions options) {
    this.classifier = classifier;
    this.resolver = resolver;
    this.packet = new int[classifier.words];
    List<FieldIndex> telling = new ArrayList<>();
    for (FieldIndex index : classifier.indexes) {
      if (index.classCount > 1) telling.add(index);
    }
    KeyLayout layout = new KeyLayout(telling);
    // Half for leaves; the rest is shared by the fields that need a memory of values.
    long valueBytes = options.maxBytes() / 2 / Math.max(1, telling.stream().filter(FieldStage::remembers).count());
    this.stages = new FieldStage[telling.size()];
    for (int i = 0; i < stages.length; i++) {
      stages[i] = FieldStage.of(telling.get(i), layout.keyLong(i), layout.shift(i), valueBytes);
    }
    this.leaves = LeafMemo.create(layout.bits(), options.maxBytes() / 2);
    this.keys = new long[layout.longs()][BLOCK];
    this.singleKey = new long[layout.longs()][1];
  }

  /** The classifier whose answers these are. */
  public Classifier classifier() {
    return classifier;
  }

  /**
   * Classifies the packets {@code from .. to - 1}: word w of packet i is {@code columns[w][i]}, its leaf goes to
   * {@code leafOf[i]}. Columns of fields that no rule confines may be null.
   */
  public void classify(int[][] columns, int from, int to, int[] leafOf) {
    for (int block = from; block < to; block += BLOCK) {
      classifyBlock(columns, block, Math.min(BLOCK, to - block), leafOf);
    }
  }

  private void classifyBlock(int[][] columns, int from, int count, int[] leafOf) {
    for (long[] key : keys) java.util.Arrays.fill(key, 0, count, 0);
    for (FieldStage stage : stages) stage.classes(columns, from, count, keys[stage.keyLong]);
    lookups += count;
    int at = 0;
    while ((at = leaves.probe(keys, at, count, leafOf, from + at)) < count) {
      for (int word = 0; word < packet.length; word++) {
        packet[word] = columns[word] == null ? 0 : columns[word][from + at];
      }
      leafOf[from + at] = learn(packet, keys, at);
      at++;
    }
  }

  /** Classifies one packet, given as its words. */
  public int classify(int[] words) {
    lookups++;
    for (long[] key : singleKey) key[0] = 0;
    for (FieldStage stage : stages) singleKey[stage.keyLong][0] |= (long) stage.classOf(words) << stage.shift;
    int leaf = leaves.get(singleKey, 0);
    return leaf >= 0 ? leaf : learn(words, singleKey, 0);
  }

  private int learn(int[] words, long[][] key, int at) {
    misses++;
    classifier.match(words, matches);
    int leaf = resolver.leaf(matches.ids, matches.count);
    if (leaf < 0 || leaf > LeafResolver.MAX_LEAF) {
      throw new IllegalStateException("a leaf must be in 0.." + LeafResolver.MAX_LEAF + ": leaf=" + leaf);
    }
    if (leaves.put(key, at, leaf)) return leaf;
    unremembered++;
    if (lookups - lookupsAtFlush > (long) USES_WORTH_A_FLUSH * leaves.count) {
      leaves.flush();
      lookupsAtFlush = lookups;
    }
    return leaf;
  }

  /** What the memory holds and how it fared. */
  public EvaluatorStats stats() {
    long valueBytes = 0;
    long valueFlushes = 0;
    for (FieldStage stage : stages) {
      valueBytes += stage.bytes();
      valueFlushes += stage.flushes();
    }
    return new EvaluatorStats(classifier.bytes(), classifier.classCounts(), leaves.bytes(), valueBytes, leaves.count,
        lookups, misses, unremembered, leaves.flushes, valueFlushes);
  }
}
