/**
 * Scenarios: a host's interfaces, routes, knobs and rules, and packets in order; and what came of them.
 *
 * <pre>
 *   file.scenario ──▶ ScenarioFile ──▶ Scenario ──▶ Subject (the kernel, Sluice) ──▶ Observations, Finals ──▶ Comparer
 * </pre>
 *
 * <p>Start at {@link io.sluice.corpus.scenario.Scenario}; {@link io.sluice.corpus.scenario.ScenarioFile} tells the format.
 */
package io.sluice.corpus.scenario;
