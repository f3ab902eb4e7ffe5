/**
 * All packets that two hosts treat differently, at a base chain or on the whole way of a connection.
 *
 * <pre>
 *   Host A, Host B ─▶ HostDiff ─▶ for each base chain: ChangedRules (what may differ) ─▶ ChainComparison ─▶ Region, Region …
 *                                                      lines that differ, as cubes       one diagram on the other
 *                                                      where that has too many kinds  ─▶ Comparison
 *                                                                                        point, probe A and B, subtract
 *                                                      Memories: what packets leave to others, where each fares alike
 *                              └─▶ shown: ChainShowing plays one packet of each region at its chain
 *                              └─▶ ConnectionDiff: ChangedWays (what may differ) ─▶ ConnectionComparison ─▶ Region … ─▶ Showing
 *                                                  first packets, as cubes,        both probed, all that     RegionWords  plays some
 *                                                  then each Sequel                fare alike at once
 * </pre>
 *
 * <p>Start at {@link io.sluice.analysis.diff.HostDiff}. <b>Promise:</b> a packet is in a region exactly when A and B treat it
 * differently, unless its fate is undecided, which is said; no region and nothing undecided is a proof of equivalence. Where one mark
 * becomes as many bits of the other that no rule tells apart ({@code mark as connmark/0xffffffff}), it may have been the same before.
 * <b>Elsewhere:</b> what becomes of one packet and its like ({@code analysis.fate}).
 */
package io.sluice.analysis.diff;
