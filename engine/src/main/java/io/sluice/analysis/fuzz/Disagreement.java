package io.sluice.analysis.fuzz;

import io.sluice.analysis.witness.Witness;

/**
 * Packets that compiled rules answer otherwise than the walker does.
 *
 * @param message where they differ
 * @param packets from the start of a fresh host; the last is the one that is answered differently
 */
public record Disagreement(String message, Witness packets) {}
