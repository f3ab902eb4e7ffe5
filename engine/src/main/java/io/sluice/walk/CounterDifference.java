package io.sluice.walk;

import io.sluice.ruleset.Counters;

/**
 * What two live rule sets, loaded alike, have not counted alike.
 *
 * @param counter the rule, or the chain whose policy it is, in words
 * @param first what the first has counted
 * @param second what the second has
 */
public record CounterDifference(String counter, Counters first, Counters second) {}
