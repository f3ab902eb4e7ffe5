/**
 * Readers and writers: iptables-save, iptables commands and listings, ipset, ip, bridge, sysctl, conntrack.
 *
 * <pre>
 *   file ──▶ SourceText ──▶ reader ──▶ model, or ReadException with every Problem of the file
 *
 *   iptables-save, -S ──▶ RuleSetReader ─┐ words   ┌─▶ CommandParser ─▶ Command ─▶ RuleSetEditor ─▶ KernelCheck ─▶ RuleSet
 *   iptables -A ...   ──▶ CommandReader ─┴─────────┘   (do_parse)       RuleSpec   (libiptc)        (check_entry)
 *   iptables -L -v    ──▶ RuleListingReader ─▶ ListedRule ─▶ RuleSpec ─▶ ...
 *   RuleSet ──▶ RuleSetWriter (iptables-save, -S), ListingFormat (iptables -L)
 * </pre>
 *
 * <p>A line of iptables-save is a command, so one parser and one editor serve files and commands. <b>Promise:</b> what iptables
 * and ipset take is taken, and what they refuse has file, line, column, the line, a caret, what was expected and the way out;
 * {@code RuleSetKernelIT}, {@code OptionLinesKernelIT}, {@code RestoreFilesKernelIT} and {@code IpSetReaderKernelIT} hold what is
 * printed, refused and changed to the installed tools of both back ends. <b>Elsewhere:</b> the options of single extensions
 * ({@code match}, {@code target}).
 */
package io.sluice.text;
