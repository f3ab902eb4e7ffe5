/**
 * What happened to a packet, step by step, for people and for programs.
 *
 * <pre>
 *   Simulator ──Observer──▶ TraceRecorder ──▶ TraceEvent* ──▶ TraceText (indented lines), JSON in the command line
 * </pre>
 *
 * <p>Start at {@link io.sluice.trace.TraceRecorder}; {@link io.sluice.trace.Mismatch} says why a rule did not match.
 */
package io.sluice.trace;
