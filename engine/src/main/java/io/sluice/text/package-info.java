/**
 * Readers and writers: iptables-save, iptables commands and listings, ipset, ip, bridge, sysctl, conntrack.
 *
 * <pre>
 *   file ──▶ SourceText ──▶ reader ──▶ model, or ReadException with every Problem of the file
 * </pre>
 *
 * <p><b>Promise:</b> nothing is skipped silently; each problem has file, line, column, the line, a caret, what was
 * expected and the way out. <b>Elsewhere:</b> the options of single extensions ({@code match}, {@code target}).
 */
package io.sluice.text;
