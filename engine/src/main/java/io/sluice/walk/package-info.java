/**
 * Evaluates base chains rule by rule, as the kernel does: the specification that all else is checked against.
 *
 * <pre>
 *   RuleSet ──▶ LiveRuleSet (counters, match state, jumps resolved) ──▶ Walker.evaluate ──▶ verdict, deciding rule
 * </pre>
 *
 * <p>Start at {@link io.sluice.walk.Walker}, which is meant to be read beside ipt_do_table(). <b>Promise:</b> no
 * cleverness: one rule after the other, one match after the other. <b>Elsewhere:</b> hooks, routing and NAT around the
 * chains ({@code pipeline}).
 */
package io.sluice.walk;
