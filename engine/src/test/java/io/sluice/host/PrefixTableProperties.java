package io.sluice.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PrefixTableProperties {
  private record Prefix(long hi, long lo, int bits) {
    boolean contains(long h, long l) {
      return ((h ^ hi) & PrefixTable.maskHi(bits) | (l ^ lo) & PrefixTable.maskLo(bits)) == 0;
    }
  }

  @Property(tries = 300, seed = "1")
  void theLongestPrefixIsFoundAndItsParentsAreTheOthersInOrder(
      @ForAll long seed, @ForAll @IntRange(max = 400) int count, @ForAll boolean clustered) {
    Random random = new Random(seed);
    TreeMap<String, Prefix> distinct = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      int bits = random.nextInt(clustered ? 20 : 129);
      long hi = random.nextLong() & (clustered ? 0xf0f0L << 48 : -1L) & PrefixTable.maskHi(bits);
      long lo = random.nextLong() & PrefixTable.maskLo(bits);
      distinct.put(String.format("%016x%016x/%03d", hi, lo, bits), new Prefix(hi, lo, bits));
    }
    List<Prefix> prefixes = new ArrayList<>(distinct.values());
    PrefixTable table = PrefixTable.of(
        prefixes.stream().mapToLong(Prefix::hi).toArray(), prefixes.stream().mapToLong(Prefix::lo).toArray(),
        prefixes.stream().mapToInt(Prefix::bits).toArray());
    for (int i = 0; i < 200; i++) {
      Prefix near = prefixes.isEmpty() ? new Prefix(0, 0, 0) : prefixes.get(random.nextInt(prefixes.size()));
      // Inside, at the first and last address of, and just outside a prefix.
      long hi = near.hi;
      long lo = near.lo;
      switch (random.nextInt(5)) {
        case 0 -> {
          hi |= ~PrefixTable.maskHi(near.bits);
          lo |= ~PrefixTable.maskLo(near.bits);
        }
        case 1 -> hi = --lo == -1 ? hi - 1 : hi;
        case 2 -> hi ^= random.nextLong() & ~PrefixTable.maskHi(near.bits);
        case 3 -> hi = random.nextLong();
        default -> { }
      }
      List<Integer> expected = new ArrayList<>();
      for (int p = 0; p < prefixes.size(); p++) {
        if (prefixes.get(p).contains(hi, lo)) {
          expected.add(0, p);
        }
      }
      expected.sort((a, b) -> prefixes.get(b).bits - prefixes.get(a).bits);
      List<Integer> found = new ArrayList<>();
      for (int p = table.find(hi, lo); p >= 0; p = table.parent(p)) {
        found.add(p);
      }
      assertEquals(expected, found);
    }
  }

  @Test
  void theExampleOfTheDocumentation() {
    long unit = 1L << 56;
    PrefixTable table = PrefixTable.of(new long[] {0, 64 * unit, 72 * unit}, new long[3], new int[] {0, 2, 5});
    assertEquals(2, table.find(75 * unit, 0));
    assertEquals(1, table.parent(2));
    assertEquals(0, table.parent(1));
    assertEquals(-1, table.parent(0));
    assertEquals(1, table.find(80 * unit, 0));
    assertEquals(0, table.find(128 * unit, 0));
    assertEquals(0, table.find(-1L, -1L));
  }
}
