/**
 * The target extensions: one small file each, with parsing, meaning, printing, listing and kernel source.
 *
 * <p>Start at {@link io.sluice.target.Targets}, the list of them.
 */
package io.sluice.target;
