/**
 * The command line: reads hosts, asks, prints.
 *
 * <pre>
 *   sluice connect | trace | replay | fuzz | show   HOST …     exit codes in ExitCodes
 * </pre>
 *
 * <p>Start at {@link io.sluice.cli.Main}. What needs more than fastutil (picocli, Jackson, progress bars) is used here
 * and in the readers of {@code ip -j} only, and never reaches an embedder.
 */
package io.sluice.cli;
