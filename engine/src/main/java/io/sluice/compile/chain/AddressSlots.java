package io.sluice.compile.chain;

import io.sluice.host.Routing;
import io.sluice.ruleset.Field;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which slots' rules take packets with an IPv4 address by its type ({@code -m addrtype}), by bits: the addresses between two bounds
 * are all of one type. Immutable.
 */
final class AddressSlots {
  /** The first addresses, ascending, with the sign bit flipped so that signed comparison orders them. */
  final int[] first;
  private final long[] slots;

  private AddressSlots(int[] first, long[] slots) {
    this.first = first;
    this.slots = slots;
  }

  /**
   * Null where no rule wants a type of the address.
   *
   * @param field SOURCE or DESTINATION
   * @param fronts by slot
   */
  static AddressSlots of(Routing routing, Field field, List<FrontMatches> fronts) {
    if (fronts.stream().noneMatch(front -> front.wantsType(field))) {
      return null;
    }
    int[] bounds = routing.addressTypeBounds4();
    long[] slots = Arrays.stream(bounds).mapToLong(address -> IntStream.range(0, fronts.size())
        .filter(slot -> fronts.get(slot).isType(field, Integer.toUnsignedLong(address), routing))
        .mapToLong(slot -> 1L << slot).sum()).toArray();
    int[] kept = IntStream.range(0, bounds.length).filter(at -> at == 0 || slots[at] != slots[at - 1]).toArray();
    return new AddressSlots(Arrays.stream(kept).map(at -> bounds[at] ^ Integer.MIN_VALUE).toArray(),
        Arrays.stream(kept).mapToLong(at -> slots[at]).toArray());
  }

  /** The slots whose rules take the address; found without a branch, since those of strangers cannot be foretold. */
  long of(long address) {
    int wanted = (int) address ^ Integer.MIN_VALUE;
    int low = 0;
    for (int size = first.length; size > 1; ) {
      int half = size >>> 1;
      low = first[low + half] <= wanted ? low + half : low;
      size -= half;
    }
    return slots[low];
  }

  /** Whether every address has slots, and they are told apart in the order of addresses. */
  boolean isSound() {
    return first.length == slots.length && first[0] == Integer.MIN_VALUE
        && IntStream.range(1, first.length).allMatch(at -> first[at - 1] < first[at]);
  }

  /** The slots of the lowest addresses, then of those from each bound on. */
  String dump() {
    StringBuilder out = new StringBuilder(Long.toHexString(slots[0]));
    for (int at = 1; at < first.length; at++) {
      out.append(String.format(" %08x:%x", first[at] ^ Integer.MIN_VALUE, slots[at]));
    }
    return out.toString();
  }
}
