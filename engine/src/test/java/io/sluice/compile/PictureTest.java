package io.sluice.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The worked example of each structure's Javadoc is what the structure prints of itself. */
class PictureTest {

  private static final Field BYTE = new Field("byte", 8);
  private static final Field ADDRESS = new Field("address", 32);

  @Test
  void fieldIndex() throws IOException {
    FieldIndex index = FieldIndexBuilder.build(BYTE, 0, List.of(ValueSet.range(16, 31), ValueSet.range(20, 23),
        ValueSet.union(List.of(ValueSet.of(64), ValueSet.of(66)))));
    assertPictured("FieldIndex", index.dump());
  }

  @Test
  void fieldEdit() throws IOException {
    FieldIndex index = FieldIndexBuilder.build(BYTE, 0, List.of(ValueSet.range(16, 31), ValueSet.range(20, 23),
        ValueSet.union(List.of(ValueSet.of(64), ValueSet.of(66)))));
    List<String> before = index.dump().lines().toList();
    List<String> after = FieldEdit.with(index, ValueSet.range(18, 19)).dump().lines().toList();
    assertPictured("FieldEdit", "before " + beginning(before.get(0), 4) + " after " + beginning(after.get(0), 5) + "\n"
        + beginning(before.get(1), 4) + " " + beginning(after.get(1), 5));
  }

  /** The first cells of a row, as pictures have them that leave out the others. */
  private static String beginning(String row, int cells) {
    return Arrays.stream(squeeze(row).split(" \\| ")).limit(cells).collect(Collectors.joining(" | ")) + " ...";
  }

  @Test
  void ruleCode() throws IOException {
    FieldIndex[] fields = new FieldIndex[5];
    for (int i = 0; i < 5; i++) fields[i] = FieldIndexBuilder.build(new Field("f" + i, 16), i, List.of());
    RuleCode.Builder code = new RuleCode.Builder(fields);
    ValueSet ports = ValueSet.union(List.of(ValueSet.of(22), ValueSet.range(80, 81)));
    code.add(Box.any().with(3, ports).with(4, ValueSet.of(6)), -1, -1);
    code.add(Box.any(), -1, -1);
    assertPictured("RuleCode", code.build().dump());
  }

  @Test
  void keyLayout() throws IOException {
    KeyLayout layout = new KeyLayout(List.of(classes(4_000), classes(50), classes(6)));
    assertEquals(21, layout.bits());
    assertPictured("KeyLayout", layout.dump());
  }

  /** Every value is a class of its own, but for those that no rule names. */
  private static FieldIndex classes(int count) {
    return FieldIndexBuilder.build(new Field("f", 16), 0, IntStream.range(0, count - 1).mapToObj(ValueSet::of).toList());
  }

  @Test
  void boxBits() throws IOException {
    Box[] boxes = {Box.any().with(0, ValueSet.range(20, 23)),
        Box.any().with(0, ValueSet.range(20, 23)).with(1, ValueSet.of(6)), Box.any()};
    Classifier classifier = Classifier.compile(List.of(new Field("port", 16), new Field("protocol", 8)), List.of(boxes));
    assertPictured("BoxBits", BoxBits.of(classifier, boxes).dump(boxes.length));
  }

  @Test
  void pairIndex() throws IOException {
    long pair = PairIndex.pair(3, 1);
    PairIndex index = PairIndex.build(LongArrayList.of(pair, PairIndex.pair(0, 0), pair), IntArrayList.of(0, 1, 2));
    assertPictured("PairIndex", index.dump());
    int[] position = {0, 3, 2, -1, -1, 1};
    assertPictured("PairEdits", index.with(pair, 5, position).without(PairIndex.pair(0, 0), 1).edits.dump());
  }

  @Test
  void longLists() throws IOException {
    Box[] boxes = {Box.any().with(2, ValueSet.of(22)), Box.any(), Box.any().with(2, ValueSet.of(22)),
        Box.any().with(2, ValueSet.of(80))};
    Field[] fields = {ADDRESS, ADDRESS, new Field("port", 16)};
    FieldIndex port = FieldIndexBuilder.build(fields[2], 2, List.of(ValueSet.of(22), ValueSet.of(80)));
    PairIndex pairs = PairIndex.build(LongArrayList.of(0, 0, 0, 0), IntArrayList.of(0, 1, 2, 3));
    assertPictured("LongLists", LongLists.build(pairs, new FieldIndex[] {null, null, port}, 2, List.of(boxes), 3).dump());
  }

  @Test
  void fieldBounds() throws IOException {
    FieldIndex index = FieldIndexBuilder.build(ADDRESS, 0, List.of(ValueSet.range(0x0a000000, 0x0a0000ff)));
    assertPictured("FieldBounds", new FieldBounds(index).dump());
  }

  @Test
  void valueMemo() throws IOException {
    ValueMemo memo = new ValueMemo(FieldIndexBuilder.build(ADDRESS, 0, List.of(ValueSet.of(0x0a000001))), 1 << 16);
    memo.classOf(0x0a000001);
    memo.classOf(0x0a000002);
    assertPictured("ValueMemo", memo.dump());
  }

  @Test
  void wideValueMemo() throws IOException {
    WideValueMemo memo = new WideValueMemo(FieldIndexBuilder.build(new Field("address", 128), 0,
        List.of(ValueSet.prefix(0x20010db800000000L, 0, 32, 128))), 1 << 16);
    memo.classOf(new int[] {0x20010db8, 0, 0, 1});
    assertPictured("WideValueMemo", memo.dump());
  }

  @Test
  void packetMemo() throws IOException {
    PacketMemo memo = new PacketMemo(1 << 16);
    memo.put(0x0a000001, 0x0a000002, 0x21, 9);
    assertPictured("PacketMemo", memo.dump());
  }

  @Test
  void narrowLeafMemo() throws IOException {
    NarrowLeafMemo memo = new NarrowLeafMemo(12, 1 << 16);
    memo.put(new long[][] {{0x123}}, 0, 9);
    assertPictured("NarrowLeafMemo", memo.dump());
  }

  @Test
  void wideLeafMemo() throws IOException {
    WideLeafMemo memo = new WideLeafMemo(2, 1 << 16);
    memo.put(new long[][] {{0x51}, {0x7}}, 0, 9);
    assertPictured("WideLeafMemo", memo.dump());
  }

  /** Every line of {@code dump} must begin a line of the class's picture, however much space is between. */
  private static void assertPictured(String className, String dump) throws IOException {
    Path source = Path.of("src/main/java/io/sluice/compile", className + ".java");
    List<String> picture = Files.readAllLines(source).stream()
        .filter(line -> line.startsWith(" *   ")).map(line -> squeeze(line.substring(2))).toList();
    assertFalse(dump.isBlank(), "nothing dumped");
    dump.lines().forEach(line -> assertTrue(picture.stream().anyMatch(p -> p.startsWith(squeeze(line))),
        () -> className + " has no line in its picture that begins with\n" + dump));
  }

  private static String squeeze(String line) {
    return line.strip().replaceAll("\\s+", " ").replace("[ ", "[").replace(" ]", "]");
  }
}
