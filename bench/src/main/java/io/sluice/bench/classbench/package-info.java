/**
 * Filter sets and traces of ClassBench's kind: read, written, made from a seed, and scanned one filter after another.
 *
 * <pre>
 *   text ──▶ ClassBenchFormat ──▶ Filter ... ──▶ FilterSet ──▶ Classifier
 *                            └──▶ Trace ─────────────────────▶ columns or rows
 * </pre>
 *
 * <p>Start at {@link io.sluice.bench.classbench.ClassBenchFormat}.
 */
package io.sluice.bench.classbench;
