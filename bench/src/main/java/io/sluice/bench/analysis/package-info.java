/**
 * How long analyses of all packets take, from cold.
 *
 * <pre>
 *   FlatRules, KubeRules ─▶ Host ─▶ LintBench
 * </pre>
 *
 * <p>Start at {@link io.sluice.bench.analysis.LintBench}.
 */
package io.sluice.bench.analysis;
