package io.sluice.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Arrays that do not keep what they promise each other, and memories that lose something, are found out. */
class BrokenClassifierTest {
  private static final int MEMORY = 1 << 16;
  private static final List<Field> FIELDS = List.of(new Field("source", 32), new Field("destination", 32), new Field("port", 16));

  private static final List<Box> BOXES = List.of(
      Box.any().with(0, ValueSet.prefix(10 << 24, 8, 32)).with(2, ValueSet.of(22)),
      Box.any().with(0, ValueSet.prefix(11 << 24, 8, 32)).with(1, ValueSet.prefix(10 << 24, 8, 32)),
      Box.any().with(2, ValueSet.range(22, 80)),
      Box.any().with(1, ValueSet.of(10 << 24 | 1)));

  /** What can be broken in a classifier, and what is said of it. */
  private static final Map<String, Consumer<Classifier>> CLASSIFIERS = Map.ofEntries(
      Map.entry("port: node 2 is not found", c -> c.indexes[2].boundLow[2] = 22),
      Map.entry("port: bounds do not begin at 0", c -> c.indexes[2].boundLow[0] = 1),
      Map.entry("port: interval 2 is in node", c -> c.indexes[2].intervalNode[2] = c.indexes[2].intervalNode[1]),
      Map.entry("port: class of interval", c -> Arrays.fill(c.indexes[2].nodeClass, 0)),
      Map.entry("port: own set of node", c -> Arrays.fill(c.indexes[2].nodeOwn, 1)),
      Map.entry("source: no longer parent of node 2", c -> c.indexes[0].nodeParent[2] = 1),
      Map.entry("source: block of node 1 is not aligned", c -> c.indexes[0].nodeLow[1]++),
      Map.entry("two rules at position 0", c -> c.position[1] = 0),
      Map.entry("box and position of rule 1", c -> c.position[1] = Classifier.GONE),
      Map.entry("pair in slot 1 is not found", c -> c.pairs.keys[first(c.pairs)] = PairIndex.EMPTY),
      Map.entry("rule 3 is not under one of its pairs", c -> c.pairs.lists[c.pairs.lists.length - 1] = 0));

  private static int first(PairIndex pairs) {
    int slot = 0;
    while (pairs.keys[slot] == PairIndex.EMPTY) {
      slot++;
    }
    return slot;
  }

  static Stream<String> classifiers() {
    return CLASSIFIERS.keySet().stream();
  }

  @Test
  void theSoundClassifierPasses() {
    assertTrue(ClassifierVerifier.isSound(classifier()));
  }

  @ParameterizedTest
  @MethodSource("classifiers")
  void aBrokenClassifierIsFoundOut(String said) {
    Classifier classifier = classifier();
    CLASSIFIERS.get(said).accept(classifier);
    AssertionError e = assertThrows(AssertionError.class, () -> ClassifierVerifier.isSound(classifier));
    assertTrue(e.getMessage().startsWith(said), e::getMessage);
  }

  static Stream<Consumer<BoxBits>> bitMutants() {
    return Stream.of(bits -> bits.bounds[0][0] = 1, bits -> bits.bounds[0][2] = bits.bounds[0][1],
        bits -> bits.bounds[1][bits.bounds[1].length - 1] = 5, bits -> bits.bounds[1] = new long[3],
        bits -> bits.rows[1][0] |= 1L << BOXES.size(), bits -> bits.rows[1] = new long[1]);
  }

  @ParameterizedTest
  @MethodSource("bitMutants")
  void brokenBitsAreFoundOut(Consumer<BoxBits> mutant) {
    BoxBits bits = BoxBits.of(classifier(), BOXES.toArray(Box[]::new));
    assertTrue(bits.isSound(BOXES.size()));
    mutant.accept(bits);
    assertFalse(bits.isSound(BOXES.size()));
  }

  private static Classifier classifier() {
    return Classifier.compile(FIELDS, BOXES);
  }

  @ParameterizedTest
  @MethodSource("memories")
  void aMemoryThatHasLostSomethingIsFoundOut(Memo memo) {
    assertTrue(memo.isSound());
    int last = 0; // of those that stand next to each other: nothing is looked for behind it
    while (!memo.isTaken(last) || memo.isTaken(last + 1) || memo.isTaken(last + 2) || last % 64 > 61) {
      last++;
    }
    int width = memo.slots.length / memo.slotCount();
    long[] entry = Arrays.copyOfRange(memo.slots, last * width, (last + 1) * width);
    Arrays.fill(memo.slots, last * width, (last + 1) * width, 0);
    String name = memo.getClass().getSimpleName();
    assertEquals(name + ": 19 slots are taken by 20", assertThrows(AssertionError.class, memo::isSound).getMessage());
    System.arraycopy(entry, 0, memo.slots, (last + 2) * width, width);
    assertEquals(name + ": slot " + (last + 2) + " is not found", assertThrows(AssertionError.class, memo::isSound).getMessage());
  }

  static List<Memo> memories() {
    Field address = new Field("address", 32);
    Field wide = new Field("address", 128);
    List<Memo> memos = List.of(
        new ValueMemo(FieldIndexBuilder.build(address, 0, List.of(ValueSet.range(3, 9))), MEMORY),
        new WideValueMemo(FieldIndexBuilder.build(wide, 0, List.of(ValueSet.range(3, 9))), MEMORY),
        new PacketMemo(MEMORY), new NarrowLeafMemo(20, MEMORY), new WideLeafMemo(2, MEMORY));
    for (int i = 0; i < 20; i++) {
      ((ValueMemo) memos.get(0)).classOf(i);
      ((WideValueMemo) memos.get(1)).classOf(new int[] {0, 0, 0, i});
      ((PacketMemo) memos.get(2)).put(i, i, 5, i);
      ((NarrowLeafMemo) memos.get(3)).put(new long[][] {{i}}, 0, i);
      ((WideLeafMemo) memos.get(4)).put(new long[][] {{i}, {7}}, 0, i);
    }
    return memos;
  }
}
