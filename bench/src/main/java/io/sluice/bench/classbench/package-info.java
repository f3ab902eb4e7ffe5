/**
 * Filter sets and traces of ClassBench's kind: read, written, made from a seed, and scanned one filter after another.
 *
 * <pre>
 *   Kind ──▶ FilterSetGenerator ─┬▶ Filter ... ─┬▶ FilterSet ──▶ Classifier
 *   text ──▶ ClassBenchFormat ───┘              ├▶ LinearScan ──▶ answers
 *   text ──▶ ClassBenchFormat ─────▶ Trace ◀────┴─ TraceGenerator
 * </pre>
 *
 * <p>Start at {@link io.sluice.bench.classbench.ClassBenchFormat}.
 */
package io.sluice.bench.classbench;
