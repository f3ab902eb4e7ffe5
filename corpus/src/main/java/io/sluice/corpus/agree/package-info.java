/**
 * Holding Sluice to the kernel: the same scenario through the kernel, the walker and compiled rules, and every difference named.
 *
 * <pre>
 *   ScenarioGenerator (seed) ──▶ Scenario ──▶ Agreement ──▶ Differences ──▶ Shrinker ──▶ a small scenario file
 *                                             │ KernelSubject and two SluiceSubjects, step by step, Comparer
 * </pre>
 *
 * <p>Start at {@link io.sluice.corpus.agree.Agree}, the command. What the kernel chooses at random is compared as "one of
 * the choices that Sluice allows", see {@link io.sluice.corpus.agree.Comparer} and {@link io.sluice.corpus.agree.OtherLots}.
 */
package io.sluice.corpus.agree;
