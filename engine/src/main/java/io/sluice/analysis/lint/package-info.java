/**
 * What is wrong with the rules of a host, proven for all packets.
 *
 * <pre>
 *   Host ─▶ Linter ─┬▶ TableLint   each rule: reached | NEVER with the rules that cover it   (analysis.symbolic)
 *                   │   Places      which packets come to a hook at all
 *                   │   EarlierChains  what is dropped before                                (analysis.earlier)
 *                   ├▶ StateLint   ESTABLISHED rules and who opens their connections
 *                   ├▶ MarkLint    rules for marks that no rule sets
 *                   ├▶ Lists       rules for lists that no rule fills
 *                   ├▶ OrderLint   redundant rules, pairs whose order matters
 *                   ├▶ SetLint     sets that nobody asks, entries that no packet is found as
 *                   ├▶ ChainLint   chains that packets enter
 *                   ├▶ ExposureLint   published ports and who gets there
 *                   ├▶ ContainerLint   who gets to containers that nothing publishes
 *                   └▶ WitnessFinder   a packet for each rule and entry that is reached      (analysis.witness)
 *                          ─▶ Report: Findings, RuleStatuses, ChainStatuses, EntryStatuses
 * </pre>
 *
 * <p>Start at {@link io.sluice.analysis.lint.Linter}. <b>Promise:</b> a rule that a finding calls dead is never matched by a
 * packet of the host as its dumps describe it; a rule that is called reachable has a witness that walker and compiled rules
 * confirm; all else is MAYBE, with the reason. The same holds of chains and of entries of sets. {@code LintProperties}, {@code
 * EarlierDropsProperties}, {@code EntryProperties} and {@code EntryTypesProperties} hold it to that on rule sets small enough to
 * try every packet; the kernel is sent odd packets for rules that are called dead ({@code LintKernelIT}). <b>Elsewhere:</b> how
 * proofs are made ({@code analysis.symbolic}), printing ({@code cli}).
 */
package io.sluice.analysis.lint;
