package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Cube;

/**
 * Why packets do not get to a rule: {@code by} ends their way, or leads it past the rule.
 *
 * @param by the rule that does it
 * @param cube packets that do not get there, for that reason or for one that comes even before
 */
public record Kill(SymbolicRule by, Cube cube) {}
