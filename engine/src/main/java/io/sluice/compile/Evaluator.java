package io.sluice.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Answers packets from memory: the part of classification that one thread owns.
 *
 * <pre>
 *   ports, protocol, flags ─▶ tables: classes ─┬─────────────▶ PacketMemo ──────────▶ leaf
 *                                              │                  │ not seen before
 *   addresses, marks ────────────┬─────────────│──(as values)─────┘
 *                                └▶ FieldBounds, ValueMemo: classes ─▶ key: all classes ─▶ LeafMemo ─▶ leaf
 *                                                                                            │ not seen before
 *                                            LeafResolver ◀── rules that match ◀── Classifier ◀┘
 * </pre>
 *
 * Packets of one key match the same rules, so a leaf found once is right for all of them. A block of packets goes
 * through one stage after the other, so that the memory accesses of different packets overlap. Nothing is allocated
 * for packets that are known.
 *
 * <p>Memory stays within {@link EvaluatorOptions#maxBytes}; {@link Memo} says what happens when it is used up. Traffic
 * that never repeats costs a search of the {@link Classifier} a packet and little more.
 */
public final class Evaluator {

  /** Packets that go through a stage before the next: their keys and columns stay in the first-level cache. */
  static final int BLOCK = 256;

  private final Classifier classifier;
  private final LeafResolver resolver;
  private final FieldStage[] narrow;
  private final FieldStage[] wide;
  private final PacketMemo packets; // null if there are not two wide fields of one word, or both have few bounds
  private final int wordA;
  private final int wordB;
  private final LeafMemo leaves;

  private final long[][] keys;
  private final long[][] singleKey;
  private final int[] unknown = new int[BLOCK];
  private final int[][] unknownColumns;
  private final long[][] unknownKeys;
  private final int[] unknownLeaves = new int[BLOCK];
  private final int[] packet;
  private final Matches matches = new Matches();

  private long lookups;
  private long packetMisses;
  private long misses;
  private long unremembered;
  /** The memory of packets is left alone until then. */
  private long lookupsAtReturn;

  Evaluator(Classifier classifier, LeafResolver resolver, EvaluatorOptions options) {
    this.classifier = classifier;
    this.resolver = resolver;
    this.packet = new int[classifier.words];
    List<FieldIndex> telling = new ArrayList<>();
    for (FieldIndex index : classifier.indexes) {
      if (index.classCount > 1 && !FieldStage.isWide(index)) telling.add(index);
    }
    int narrowFields = telling.size();
    for (FieldIndex index : classifier.indexes) {
      if (index.classCount > 1 && FieldStage.isWide(index)) telling.add(index);
    }
    List<FieldIndex> wideFields = telling.subList(narrowFields, telling.size());
    KeyLayout layout = new KeyLayout(telling);
    boolean remembersPackets = wideFields.size() == 2 && wideFields.stream().allMatch(w -> w.field.words() == 1)
        && !wideFields.stream().allMatch(FieldBounds::suit)
        && new KeyLayout(telling.subList(0, narrowFields)).bits() <= PacketMemo.MAX_CLASS_BITS;
    long quarter = options.maxBytes() / 4;
    this.narrow = FieldStage.narrow(telling, layout).toArray(FieldStage[]::new);
    this.wide = FieldStage.wide(telling, layout, quarter / Math.max(1, wideFields.size())).toArray(FieldStage[]::new);
    this.packets = remembersPackets ? new PacketMemo(2 * quarter) : null;
    this.wordA = remembersPackets ? wideFields.get(0).word : -1;
    this.wordB = remembersPackets ? wideFields.get(1).word : -1;
    this.leaves = LeafMemo.create(layout.bits(), remembersPackets ? quarter : 3 * quarter);
    this.keys = new long[layout.longs()][BLOCK];
    this.singleKey = new long[layout.longs()][1];
    this.unknownKeys = new long[layout.longs()][BLOCK];
    this.unknownColumns = new int[classifier.words][];
    for (FieldIndex index : wideFields) unknownColumns[index.word] = new int[BLOCK];
  }

  /** The classifier whose answers these are. */
  public Classifier classifier() {
    return classifier;
  }

  /**
   * Classifies the packets {@code from .. to - 1}: word w of packet i is {@code columns[w][i]}, its leaf goes to
   * {@code leafOf[i]}. Columns of fields that no rule confines may be null. A value must fit its field.
   */
  public void classify(int[][] columns, int from, int to, int[] leafOf) {
    for (int block = from; block < to; block += BLOCK) {
      int count = Math.min(BLOCK, to - block);
      for (long[] key : keys) Arrays.fill(key, 0, count, 0);
      for (FieldStage stage : narrow) stage.classes(columns, block, count, keys[stage.keyLong]);
      lookups += count;
      if (packets != null && lookups > lookupsAtReturn) {
        int missed = packets.probe(columns[wordA], columns[wordB], block, keys[0], count, leafOf, unknown);
        if (missed > 0) classifyUnknown(columns, block, missed, leafOf);
      } else {
        classifyByClasses(columns, block, count, keys, leafOf, block, null, columns, block);
      }
    }
  }

  /** Classifies the packets that the memory of packets did not know, together, and has it remember them. */
  private void classifyUnknown(int[][] columns, int block, int missed, int[] leafOf) {
    packetMisses += missed;
    for (int[] column : unknownColumns) if (column != null) gather(columns, column, block, missed);
    for (int i = 0; i < missed; i++) unknownKeys[0][i] = keys[0][unknown[i]];
    classifyByClasses(unknownColumns, 0, missed, unknownKeys, unknownLeaves, 0, unknown, columns, block);
    for (int i = 0; i < missed; i++) {
      int at = block + unknown[i];
      leafOf[at] = unknownLeaves[i];
      if (!packets.put(columns[wordA][at], columns[wordB][at], keys[0][unknown[i]], unknownLeaves[i])) {
        if (!packets.isWorthFlushing(lookups)) lookupsAtReturn = lookups + packets.count;
        packets.refused(lookups);
      }
    }
  }

  private void gather(int[][] columns, int[] to, int block, int missed) {
    int word = 0;
    while (unknownColumns[word] != to) word++;
    for (int i = 0; i < missed; i++) to[i] = columns[word][block + unknown[i]];
  }

  /**
   * Classifies {@code count} packets, whose narrow fields are in {@code key} already, by the classes of all fields. What
   * is not known is looked up as packet {@code wholeFrom + i} of {@code whole}, or {@code wholeFrom + picked[i]}.
   */
  private void classifyByClasses(int[][] columns, int from, int count, long[][] key, int[] leafOf, int leafFrom,
      int[] picked, int[][] whole, int wholeFrom) {
    for (FieldStage stage : wide) stage.classes(columns, from, count, key[stage.keyLong]);
    int at = 0;
    while ((at = leaves.probe(key, at, count, leafOf, leafFrom + at)) < count) {
      int row = wholeFrom + (picked == null ? at : picked[at]);
      for (int word = 0; word < packet.length; word++) packet[word] = whole[word] == null ? 0 : whole[word][row];
      leafOf[leafFrom + at] = learn(packet, key, at);
      at++;
    }
  }

  /** Classifies one packet, given as its words. */
  public int classify(int[] words) {
    lookups++;
    for (long[] key : singleKey) key[0] = 0;
    for (FieldStage stage : narrow) singleKey[stage.keyLong][0] |= stage.classesOf(words);
    boolean remembers = packets != null && lookups > lookupsAtReturn;
    long classes = singleKey[0][0];
    if (remembers) {
      int leaf = packets.get(words[wordA], words[wordB], classes);
      if (leaf >= 0) return leaf;
      packetMisses++;
    }
    for (FieldStage stage : wide) singleKey[stage.keyLong][0] |= stage.classesOf(words);
    int leaf = leaves.get(singleKey, 0);
    if (leaf < 0) leaf = learn(words, singleKey, 0);
    if (remembers && !packets.put(words[wordA], words[wordB], classes, leaf)) {
      if (!packets.isWorthFlushing(lookups)) lookupsAtReturn = lookups + packets.count;
      packets.refused(lookups);
    }
    return leaf;
  }

  private int learn(int[] words, long[][] key, int at) {
    misses++;
    classifier.match(words, matches);
    int leaf = resolver.leaf(matches.ids, matches.count);
    if (leaf < 0 || leaf > LeafResolver.MAX_LEAF) {
      throw new IllegalStateException("a leaf must be in 0.." + LeafResolver.MAX_LEAF + ": leaf=" + leaf);
    }
    if (!leaves.put(key, at, leaf)) {
      unremembered++;
      leaves.refused(lookups);
    }
    return leaf;
  }

  /** Packets whose combination of classes was not remembered. */
  public long misses() {
    return misses;
  }

  /** Bytes of what is remembered of packets and of their values: the wider the traffic, the more. */
  public long rememberedBytes() {
    long bytes = packets == null ? 0 : packets.bytes();
    for (FieldStage stage : wide) bytes += stage.memo() == null ? 0 : stage.memo().bytes();
    return bytes;
  }

  /** What the memory holds and how it fared. */
  public EvaluatorStats stats() {
    assert leaves.isSound() && (packets == null || packets.isSound());
    long valueBytes = 0;
    long valueFlushes = 0;
    for (FieldStage stage : wide) {
      Memo memo = stage.memo();
      assert memo == null || memo.isSound();
      valueBytes += memo == null ? 0 : memo.bytes();
      valueFlushes += memo == null ? 0 : memo.flushes();
    }
    return new EvaluatorStats(classifier.bytes(), classifier.classCounts(), leaves.bytes(), valueBytes,
        packets == null ? 0 : packets.bytes(), leaves.count, packets == null ? 0 : packets.count, lookups,
        packets == null ? lookups : packetMisses, misses, unremembered, leaves.flushes(), valueFlushes,
        packets == null ? 0 : packets.flushes());
  }
}
