/**
 * What is measured: one class a question, each with its command in its Javadoc.
 *
 * <pre>
 *   bench/run NAME ARGUMENTS ──▶ JMH ──▶ results/NAME.json, NAME.env (commit, CPU, JDK, command)
 *                                             └──▶ Report ──▶ table (Markdown), plot (SVG)
 *   bench/measure ──▶ the plain commands here, peers ──▶ JmhJson ──▶ results/measure-jdkN.json
 *                                             └──▶ Demands ──▶ tables, plot, README
 * </pre>
 *
 * <p>Start at {@link io.sluice.bench.ClassBench}, the plain command for anybody's filter set, or at
 * {@link io.sluice.bench.BatchBenchmark}. Filter sets and traces: {@link io.sluice.bench.classbench}.
 */
package io.sluice.bench;
