package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;

/** Finds out what becomes of a packet and of others like it. */
@FunctionalInterface
public interface Probe {
  /**
   * @param point a packet
   * @param within a cube that has it
   * @return its fate, and a part of {@code within} with the point in it in which every packet has the same fate
   */
  Probed at(Point point, Cube within);
}
