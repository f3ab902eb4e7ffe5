package io.sluice.analysis.witness;

import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;

/** What a packet is to do. */
interface Goal {
  /** Is told that a packet is about to be sent. */
  void before(Simulator simulator, Step step);

  /** Whether that packet has done it. */
  boolean isMet(Simulator simulator, Outcome outcome);
}
