package io.sluice.ruleset;

import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;

/**
 * What makes a chain a base chain.
 *
 * @param hook where it is called
 * @param priority when, among those of the same hook: lowest first
 * @param nat whether only connections without a binding are sent through it (type nat)
 * @param policy ACCEPT or DROP: what becomes of a packet that no rule decided on
 */
public record BaseChain(Hook hook, int priority, boolean nat, Verdict policy) {}
