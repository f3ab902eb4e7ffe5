package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Point;
import java.util.Optional;

/** What ends the way of packets before they come to a base chain. */
@FunctionalInterface
public interface Earlier {
  /** Nothing does, as far as is known. */
  Earlier NOTHING = (base, packet) -> Optional.empty();

  /**
   * @param packet as it would enter {@code base}
   * @return why no such packet ever comes there; empty when one may
   */
  Optional<Kill> stops(SymbolicChain base, Point packet);
}
