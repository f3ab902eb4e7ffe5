/**
 * One base chain: the walker, compiled rules and the running kernel on the same rules and packets.
 *
 * <p>Start at {@link io.sluice.bench.chain.ChainBenchmark}, {@link io.sluice.bench.chain.LinearBench} and {@link io.sluice.bench.chain.HostBench}. <b>Elsewhere:</b>
 * classification alone ({@code bench}), whole pipelines ({@code bench.pipeline}).
 */
package io.sluice.bench.chain;
