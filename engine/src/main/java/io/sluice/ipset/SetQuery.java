package io.sluice.ipset;

/**
 * How a packet is turned into an element and looked up: what stands after {@code --match-set} and its like.
 *
 * <p>Kernel: struct ip_set_adt_opt in include/linux/netfilter/ipset/ip_set.h.
 *
 * @param set the set's name
 * @param dimensions how many of {@code src,dst,…} are given, 1 to 6; fewer than the set's type has never match
 * @param sources bit i is set when word i is {@code src}
 * @param returnNomatch {@code --return-nomatch}: elements with "nomatch" match, the others do not
 * @param updateCounters false with {@code ! --update-counters}
 * @param updateSubcounters false with {@code ! --update-subcounters}: list:set leaves its members' counters alone
 * @param packets condition on the element's packet counter
 * @param bytes condition on the element's byte counter
 */
public record SetQuery(
    String set,
    int dimensions,
    int sources,
    boolean returnNomatch,
    boolean updateCounters,
    boolean updateSubcounters,
    CounterTest packets,
    CounterTest bytes) {

  /** The most words that {@code src,dst,…} may have: IPSET_DIM_MAX. */
  public static final int MAX_DIMENSIONS = 6;

  /** A look-up without any of the optional conditions. */
  public static SetQuery of(String set, int dimensions, int sources) {
    return new SetQuery(set, dimensions, sources, false, true, true, CounterTest.NONE, CounterTest.NONE);
  }

  /** The same look-up in another set, as a list asks its members. */
  public SetQuery of(String other) {
    return new SetQuery(other, dimensions, sources, returnNomatch, updateCounters, updateSubcounters, packets, bytes);
  }

  /** Whether word {@code dimension} (from 0) is {@code src}. */
  public boolean isSource(int dimension) {
    return (sources >> dimension & 1) != 0;
  }
}
