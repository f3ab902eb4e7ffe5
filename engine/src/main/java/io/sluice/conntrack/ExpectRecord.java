package io.sluice.conntrack;

import java.util.Optional;

/**
 * One line of {@code conntrack -L expect}: a connection that a helper waits for.
 *
 * @param tuple the awaited original tuple; what {@code mask} does not cover is 0
 * @param mask which bits of the source must be equal: all ones or 0 in each part of the address and in {@code srcId}
 * @param master original tuple of the connection that announced it
 * @param timeoutSeconds seconds left
 * @param permanent whether it stays after it was met
 * @param helper the helper that it is of, {@code ftp} or {@code tftp}
 * @param zone the master's zone
 */
public record ExpectRecord(
    Tuple tuple, Tuple mask, Tuple master, long timeoutSeconds, boolean permanent, Optional<String> helper, int zone) {}
