package io.sluice.compile;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Rule sets over random fields, packets at and beside the bounds of their rules, and the naive answer. */
final class RandomRules {

  private static final int[] WIDTHS = {1, 3, 8, 16, 16, 17, 32, 32, 48, 128};

  final Random random;
  final List<Field> fields = new ArrayList<>();
  final List<Box> rules = new ArrayList<>();

  RandomRules(long seed, int maxRules) {
    this(seed, maxRules, 5, true);
  }

  RandomRules(long seed, int maxRules, int maxFields, boolean withFinal) {
    random = new Random(seed);
    int fieldCount = 1 + random.nextInt(maxFields);
    for (int i = 0; i < fieldCount; i++) fields.add(new Field("f" + i, WIDTHS[random.nextInt(WIDTHS.length)]));
    int ruleCount = random.nextInt(maxRules + 1);
    for (int i = 0; i < ruleCount; i++) rules.add(box(withFinal));
  }

  Box box(boolean withFinal) {
    Box box = Box.any();
    for (int field = 0; field < fields.size(); field++) {
      if (random.nextInt(3) > 0) box = box.with(field, values(fields.get(field).bits(), 0));
    }
    return withFinal && random.nextInt(3) == 0 ? box.asFinal() : box;
  }

  private ValueSet values(int bits, int depth) {
    switch (random.nextInt(depth > 1 ? 4 : 7)) {
      case 0:
        return ValueSet.range(0, 0, U128.maskHigh(bits), U128.maskLow(bits));
      case 1: {
        long[] value = value(bits);
        return ValueSet.range(value[0], value[1], value[0], value[1]);
      }
      case 2: {
        long[] value = value(bits);
        return ValueSet.prefix(value[0], value[1], random.nextInt(bits + 1), bits);
      }
      case 3: {
        long[] a = value(bits);
        long[] b = value(bits);
        boolean ascend = U128.compare(a[0], a[1], b[0], b[1]) <= 0;
        return ascend ? ValueSet.range(a[0], a[1], b[0], b[1]) : ValueSet.range(b[0], b[1], a[0], a[1]);
      }
      case 4:
        return values(bits, depth + 1).complement(bits);
      default:
        return ValueSet.union(List.of(values(bits, depth + 1), values(bits, depth + 1)));
    }
  }

  /** Mostly from a handful, so that rules overlap; else anywhere. */
  private long[] value(int bits) {
    long high = random.nextInt(4) == 0 ? random.nextLong() : (long) random.nextInt(3) << 60;
    long low = random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(3) - 1 + ((long) random.nextInt(3) << random.nextInt(64));
    return new long[] {high & U128.maskHigh(bits), low & U128.maskLow(bits)};
  }

  int[] packet() {
    int words = fields.stream().mapToInt(Field::words).sum();
    int[] packet = new int[words];
    int word = 0;
    Box near = rules.isEmpty() ? Box.any() : rules.get(random.nextInt(rules.size()));
    for (int field = 0; field < fields.size(); field++) {
      int bits = fields.get(field).bits();
      long[] value = value(bits);
      ValueSet values = near == null ? null : near.values(field);
      if (values != null && !values.isEmpty() && random.nextInt(8) > 0) value = besideBound(values, bits);
      for (int i = fields.get(field).words() - 1; i >= 0; i--) {
        packet[word++] = (int) (i >= 2 ? value[0] >>> (32 * (i - 2)) : value[1] >>> (32 * i));
      }
    }
    return packet;
  }

  private long[] besideBound(ValueSet values, int bits) {
    int range = random.nextInt(values.rangeCount());
    boolean first = random.nextBoolean();
    long high = first ? values.firstHigh(range) : values.lastHigh(range);
    long low = first ? values.firstLow(range) : values.lastLow(range);
    int step = random.nextInt(4) - 1;
    if (step == 1 || step == -1) low += step;
    return new long[] {high & U128.maskHigh(bits), low & U128.maskLow(bits)};
  }

  int[][] packets(int count) {
    int[][] packets = new int[count][];
    for (int i = 0; i < count; i++) packets[i] = packet();
    return packets;
  }

  static int[][] columns(int[][] packets, int words) {
    int[][] columns = new int[words][packets.length];
    for (int i = 0; i < packets.length; i++) {
      for (int w = 0; w < words; w++) columns[w][i] = packets[i][w];
    }
    return columns;
  }

  /** Ids of the rules that match, in rule order, up to the first final one: asked one rule after the other. */
  static List<Integer> linear(Classifier classifier, int[] packet) {
    List<Integer> ids = new ArrayList<>();
    for (int position = 0; position < classifier.size(); position++) {
      int id = classifier.idAt(position);
      if (!matches(classifier.fields(), classifier.box(id), packet)) continue;
      ids.add(id);
      if (classifier.isFinal(id)) break;
    }
    return ids;
  }

  static boolean matches(List<Field> fields, Box box, int[] packet) {
    int word = 0;
    for (int field = 0; field < fields.size(); field++) {
      long high = 0;
      long low = 0;
      for (int i = 0; i < fields.get(field).words(); i++) {
        high = high << 32 | low >>> 32;
        low = low << 32 | packet[word++] & 0xffff_ffffL;
      }
      ValueSet values = box.values(field);
      if (values != null && !values.contains(high, low)) return false;
    }
    return true;
  }
}
