/**
 * Whole pipelines: packets through conntrack, NAT, routing and rules.
 *
 * <p>Start at {@link io.sluice.bench.pipeline.PipelineBench}. <b>Elsewhere:</b> classification alone ({@code bench}).
 */
package io.sluice.bench.pipeline;
