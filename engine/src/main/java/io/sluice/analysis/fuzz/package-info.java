/**
 * Random traffic for a host, and random hosts for the analysis.
 *
 * <pre>
 *   Host ─▶ Traffic (conversations at the bounds of rules) ─▶ Simulator, compiled ─▶ FuzzReport: coverage
 *                                                             a sample ─▶ and checked against the walker
 *   seed ─▶ RuleSetGenerator ─▶ GeneratedRules ─▶ Host, text, smaller ones that still fail
 * </pre>
 *
 * <p>Start at {@link io.sluice.analysis.fuzz.Fuzzer} and {@link io.sluice.analysis.fuzz.RuleSetGenerator}.
 * <b>Promise:</b> the same seed draws the same, and what is reported as hit was hit; that a rule was not hit proves nothing.
 * <b>Elsewhere:</b> packets made for one rule ({@code analysis.witness}), proofs ({@code analysis.symbolic}).
 */
package io.sluice.analysis.fuzz;
