/**
 * Finds the rules that match a packet in a time that hardly depends on how many there are.
 *
 * <pre>
 *   Box, Box, Box ... ──▶ Classifier ─────────────▶ Evaluator ──────────────▶ leaf
 *   a rule's value sets    immutable, shared:        one a thread: memory of     what LeafResolver
 *   by field               nodes and classes of      class combinations and      said the matching
 *                          each field, rules by      wide values, columns in,    rules mean
 *                          pairs of nodes            leaves out
 * </pre>
 *
 * <p>Start at {@link io.sluice.compile.Classifier#compile} and {@link io.sluice.compile.Evaluator}.
 */
package io.sluice.compile;
