package io.sluice.analysis.diff;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.netfilter.Hook;
import java.util.List;

/**
 * What two hosts make differently of packets at one base chain.
 *
 * @param space the packets of its family
 * @param table its table's name
 * @param chain its name
 * @param universe all packets that there can be
 * @param regions the differences; empty when there are none
 * @param left packets that were not compared because it was interrupted
 */
public record HookDifference(
    Space space, String table, String chain, Hook hook, Cube universe, List<Region> regions, List<Cube> left) {

  /** Whether it is proven that all packets are treated alike. */
  public boolean isEquivalent() {
    return regions.isEmpty() && left.isEmpty();
  }
}
