/**
 * What is true of all packets: which rules can never match, what differs between two rule sets, who can reach what.
 *
 * <pre>
 *   analysis.space      rules as sets of packets
 *   analysis.symbolic   chains of them: which packets get to a rule
 *   analysis.fate       what becomes of a packet, and of which others too
 *   analysis.earlier    what packets meet before they come to a chain
 *   analysis.witness    packets and conversations that show it
 *   analysis.diff       all packets that two hosts treat differently
 *   analysis.reach      who can connect to what
 *   analysis.fuzz       random traffic, and random rule sets for all of these
 *   analysis.lint       rules that no packet can match, and others that do not do what they seem to
 * </pre>
 *
 * <p>Every claim is a proof or has a witness that the evaluators confirm; "unknown" is an answer, a wrong "never" is not.
 */
package io.sluice.analysis;
