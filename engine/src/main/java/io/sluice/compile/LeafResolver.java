package io.sluice.compile;

/** Says what a set of matching rules means: a first match, or a path through chains. */
@FunctionalInterface
public interface LeafResolver {

  /** The largest leaf there is room for. */
  int MAX_LEAF = (1 << 24) - 3;

  /**
   * The leaf of packets that match exactly the rules {@code ids[0 .. count - 1]}, in rule order, none after the first
   * final one among them. Called once for each combination of classes that packets show, and again after a flush.
   *
   * @param ids read only, valid during the call
   * @return a number in 0..{@link #MAX_LEAF}, the same for the same rules
   */
  int leaf(int[] ids, int count);
}
