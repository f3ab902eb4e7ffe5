package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Space;
import java.util.List;

/**
 * What two hosts make differently of connections.
 *
 * @param space the packets of its family
 * @param extent whether only first packets were followed
 * @param universe has all first packets that were asked about
 * @param regions the differences, as the connections' first packets; empty when there are none
 * @param left first packets that were not compared because it was interrupted
 * @param unasked what else may be treated differently, in words: what is not asked about here; empty when nothing can be, since no
 *     base chain treats any packet differently and the hosts differ in nothing else
 */
public record ConnectionDifference(
    Space space, ConnectionProbe.Extent extent, Cube universe, List<Region> regions, List<Packets> left, List<String> unasked) {
  public ConnectionDifference {
    regions = List.copyOf(regions);
    left = List.copyOf(left);
    unasked = List.copyOf(unasked);
  }

  /** The same with what was not asked about. */
  ConnectionDifference unasked(List<String> words) {
    return new ConnectionDifference(space, extent, universe, regions, left, words);
  }

  /** Whether it is proven that all these connections are treated alike, as far as was asked. */
  public boolean isEquivalent() {
    return regions.isEmpty() && left.isEmpty();
  }
}
