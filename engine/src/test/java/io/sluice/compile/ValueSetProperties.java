package io.sluice.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Value sets behave as sets of numbers, and their blocks make them up again. */
class ValueSetProperties {

  private static final int BITS = 6;

  @Property(seed = "1")
  void unionAndComplementAreThoseOfSets(@ForAll @Size(max = 8) List<@IntRange(max = 63) Integer> ends) {
    ValueSet set = made(ends);
    BitSet expected = members(ends);
    ValueSet complement = set.complement(BITS);
    for (int value = 0; value < 64; value++) {
      assertEquals(expected.get(value), set.contains(value), "value " + value + " in " + set);
      assertEquals(!expected.get(value), complement.contains(value), "value " + value + " in " + complement);
    }
    assertEquals(set, complement.complement(BITS));
    assertEquals(expected.cardinality() == 64, set.isFull(BITS));
    assertEquals(expected.isEmpty(), set.isEmpty());
  }

  @Property(seed = "1")
  void blocksAreAlignedDisjointAndMakeUpTheSet(@ForAll @Size(max = 8) List<@IntRange(max = 63) Integer> ends) {
    BitSet covered = new BitSet();
    Prefixes.cut(made(ends), BITS, (high, low, length) -> {
      int size = 1 << (BITS - length);
      assertEquals(0, low % size, "aligned");
      for (int value = (int) low; value < low + size; value++) {
        assertTrue(!covered.get(value), "disjoint");
        covered.set(value);
      }
    });
    assertEquals(members(ends), covered);
  }

  @Property(seed = "1")
  void rangesOf128BitsAreCutAtTheirEnds(@ForAll long aHigh, @ForAll long aLow, @ForAll long bHigh, @ForAll long bLow) {
    boolean ascend = U128.compare(aHigh, aLow, bHigh, bLow) <= 0;
    ValueSet set = ascend ? ValueSet.range(aHigh, aLow, bHigh, bLow) : ValueSet.range(bHigh, bLow, aHigh, aLow);
    List<ValueSet> blocks = new ArrayList<>();
    Prefixes.cut(set, 128, (high, low, length) -> blocks.add(ValueSet.prefix(high, low, length, 128)));
    assertTrue(blocks.size() <= 2 * 128 - 2);
    assertEquals(set, ValueSet.union(blocks));
    assertEquals(set, set.complement(128).complement(128));
    assertEquals(0x1p128, set.size() + set.complement(128).size(), 0x1p80, "sizes add up");
  }

  @Property(seed = "1")
  void twoSetsCompareAsSetsOfNumbers(
      @ForAll @Size(max = 6) List<@IntRange(max = 63) Integer> someEnds,
      @ForAll @Size(max = 6) List<@IntRange(max = 63) Integer> otherEnds) {
    ValueSet some = made(someEnds);
    ValueSet other = made(otherEnds);
    BitSet rest = members(someEnds);
    rest.andNot(members(otherEnds));
    assertEquals(members(someEnds).intersects(members(otherEnds)), some.intersects(other));
    assertEquals(rest.isEmpty(), other.containsAll(some));
    assertEquals(rest.cardinality(), some.minus(other).size());
    for (int value = 0; value < 64; value++) {
      assertEquals(rest.get(value), some.minus(other).contains(value), "value " + value);
    }
  }

  /** Pairs of ends are ranges; an odd one out is a single value. */
  private static ValueSet made(List<Integer> ends) {
    List<ValueSet> ranges = new ArrayList<>();
    for (int i = 0; i < ends.size(); i += 2) {
      int a = ends.get(i);
      int b = i + 1 < ends.size() ? ends.get(i + 1) : a;
      ranges.add(ValueSet.range(Math.min(a, b), Math.max(a, b)));
    }
    return ValueSet.union(ranges);
  }

  private static BitSet members(List<Integer> ends) {
    BitSet members = new BitSet();
    for (int i = 0; i < ends.size(); i += 2) {
      int a = ends.get(i);
      int b = i + 1 < ends.size() ? ends.get(i + 1) : a;
      members.set(Math.min(a, b), Math.max(a, b) + 1);
    }
    return members;
  }
}
