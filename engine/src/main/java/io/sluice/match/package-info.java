/**
 * The match extensions: one small file each, with parsing, meaning, printing, listing and kernel source.
 *
 * <p>Start at {@link io.sluice.match.Matches}, the list of them; {@link io.sluice.match.MarkMatch} is a short example.
 * <b>Promise:</b> each is held to its {@code .cases} file (walker, compiled engine, kernel).
 */
package io.sluice.match;
