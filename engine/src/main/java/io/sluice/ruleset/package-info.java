/**
 * The immutable model of rule sets: what {@code iptables-save} prints, with where each rule stood.
 *
 * <pre>
 *   RuleSet (one family) ─▶ Table ─▶ Chain (base: hook, priority, policy; or user) ─▶ Rule ─▶ IpMatch, Match*, Target
 * </pre>
 *
 * <p>{@link io.sluice.ruleset.Match} and {@link io.sluice.ruleset.ExtensionTarget} are the open doors for extensions.
 * <b>Elsewhere:</b> the extensions ({@code match}, {@code target}), text ({@code text}), evaluation ({@code walk}).
 */
package io.sluice.ruleset;
