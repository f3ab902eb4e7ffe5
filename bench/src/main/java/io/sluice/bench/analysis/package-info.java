/**
 * How long analyses of all packets take, from cold.
 *
 * <pre>
 *   FlatRules, KubeProxyRules ─▶ Router (a Host) ─▶ LintBench, DiffBench
 *   KubeNode                                  ─▶ ReachBench, KubeDiffBench
 * </pre>
 *
 * <p>Start at {@link io.sluice.bench.analysis.LintBench}; {@link io.sluice.bench.analysis.DiffBench} compares two rule sets.
 */
package io.sluice.bench.analysis;
